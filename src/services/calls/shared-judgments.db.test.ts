import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { type JudgeProvider, judgeProviders } from '#contracts/judge-providers.ts';
import { answerKeys } from '#db/schema/answer-keys.ts';
import { openPolicy } from '#testing/rigs/engine-rig.ts';
import { allShared, judgmentsRig, keysOf, numberedKeys, sharedCalls } from '#testing/rigs/judgments-rig.ts';
import { changeNumbers, drawOf, offlineReply, unavailable } from '#testing/rigs/scripted-engine.ts';
import type { JudgeReply } from '#verification/judges/judge.ts';
import type { WorkerContext } from '../ground/context.ts';
import { advanceReplay } from '../pipeline/advance-replay.ts';
import { ingestRun } from '../pipeline/ingest.ts';
import { sharedJudgments } from './shared-judgments.ts';

const day = 24 * 60 * 60_000;

test('another user’s run of another construct on the same changes pays for no key and no baseline, and the same keys judge it', async () => {
  const at = await judgmentsRig({ judge: numberedKeys() });
  const first = await at.run({ constructId: 'one' });
  expect(sharedCalls(first.calls).sort()).toEqual(allShared.toSorted());
  const second = await at.run({ constructId: 'two' });
  expect(second.status).toBe('COMPLETED');
  expect(sharedCalls(second.calls)).toEqual([]);
  expect(keysOf(second.replays)).toEqual(keysOf(first.replays));
  const [before, after] = [await first.certificate(), await second.certificate()];
  expect(before.counts.keysReused).toBe(0);
  expect(after.counts.keysReused).toBe(3);
  // By hand: on each of three changes, three verdicts on the baseline.
  expect(before.usageByMeasure).toMatchObject({ answerKey: { calls: 3 }, baseline: { calls: 9 } });
  expect(after.usageByMeasure).toMatchObject({
    answerKey: { calls: 0, inputTokens: 0 },
    baseline: { calls: 0, inputTokens: 0 },
    precision: { calls: 3 },
  });
  expect(after.trust.baseline).toEqual(before.trust.baseline);
});

test('another model or other prompts make their own keys and baselines', async () => {
  const at = await judgmentsRig({ judge: numberedKeys() });
  await at.run();
  const judges = { ...openPolicy.judges, offline: { model: 'offline-2', endpoint: null, unavailable: null } };
  const otherModel = { ...at.context, policy: { ...openPolicy, judges } };
  expect(sharedCalls((await at.run({}, otherModel)).calls).sort()).toEqual(allShared.toSorted());
  const { engine } = at.context;
  const otherPrompts: WorkerContext = {
    ...at.context,
    engine: {
      ...engine,
      judge: (...choice) => ({ ...engine.judge(...choice), promptDigest: 'e'.repeat(64) }),
    },
  };
  expect(sharedCalls((await at.run({}, otherPrompts)).calls).sort()).toEqual(allShared.toSorted());
  expect(await at.db.$count(answerKeys)).toBe(9);
  expect(sharedCalls((await at.run()).calls)).toEqual([]);
});

test('a change that no key can be made for is not asked about twice either', async () => {
  const at = await judgmentsRig({
    draw: async () => drawOf(changeNumbers(2), changeNumbers(1, 3)),
    judge: async (task, { id }) =>
      task.measure === 'answer_key' && id === '1' ? offlineReply({}) : undefined,
  });
  const request = { limit: 2, minReplays: 2 };
  const [first, second] = [await at.run(request), await at.run(request)];
  expect(first.calls.filter((call) => call === 'answer_key:1')).toHaveLength(4);
  expect(sharedCalls(second.calls)).toEqual([]);
  expect(second.replays.map(({ outcome }) => outcome)).toEqual(['replaced', 'scored', 'scored']);
});

test.each<[string, JudgeReply]>([
  ['an outage', unavailable('no connection')],
  ['garbage', { ...unavailable(''), ok: false, fault: 'malformed', detail: '' }],
  ['refusals', { ...unavailable(''), ok: false, fault: 'refused', detail: '' }],
])(
  'a key that could not be obtained because of %s is not shared: the next run asks again',
  async (_, fault) => {
    let down = true;
    const at = await judgmentsRig({
      judge: async ({ measure }) => (down && measure === 'answer_key' ? fault : undefined),
    });
    await at.run();
    expect(await at.db.$count(answerKeys)).toBe(0);
    down = false;
    expect((await at.run()).status).toBe('COMPLETED');
  },
);

test('a key is used for 90 days; then it is retired and made again, and so is its baseline', async () => {
  const at = await judgmentsRig({ judge: numberedKeys() });
  const first = await at.run();
  at.wait(90 * day - 60_000);
  const second = await at.run();
  expect(sharedCalls(second.calls)).toEqual([]);
  at.wait(2 * 60_000);
  const third = await at.run();
  expect(sharedCalls(third.calls).sort()).toEqual(allShared.toSorted());
  expect(keysOf(third.replays)).not.toEqual(keysOf(first.replays));
  expect(await at.db.$count(answerKeys)).toBe(3);
  const fourth = await at.run();
  expect(sharedCalls(fourth.calls)).toEqual([]);
  expect(keysOf(fourth.replays)).toEqual(keysOf(third.replays));
});

test('two runs that make one change’s key at once end up with one, and each pays for what it asked', async () => {
  const numbered = numberedKeys();
  let asking = 0;
  let bothAsked = () => {};
  const both = new Promise<void>((resolve) => {
    bothAsked = resolve;
  });
  const at = await judgmentsRig({
    judge: async (task, groundTruth) => {
      if (task.measure !== 'answer_key') return undefined;
      const reply = numbered(task, groundTruth);
      asking += 1;
      if (asking === 2) bothAsked();
      await both;
      return reply;
    },
  });
  const request = { limit: 1, minReplays: 1 };
  const runs = [await at.accepted(request), await at.accepted(request)];
  for (const { runId } of runs) await ingestRun(at.context, { runId });
  await Promise.all(
    runs.map(async ({ runId }) => {
      const [replay] = await at.replaysOf(runId);
      await advanceReplay(at.context, { runId, replayId: replay?.id ?? '' });
    }),
  );
  const replays = (await Promise.all(runs.map(({ runId }) => at.replaysOf(runId)))).flat();
  const [one, other] = keysOf(replays);
  expect(one).not.toBeNull();
  expect(other).toEqual(one);
  for (const { answerKey } of replays)
    expect(answerKey).toMatchObject({ reused: false, asks: 1, usage: { calls: 1 } });
  expect(await at.db.$count(answerKeys)).toBe(1);
});

test('a judge of another provider or at another endpoint shares no key, even if its model has the same name', async () => {
  const at = await judgmentsRig();
  await at.accepted({ limit: 1, minReplays: 1 });
  await at.pump();
  const [kept] = await at.db.select().from(answerKeys);
  if (kept === undefined) return expect.unreachable('no key was kept');
  const { groundTruthDigest, judgeProvider, judgeModel: model, promptDigest } = kept;
  const keyOf = (provider: JudgeProvider, endpointDigest?: string) =>
    sharedJudgments(
      at.context,
      { groundTruthDigest, replayId: randomUUID() },
      { provider, model, endpointDigest, promptDigest },
    ).answerKey();
  expect(await keyOf(judgeProvider)).toEqual({ value: kept.outcome, own: false });
  for (const other of judgeProviders.filter((provider) => provider !== judgeProvider))
    expect(await keyOf(other)).toBeNull();
  expect(await keyOf(judgeProvider, 'e'.repeat(64))).toBeNull();
});

test('of two verdicts on the baseline the first one stored stays', async () => {
  const at = await judgmentsRig();
  await at.accepted({ limit: 1, minReplays: 1 });
  await at.pump();
  const [first] = await at.db.select().from(answerKeys);
  if (first?.outcome.kind !== 'made' || first.baseline?.precision.kind !== 'judged')
    return expect.unreachable('no baseline was kept');
  const { groundTruthDigest, judgeProvider: provider, judgeModel: model, promptDigest } = first;
  const { outcome, baseline } = first;
  const late = sharedJudgments(
    at.context,
    { groundTruthDigest, replayId: randomUUID() },
    { provider, model, promptDigest },
  );
  await late.keepBaseline(
    { ...baseline, precision: { ...first.baseline.precision, claimsMade: 99 } },
    outcome.key,
  );
  expect(await at.db.select().from(answerKeys)).toEqual([first]);
});

test('the baseline is judged by its replay’s key, even after another key has replaced that one', async () => {
  let oracleIsBroken = true;
  const at = await judgmentsRig({
    // The first key has two changes, every later one has one.
    judge: numberedKeys((made) => (made === 1 ? 2 : 1)),
    oracle: async () => {
      if (oracleIsBroken) throw new TypeError('a bug');
      return undefined;
    },
  });
  const request = { limit: 1, minReplays: 1 };
  const { runId: early } = await at.accepted(request);
  await ingestRun(at.context, { runId: early });
  const [begun] = await at.replaysOf(early);
  const job = { runId: early, replayId: begun?.id ?? '' };
  await expect(advanceReplay(at.context, job)).rejects.toThrow('internal fault');
  oracleIsBroken = false;
  at.wait(91 * day);
  const { runId: late } = await at.accepted(request);
  await ingestRun(at.context, { runId: late });
  const [other] = await at.replaysOf(late);
  await advanceReplay(at.context, { runId: late, replayId: other?.id ?? '' });
  await advanceReplay(at.context, job);
  const changes = async (runId: string) => {
    const [replay] = await at.replaysOf(runId);
    const recall = replay?.baseline?.recall;
    return recall?.kind === 'judged' ? recall.changes.length : null;
  };
  expect([await changes(early), await changes(late)]).toEqual([2, 1]);
  const [shared] = await at.db.select().from(answerKeys);
  expect(shared?.baseline?.recall).toMatchObject({ changes: [{ id: 'c1' }] });
});
