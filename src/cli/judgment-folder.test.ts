import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import type { JudgeProvider } from '#contracts/judge-providers.ts';
import { type BaselineVerdicts, noUsage, type SharedAnswerKey } from '#contracts/replay.ts';
import { noVariants } from '#testing/builders/replay-checkpoint.ts';
import { measureOf } from '#testing/fakes/anthropic/answers.ts';
import type { AnthropicFake } from '#testing/fakes/anthropic/anthropic-fake.ts';
import { startGitHubFake } from '#testing/fakes/github/github-fake.ts';
import { fakeRepository } from '#testing/fakes/github/repository.ts';
import { runInProcess, withSettings } from '#testing/rigs/command-line.ts';
import { certificateOf, changes, modelAt, openVerifyRig } from '#testing/rigs/verify-rig.ts';
import { judgmentsIn, openJudgmentFolder } from './judgment-folder.ts';

const { folder: root, startOracle, startModel, closeServers, remove } = openVerifyRig();
afterEach(closeServers);
afterAll(remove);

const day = 24 * 60 * 60_000;
const begun = Date.parse('2026-03-01T00:00:00Z');

/** A folder, a clock that shows that many days, and the warnings. */
const stage = () => {
  const path = mkdtempSync(join(root, 'keys-'));
  const warnings: string[] = [];
  const at = (days = 0) => ({
    path,
    now: () => new Date(begun + days * day),
    warn: (message: string) => void warnings.push(message),
  });
  const of = (
    replayId: string,
    {
      days = 0,
      provider = 'anthropic',
      model = 'm',
      endpointDigest = undefined,
      promptDigest = 'p',
      groundTruthDigest = 'g',
    }: {
      days?: number;
      provider?: JudgeProvider;
      model?: string;
      endpointDigest?: string | undefined;
      promptDigest?: string;
      groundTruthDigest?: string;
    } = {},
  ) =>
    judgmentsIn(at(days), { groundTruthDigest, replayId }, { provider, model, endpointDigest, promptDigest });
  const files = () => readdirSync(path).filter((name) => name.endsWith('.json'));
  return { path, warnings, at, of, files };
};

const took = { asks: 1, retries: 0, latencyMs: 5, usage: { ...noUsage, calls: 1 } };
const keyNumber = (number: number) => ({
  changes: [{ id: 'c1', statement: `Key ${number}.`, quote: 'export const limit = 25;' }],
  question: 'What is the limit?',
  referenceAnswer: '25',
  questionQuote: 'export const limit = 25;',
  variants: noVariants,
});
const outcome = (number: number): SharedAnswerKey => ({
  kind: 'made',
  key: keyNumber(number),
  model: 'm-1',
  reused: false,
  ...took,
});
const verdicts = (claimsMade: number): BaselineVerdicts => ({
  precision: {
    kind: 'judged',
    model: 'm-1',
    control: false,
    ...took,
    claims: [],
    claimsMade,
    claimsCut: 0,
    canaries: [],
  },
  recall: {
    kind: 'judged',
    model: 'm-1',
    control: false,
    ...took,
    changes: [],
    summaryCutCharacters: 0,
    copiedCharacters: 0,
  },
  reply: {
    kind: 'judged',
    model: 'm-1',
    control: false,
    ...took,
    replyAccuracy: 0,
    needsSupport: false,
    responseCutCharacters: 0,
  },
});

test('the first key is used by every run, and only the replay that had it made owns it', async () => {
  const { of, files, path } = stage();
  expect(await of('one').answerKey()).toBeNull();
  expect(await of('one').keepAnswerKey(outcome(1))).toEqual(outcome(1));
  expect(await of('two').keepAnswerKey(outcome(2))).toEqual(outcome(1));
  expect(await of('one').answerKey()).toEqual({ value: outcome(1), own: true });
  expect(await of('two').answerKey()).toEqual({ value: outcome(1), own: false });
  const others: Parameters<typeof of>[1][] = [
    { provider: 'offline' },
    { model: 'n' },
    { promptDigest: 'q' },
    { endpointDigest: 'e'.repeat(64) },
    { groundTruthDigest: 'h' },
  ];
  for (const other of others) expect(await of('one', other).answerKey()).toBeNull();
  expect(files().map((name) => statSync(join(path, name)).mode & 0o777)).toEqual([0o600]);
});

test('many that make a key at once all get the same one', async () => {
  const { of } = stage();
  const kept = await Promise.all(
    Array.from({ length: 20 }, (_, place) => of(`${place}`).keepAnswerKey(outcome(place))),
  );
  expect(new Set(kept.map((each) => JSON.stringify(each))).size).toBe(1);
});

test('verdicts on the baseline belong to their key, and the first ones stay', async () => {
  const { of } = stage();
  await of('one').keepBaseline(verdicts(1), keyNumber(1));
  await of('one').keepAnswerKey(outcome(1));
  expect(await of('one').baseline(keyNumber(1))).toBeNull();
  await of('one').keepBaseline(verdicts(2), keyNumber(2));
  expect(await of('one').baseline(keyNumber(1))).toBeNull();
  await of('one').keepBaseline(verdicts(3), keyNumber(1));
  await of('two').keepBaseline(verdicts(4), keyNumber(1));
  expect(await of('one').baseline(keyNumber(1))).toEqual({ value: verdicts(3), own: true });
  expect(await of('two').baseline(keyNumber(1))).toEqual({ value: verdicts(3), own: false });
  expect(await of('two').baseline(keyNumber(2))).toBeNull();
});

test('a key is used for 90 days; a retired one is replaced along with its baseline, or deleted if nobody asks for it', async () => {
  const { of, at, path, files } = stage();
  await of('one').keepAnswerKey(outcome(1));
  await of('one').keepBaseline(verdicts(1), keyNumber(1));
  expect(await of('two', { days: 89 }).answerKey()).not.toBeNull();
  expect(await of('two', { days: 90 }).answerKey()).toBeNull();
  expect(await of('two', { days: 90 }).keepAnswerKey(outcome(2))).toEqual(outcome(2));
  expect(await of('two', { days: 90 }).baseline(keyNumber(1))).toBeNull();
  for (const name of files()) utimesSync(join(path, name), begun / 1_000, begun / 1_000);
  await openJudgmentFolder(at(89));
  expect(files()).toHaveLength(1);
  await openJudgmentFolder(at(91));
  expect(files()).toEqual([]);
});

test.each(['', '{"outcome":', '{"outcome":{"kind":"made"}}', '{}'])(
  'a damaged file (%j) is ignored with a warning, and replaced',
  async (text) => {
    const { of, files, path, warnings } = stage();
    await of('one').keepAnswerKey(outcome(1));
    const [name = ''] = files();
    writeFileSync(join(path, name), text);
    expect(await of('two').answerKey()).toBeNull();
    expect(warnings).toEqual([expect.stringContaining(`${name} is damaged`)]);
    expect(await of('two').keepAnswerKey(outcome(2))).toEqual(outcome(2));
    expect(await of('one').answerKey()).toEqual({ value: outcome(2), own: false });
  },
);

test('a file under another one’s name is not used', async () => {
  const { of, files, path, warnings } = stage();
  await of('one').keepAnswerKey(outcome(1));
  const [first = ''] = files();
  await of('one', { model: 'n' }).keepAnswerKey(outcome(2));
  const second = files().find((name) => name !== first) ?? '';
  writeFileSync(join(path, first), readFileSync(join(path, second)));
  expect(await of('one').answerKey()).toBeNull();
  expect(warnings).toHaveLength(1);
});

test('if nothing can be kept, a run has its own key and a warning', async () => {
  const { at, of, path, warnings } = stage();
  rmSync(path, { recursive: true });
  writeFileSync(path, 'no folder');
  expect(await openJudgmentFolder(at())).toBeNull();
  expect(await of('one').keepAnswerKey(outcome(1))).toEqual(outcome(1));
  expect(warnings).toEqual([
    expect.stringContaining('each run pays for its own'),
    expect.stringContaining('could not be written'),
  ]);
});

const sharedCalls = ({ requests }: AnthropicFake, from: number) =>
  requests.slice(from).filter(({ user }) => measureOf(user) === 'answer_key').length;

test('the second construct on the same changes pays for no key and no baseline, and its certificate counts them', async () => {
  const [oracle, model] = [await startOracle(), await startModel()];
  const dataDir = join(root, 'shared-data');
  const settings = withSettings({ dataDir, ...modelAt(model.url) });
  const args = ['verify', changes, '--oracle-url', oracle.url, '--limit', '3', '--seed', '1', '--json'];
  const run = async (...more: string[]) => {
    const from = model.requests.length;
    const { stdout } = await runInProcess([...args, ...more], settings);
    return { certificate: certificateOf(stdout), keysMade: sharedCalls(model, from) };
  };
  const first = await run('--construct-id', 'one');
  expect(first.keysMade).toBeGreaterThanOrEqual(3);
  expect(first.certificate.usageByMeasure.answerKey.calls).toBe(first.keysMade);
  expect(first.certificate.counts.keysReused).toBe(0);
  const folder = join(dataDir, 'answer-keys');
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(readdirSync(folder).filter((name) => name.endsWith('.json'))).toHaveLength(3);

  const second = await run('--construct-id', 'two');
  expect(second.keysMade).toBe(0);
  expect(second.certificate.counts.keysReused).toBe(3);
  expect(second.certificate.usageByMeasure).toMatchObject({
    answerKey: { calls: 0 },
    baseline: { calls: 0 },
    precision: { calls: 3 },
  });
  expect(second.certificate.trust.baseline).toEqual(first.certificate.trust.baseline);
  const other = await run('--model', 'claude-opus-5-5');
  expect(other.keysMade).toBe(first.keysMade);
});

test('a damaged key is reported on standard error, and made again', async () => {
  const [oracle, model] = [await startOracle(), await startModel()];
  const dataDir = join(root, 'damaged-data');
  const settings = withSettings({ dataDir, ...modelAt(model.url) });
  const args = ['verify', changes, '--oracle-url', oracle.url, '--limit', '1', '--seed', '1', '--json'];
  await runInProcess(args, settings);
  const folder = join(dataDir, 'answer-keys');
  const [name = ''] = readdirSync(folder).filter((each) => each.endsWith('.json'));
  writeFileSync(join(folder, name), 'torn');
  const outcome = await runInProcess(args, settings);
  expect(outcome).toMatchObject({ code: 0, stderr: expect.stringContaining(`${name} is damaged`) });
  expect(JSON.parse(readFileSync(join(folder, name), 'utf8'))).toMatchObject({ outcome: { kind: 'made' } });
});

test('a private repository leaves no key behind, and no other run gets one', async () => {
  const github = await startGitHubFake({ token: 'planted-github-token' });
  try {
    github.repositories.push(fakeRepository({ private: true, count: 5 }));
    const oracle = await startOracle();
    const dataDir = join(root, 'private-data');
    mkdirSync(dataDir);
    const outcome = await runInProcess(
      ['verify', 'octo/widgets', '--oracle-url', oracle.url, '--judge', 'offline', '--limit', '2'],
      withSettings({ dataDir, githubApiUrl: github.url, githubToken: 'planted-github-token' }),
    );
    expect(outcome).toMatchObject({ code: 0 });
    expect(readdirSync(dataDir)).toEqual([]);
  } finally {
    await github.close();
  }
});
