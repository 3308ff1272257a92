import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { startChatFake } from '#testing/fakes/oracles/chat-fake.ts';
import { startMcpFake } from '#testing/fakes/oracles/mcp-fake.ts';
import { runInProcess, withSettings } from '#testing/rigs/command-line.ts';
import { changes, modelAt, openVerifyRig } from '#testing/rigs/verify-rig.ts';

/** Oracles that do not answer the wire contract themselves. */

const { folder, remove } = openVerifyRig();
afterAll(remove);

const description = {
  summary: 'The change touches what its title says.',
  key_claims: ['Something was changed'],
  follow_up_response: 'It was changed.',
};

const offline = ['--judge', 'offline', '--limit', '3', '--json'];

test('a tool of an MCP server is verified like any other oracle', async () => {
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

test('a model behind a chat-completions endpoint is verified like any other oracle, under its own name', async () => {
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

test('naming a tool and a model at once is wrong usage', async () => {
  const args = ['verify', changes, '--oracle-url', 'http://127.0.0.1:9', ...offline];
  expect(await runInProcess([...args, '--oracle-mcp-tool', 'a', '--oracle-chat-model', 'b'])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('--oracle-mcp-tool and --oracle-chat-model exclude each other'),
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

test('a Python callable runs in a process that sees none of this program’s secrets', async () => {
  const modules = mkdtempSync(join(folder, 'python-'));
  writeFileSync(join(modules, 'mine.py'), pythonOracle);
  const out = join(folder, 'python-run');
  const run = (name: string) =>
    runInProcess(
      ['verify', changes, '--oracle-python', name, ...offline, '--out', out],
      withSettings({
        pythonOracleDir: modules,
        githubToken: 'planted-token',
        ...modelAt('http://127.0.0.1:9'),
      }),
    );
  const outcome = await run('mine:answer');
  expect(outcome).toMatchObject({ code: 0 });
  expect(JSON.parse(outcome.stdout)).toMatchObject({
    construct_id: 'mine',
    replay_count: 3,
    counts: { oracle_failures: 0 },
  });
  for (const name of readdirSync(join(out, 'replays')))
    expect(readFileSync(join(out, 'replays', name), 'utf8')).toContain('It saw [].');
});

test('a module that cannot be imported is wrong usage, and the message gives the reason', async () => {
  const outcome = await runInProcess(
    ['verify', changes, '--oracle-python', 'nowhere:answer', ...offline],
    withSettings({ pythonOracleDir: folder }),
  );
  expect(outcome).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('nowhere') });
});
