import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { answerPlausibly } from '#testing/anthropic-answers.ts';
import {
  type AnthropicFake,
  type AnthropicFakeOptions,
  startAnthropicFake,
} from '#testing/anthropic-fake.ts';
import { startChatFake } from '#testing/chat-fake.ts';
import { runInProcess, withSettings } from '#testing/command-line.ts';
import { fakeRepository, type GitHubFake, startGitHubFake } from '#testing/github-fake.ts';
import { startMcpFake } from '#testing/mcp-fake.ts';
import { type OracleFake, startOracleFake } from '#testing/oracle-fake.ts';

/** GitHub and Anthropic as the command line meets them: over HTTP, in fakes that answer as the real ones do. */

const changes = join(import.meta.dirname, '../testing/fixtures/changes.jsonl');
const key = 'sk-ant-planted';
let folder: string;
let github: GitHubFake;
let oracle: OracleFake;
const models: AnthropicFake[] = [];
const startModel = async (options: AnthropicFakeOptions = {}) => {
  const model = await startAnthropicFake({ apiKey: key, ...options });
  models.push(model);
  return model;
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'echelon-cli-services-'));
  github = await startGitHubFake({ token: 'planted-github-token' });
  oracle = await startOracleFake();
});
afterEach(async () => {
  oracle.requests.length = 0;
  github.repositories.length = 0;
  await Promise.all(models.splice(0).map((model) => model.close()));
});
afterAll(async () => {
  await Promise.all([github.close(), oracle.close()]);
  rmSync(folder, { recursive: true, force: true });
});

test('a GitHub repository is judged by a model, named as the one that answered, with usage and cost', async () => {
  github.repositories.push(fakeRepository({ count: 6 }));
  const model = await startModel();
  const outcome = await runInProcess(
    ['verify', 'octo/widgets', '--oracle-url', oracle.url, '--limit', '3', '--json'],
    withSettings({ githubApiUrl: github.url, anthropicApiKey: key, anthropicBaseUrl: model.url }),
  );
  expect(outcome).toMatchObject({ code: 0 });
  const certificate = JSON.parse(outcome.stdout);
  expect(certificate).toMatchObject({
    judge: 'anthropic',
    scoring_model: 'claude-sonnet-5-5',
    ground_truth_source: 'github:octo/widgets',
    replay_count: 3,
  });
  expect(certificate.usage.calls).toBe(model.requests.length);
  expect(certificate.usage.cost_usd).toBeGreaterThan(0);
  expect(`${outcome.stdout}${outcome.stderr}`).not.toContain('planted');
});

test('of a private repository nothing but scores and counts is shown, certified or put into evidence', async () => {
  github.repositories.push(fakeRepository({ name: 'hidden-widgets', private: true, count: 5 }));
  const out = join(folder, 'private');
  const args = ['verify', 'octo/hidden-widgets', '--oracle-url', oracle.url, '--judge', 'offline'];
  const settings = withSettings({ githubApiUrl: github.url, githubToken: 'planted-github-token' });
  const outcome = await runInProcess([...args, '--limit', '3', '--out', out], settings);
  expect(outcome).toMatchObject({ code: 0 });
  expect(outcome.stdout).toContain('private repository');
  const published = ['certificate.json', 'evidence.jsonl'].map((name) =>
    readFileSync(join(out, name), 'utf8'),
  );
  for (const text of [outcome.stdout, ...published])
    for (const word of ['hidden', 'octo', 'Change ', 'const ', 'planted']) expect(text).not.toContain(word);
  const certificate = JSON.parse(published[0] ?? '');
  const ids = certificate.replay_scores.map(
    ({ ground_truth_id }: { ground_truth_id: string }) => ground_truth_id,
  );
  expect(ids).toEqual(['1', '2', '3']);
});

test('a private repository without a token is told what to do', async () => {
  github.repositories.push(fakeRepository({ private: true, count: 5 }));
  const outcome = await runInProcess(
    ['verify', 'octo/widgets', '--oracle-url', oracle.url, '--judge', 'offline'],
    withSettings({ githubApiUrl: github.url }),
  );
  expect(outcome).toMatchObject({ code: 1, stdout: '' });
  expect(outcome.stderr).toMatch(/token/i);
});

test('a run whose judge was away for every verdict fails, and resumes once it is back without asking the oracle again', async () => {
  let away = true;
  const model = await startModel({
    // Answer keys are made; the verdicts are refused as by an account without credit, which is not retried.
    behave: (request) => {
      const answer = answerPlausibly(request);
      return away && answer.verdicts.length > 0
        ? {
            kind: 'error',
            status: 400,
            type: 'invalid_request_error',
            message: 'Your credit balance is too low',
          }
        : { kind: 'answer', answer };
    },
  });
  const args = ['verify', changes, '--oracle-url', oracle.url, '--limit', '2', '--out', join(folder, 'away')];
  const settings = withSettings({ anthropicApiKey: key, anthropicBaseUrl: model.url });
  const failed = await runInProcess([...args, '--json'], settings);
  expect(failed).toMatchObject({ code: 1, stdout: '' });
  expect(failed.stderr).toContain('no credit left');
  expect(oracle.requests).toHaveLength(2);
  away = false;
  const resumed = await runInProcess([...args, '--json'], settings);
  expect(resumed).toMatchObject({ code: 0 });
  expect(JSON.parse(resumed.stdout)).toMatchObject({ replay_count: 2, counts: { unscored: 0 } });
  expect(oracle.requests).toHaveLength(2);
});

test('a wrong key ends in a message that names the variable and holds no key', async () => {
  const model = await startModel({ apiKey: 'sk-ant-another' });
  const outcome = await runInProcess(
    ['verify', changes, '--oracle-url', oracle.url, '--limit', '2'],
    withSettings({ anthropicApiKey: key, anthropicBaseUrl: model.url }),
  );
  expect(outcome).toMatchObject({ code: 1, stdout: '' });
  expect(outcome.stderr).toContain('check ANTHROPIC_API_KEY');
  expect(outcome.stderr).not.toContain('planted');
  expect(oracle.requests).toEqual([]);
});

const description = {
  summary: 'The change touches what its title says.',
  key_claims: ['Something was changed'],
  follow_up_response: 'It was changed.',
};
const offline = ['--judge', 'offline', '--limit', '3', '--json'];

test('a tool of an MCP server is verified like any oracle', async () => {
  const mcp = await startMcpFake(() => ({
    kind: 'result',
    result: { content: [{ type: 'text', text: JSON.stringify(description) }] },
  }));
  try {
    const args = ['verify', changes, '--oracle-url', mcp.url, '--oracle-mcp-tool', 'review', ...offline];
    const outcome = await runInProcess(args);
    expect(outcome).toMatchObject({ code: 0 });
    expect(JSON.parse(outcome.stdout)).toMatchObject({ replay_count: 3, counts: { oracle_failures: 0 } });
    const calls = mcp.received.filter(({ rpcMethod }) => rpcMethod === 'tools/call');
    expect(calls).toHaveLength(3);
    expect(calls[0]?.params).toMatchObject({
      name: 'review',
      arguments: {
        diff_content: expect.stringContaining('diff --git'),
        follow_up_question: expect.any(String),
      },
    });
    expect(mcp.openSessions.size).toBe(0);
  } finally {
    await mcp.close();
  }
});

test('a model behind a chat-completions endpoint is verified like any oracle, and bears its own name', async () => {
  const chat = await startChatFake(() => ({ kind: 'content', content: JSON.stringify(description) }));
  try {
    const outcome = await runInProcess([
      ...['verify', changes, '--oracle-url', chat.url, '--oracle-chat-model', 'model-1', ...offline],
      ...['--oracle-header', 'Authorization: Bearer planted-chat-key'],
    ]);
    expect(outcome).toMatchObject({ code: 0 });
    expect(JSON.parse(outcome.stdout)).toMatchObject({ construct_id: 'model-1', replay_count: 3 });
    expect(chat.requests).toHaveLength(3);
    expect(chat.requests[0]?.headers.authorization).toBe('Bearer planted-chat-key');
    expect(`${outcome.stdout}${outcome.stderr}`).not.toContain('planted-chat-key');
  } finally {
    await chat.close();
  }
});

test('a tool and a model at once are wrong usage', async () => {
  const args = ['verify', changes, '--oracle-url', 'http://127.0.0.1:9', ...offline];
  expect(await runInProcess([...args, '--oracle-mcp-tool', 'a', '--oracle-chat-model', 'b'])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('either a tool'),
  });
});

const pythonOracle = [
  'import os',
  'print("noise on standard output")',
  'async def answer(change):',
  '    print(change["title"])',
  '    seen = [name for name in os.environ if "ANTHROPIC" in name or "TOKEN" in name]',
  '    return {"summary": f"It saw {seen}.", "key_claims": ["Something was changed"]}',
  '',
].join('\n');

test('a callable in Python is verified in a process that sees nothing of this program’s secrets', async () => {
  const modules = mkdtempSync(join(folder, 'python-'));
  writeFileSync(join(modules, 'mine.py'), pythonOracle);
  const out = join(folder, 'python-run');
  const run = (name: string) =>
    runInProcess(
      ['verify', changes, '--oracle-python', name, ...offline, '--out', out],
      withSettings({ pythonOracleDir: modules, githubToken: 'planted-token', anthropicApiKey: key }),
    );
  const outcome = await run('mine:answer');
  expect(outcome).toMatchObject({ code: 0 });
  expect(JSON.parse(outcome.stdout)).toMatchObject({
    construct_id: 'mine',
    replay_count: 3,
    counts: { oracle_failures: 0 },
  });
  expect(readFileSync(join(out, 'evidence.jsonl'), 'utf8')).toContain('It saw [].');
});

test('a module that cannot be imported is wrong usage, with the reason', async () => {
  const outcome = await runInProcess(
    ['verify', changes, '--oracle-python', 'nowhere:answer', ...offline],
    withSettings({ pythonOracleDir: folder }),
  );
  expect(outcome).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('nowhere') });
});

test('an oracle is tried with one call about the newest change, and what stands against its answer is told', async () => {
  github.repositories.push(fakeRepository({ count: 30 }));
  const args = ['try', 'octo/widgets', '--oracle-url', oracle.url, '--json'];
  const good = await runInProcess(args, withSettings({ githubApiUrl: github.url }));
  expect(good).toMatchObject({ code: 0 });
  expect(JSON.parse(good.stdout)).toMatchObject({
    change: { id: '30', title: 'Change 30' },
    answer: { summary: expect.any(String) },
    latency_ms: expect.any(Number),
  });
  expect(oracle.requests).toHaveLength(1);

  const blind = await runInProcess([...args, '--blind'], withSettings({ githubApiUrl: github.url }));
  expect(JSON.parse(blind.stdout)).toMatchObject({ change: { id: '30' } });
  expect(oracle.requests.map(({ body }) => body.pr.id)).toEqual([
    '30',
    expect.stringMatching(/^[0-9a-f]{16}$/),
  ]);

  const broken = await startOracleFake(() => ({ kind: 'answer', answer: { key_claims: [null] } }));
  try {
    const bad = await runInProcess(
      ['try', 'octo/widgets', '--oracle-url', broken.url],
      withSettings({ githubApiUrl: github.url }),
    );
    expect(bad).toMatchObject({ code: 1 });
    expect(bad.stdout).toContain('Error: key_claims[0] must be a string or {claim, confidence}; it is null.');
  } finally {
    await broken.close();
  }
});
