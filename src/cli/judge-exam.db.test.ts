import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, onTestFinished, test } from 'vitest';
import { toWire } from '#contracts/wire.ts';
import { openDatabase } from '#db/client.ts';
import { listExams } from '#services/judge/index.ts';
import { startCompletionsFake } from '#testing/fakes/chat/completions-fake.ts';
import { keylessJudges, runCommand, runInProcess, withSettings } from '#testing/rigs/command-line.ts';
import { testDatabase } from '#testing/rigs/database.ts';
import { modelAt, openVerifyRig } from '#testing/rigs/verify-rig.ts';
import { knownReferences } from '#verification/exam/describe.ts';

const { folder, startModel, closeServers, remove } = openVerifyRig();
afterEach(closeServers);
afterAll(remove);

const installation = async () => {
  const database = await testDatabase();
  const { db, close } = openDatabase(database.databaseUrl, { max: 1 });
  onTestFinished(async () => {
    await close();
    await database.close();
  });
  const kept = async () => (await listExams({ db })).results.filter(({ askedAt }) => askedAt !== null);
  return { databaseUrl: database.databaseUrl, kept };
};

test('an installation keeps the result, counts each asking of a half with its prompts, and says so', async () => {
  const { databaseUrl, kept } = await installation();
  const here = withSettings({ databaseUrl });
  const asked = () =>
    runInProcess(['judge', 'exam', '--judge', 'offline', '--half', 'publication', '--json'], here);
  const [first, second] = [await asked(), await asked()];
  expect([first.code, second.code]).toEqual([0, 0]);
  expect(second.stderr).toContain('The publication half was asked 2 times with these prompts.');
  const { askings, ...result } = JSON.parse(second.stdout);
  expect([JSON.parse(first.stdout).askings, askings]).toEqual([1, 2]);
  expect(result).toMatchObject({
    half: 'publication',
    provider: 'offline',
    usage: { calls: 0, cost_usd: 0 },
  });
  const [newest, ...others] = await kept();
  expect(others).toEqual([]);
  expect(newest).toMatchObject({
    half: 'publication',
    askings: 2,
    promptDigest: result.prompt_digest,
    q0: result.q0,
    claims: { shown: result.claims.shown },
  });
});

test('without an installation the result is printed and written as JSON, and none is made', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'echelon-exam-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const { code, stdout, stderr } = await runCommand(['judge', 'exam', '--judge', 'offline'], { cwd });
  expect(code).toBe(0);
  expect(stderr).toContain('holds no installation, so this asking is counted nowhere');
  expect(stdout).toContain('Exam, development half: offline');
  expect(stdout).toMatch(/ {4}direction +\d\.\d{3} \(\d\.\d{3} to \d\.\d{3}\) of \d+/);
  const files = readdirSync(cwd);
  expect(files).toEqual([expect.stringMatching(/^judge-exam-.*\.json$/)]);
  const written = JSON.parse(readFileSync(join(cwd, files[0] ?? ''), 'utf8'));
  expect(written).toMatchObject({ half: 'development', provider: 'offline', askings: null });
});

test('a script’s figures are what comes with the program, and are kept nowhere', async () => {
  const { databaseUrl, kept } = await installation();
  const here = withSettings({ databaseUrl });
  for (const reference of knownReferences()) {
    const { script, half } = reference;
    const { code, stdout } = await runInProcess(
      ['judge', 'exam', '--script', script, '--half', half, '--json'],
      here,
    );
    expect([code, JSON.parse(stdout)]).toEqual([0, toWire(reference)]);
  }
  const shown = await runInProcess(['judge', 'exam', '--script', 'blind_value'], here);
  expect(shown.stdout).toContain('the script blind_value, which is no judge');
  expect(shown.stdout).toMatch(/ {4}value +0\.000 /);
  expect(await kept()).toEqual([]);
});

test.each([
  ['--judge', 'offline'],
  ['--judge-url', 'http://127.0.0.1:9'],
  ['--model', 'm'],
  ['--max-cost', '1'],
  ['--dry-run'],
  ['--out', 'x.json'],
])('%s is of no use beside a script, which asks no judge', async (option, ...value) => {
  const refused = await runInProcess(['judge', 'exam', '--script', 'always_no', option, ...value]);
  expect([refused.code, refused.stdout]).toEqual([2, '']);
  expect(refused.stderr).toMatch(
    new RegExp(`option '--script <script>' cannot be used with option '${option}\\b`),
  );
});

test('a paid judge is estimated without a call, then asked, and its cost and tokens are shown', async () => {
  const model = await startModel();
  const out = join(folder, 'exam.json');
  const settings = withSettings(modelAt(model.url));
  const exam = ['judge', 'exam', '--judge', 'anthropic'];
  const estimated = await runInProcess([...exam, '--dry-run', '--json'], settings);
  expect([estimated.code, model.requests.length]).toEqual([0, 0]);
  const estimate = JSON.parse(estimated.stdout);
  expect(estimate).toMatchObject({ dry_run: true, half: 'development', judge: 'anthropic' });
  expect(estimate.likely_cost_usd).toBeGreaterThan(0);
  expect(estimate.most_cost_usd).toBeGreaterThan(estimate.likely_cost_usd);

  const { code, stdout } = await runInProcess([...exam, '--json', '--out', out], settings);
  expect(code).toBe(0);
  const result = JSON.parse(stdout);
  expect(result.usage.calls).toBeGreaterThanOrEqual(estimate.judge_calls);
  expect(result.usage.input_tokens + result.usage.cache_read_tokens).toBeGreaterThan(0);
  expect(result.usage.cost_usd).toBeGreaterThan(0);
  // A question whose answer cannot be used is asked again, here at most once.
  expect(result.usage.cost_usd).toBeLessThanOrEqual(estimate.most_cost_usd * 2);
  expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(result);
});

test('an asking that a limit or the judge’s API stops leaves no result, and counts in an installation', async () => {
  const { databaseUrl, kept } = await installation();
  const model = await startModel();
  const stopped = await runInProcess(
    ['judge', 'exam', '--judge', 'anthropic', '--max-cost', '0.05'],
    withSettings({ databaseUrl, ...modelAt(model.url) }),
  );
  expect([stopped.code, stopped.stdout]).toEqual([1, '']);
  expect(stopped.stderr).toContain('The judge’s limit is reached');
  expect(stopped.stderr).toContain('the next exam starts over');
  expect(stopped.stderr).not.toContain('resume');
  const refused = await runInProcess(
    ['judge', 'exam', '--judge', 'anthropic'],
    withSettings({ databaseUrl, ...modelAt(model.url, 'another-key') }),
  );
  expect([refused.code, refused.stdout]).toEqual([1, '']);
  expect(refused.stderr).not.toContain('resume');
  expect(await kept()).toEqual([]);
  const { code, stdout } = await runInProcess(
    ['judge', 'exam', '--judge', 'anthropic', '--json'],
    withSettings({ databaseUrl, ...modelAt(model.url) }),
  );
  expect([code, JSON.parse(stdout).askings]).toEqual([0, 3]);
});

test.each([
  [['--judge', 'nobody'], 'Allowed choices are'],
  [['--half', 'both'], 'Allowed choices are'],
  [['--judge', 'offline', '--model', 'm'], 'has no model to choose'],
  [['--judge', 'anthropic'], 'needs a key'],
  [['--judge', 'offline', '--dry-run', '--out', 'x.json'], 'leave out --out or --dry-run'],
  [['--judge', 'offline', '--out', 'missing/x.json'], '--out: the folder missing is missing'],
])('%j is wrong usage', async (args, message) => {
  const { code, stdout, stderr } = await runInProcess(['judge', 'exam', ...args]);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(message);
});

test('a judge behind any endpoint is examined by the same command, and its result names the endpoint', async () => {
  const fake = await startCompletionsFake({ apiKey: null, models: ['model-1'] });
  onTestFinished(fake.close);
  const origin = new URL(fake.url).origin;
  const out = join(folder, 'chat.json');
  const { code, stdout } = await runInProcess([
    ...['judge', 'exam', '--judge', 'chat', '--judge-url', fake.url, '--model', 'model-1'],
    ...['--json', '--out', out],
  ]);
  expect(code).toBe(0);
  // Without a price the cost is unknown, which is not nothing.
  expect(JSON.parse(stdout)).toMatchObject({
    provider: 'chat',
    model: 'model-1',
    endpoint: origin,
    usage: { cost_usd: null },
  });
});

test('an endpoint that refuses every question is soon asked no more, and its own words are shown, without the key', async () => {
  const key = 'sk-planted-exam';
  const said = `Bad request, key ${key}:\u001b[2J ${'very '.repeat(100)}long`;
  const fake = await startCompletionsFake({
    apiKey: key,
    behave: () => ({ kind: 'error', status: 400, message: said }),
  });
  onTestFinished(fake.close);
  const { code, stdout, stderr } = await runInProcess(
    ['judge', 'exam', '--judge', 'chat', '--model', 'model-1'],
    withSettings({ judges: { ...keylessJudges, chat: { key, url: fake.url, model: null } } }),
  );
  expect([code, stdout]).toEqual([1, '']);
  for (const part of ['answered 400', 'The API said: “Bad request, key [REDACTED]:', '5 questions in a row'])
    expect(stderr).toContain(part);
  expect(stderr).not.toMatch(new RegExp(`${key}|(?:very ){50}|\u001b\\[2J`));
  expect(fake.requests.length).toBeLessThan(150);
});

test('a dry run of the offline judge says 0 calls, as its run makes', async () => {
  const { stdout } = await runInProcess(['judge', 'exam', '--judge', 'offline', '--dry-run']);
  expect(stdout).toContain('0 calls, 0 USD');
  expect(stdout).not.toMatch(/[1-9]\d* calls/);
});
