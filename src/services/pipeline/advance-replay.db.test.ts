import { asc } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { OracleOutcome } from '#contracts/oracle.ts';
import type { RunRequest } from '#contracts/run-request.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { runRequest, testRig } from '#testing/rigs/engine-rig.ts';
import { type Script, unavailable } from '#testing/rigs/scripted-engine.ts';
import { callCost } from '#testing/rigs/scripted-judge.ts';
import type { JudgeReply } from '#verification/judges/judge.ts';
import { judgeAccount } from '../calls/spend.ts';
import { getPublicCertificate } from '../certificate/get.ts';
import { createRun } from '../run/create.ts';
import { getRun } from '../run/get.ts';
import { advanceReplay } from './advance-replay.ts';
import { ingestRun } from './ingest.ts';

const started = async (script: Script = {}, request: Partial<RunRequest> = {}) => {
  const rig = await testRig(script);
  const owner = await rig.user();
  const { runId } = await createRun(rig.context, owner, runRequest(request));
  const replays = () => rig.db.select().from(verificationReplays).orderBy(asc(verificationReplays.position));
  return { ...rig, runId, replays, run: () => getRun(rig.context, owner, runId) };
};

const busy = (detail = 'it is overloaded'): JudgeReply => {
  const reply = unavailable(detail);
  return reply.ok || reply.fault !== 'unavailable' ? reply : { ...reply, passing: true };
};
const one = { limit: 1, minReplays: 1 };

test('a judge that cannot be asked just now puts the job back with a delay, and the run says so; nothing is scored', async () => {
  let down = true;
  const at = await started(
    { judge: async ({ measure }) => (down && measure === 'recall' ? busy() : undefined) },
    one,
  );
  await ingestRun(at.context, { runId: at.runId });
  const [replay] = await at.replays();
  const job = { runId: at.runId, replayId: replay?.id ?? '' };
  await advanceReplay(at.context, job);
  expect((await at.queued()).slice(2)).toEqual([
    expect.objectContaining({ name: 'score-replay', data: job, afterMs: expect.any(Number) }),
  ]);
  expect((await at.queued())[2]?.afterMs).toBeGreaterThanOrEqual(1_000);
  expect((await at.run()).activity).toBe('Waiting: it is overloaded.');
  const [waiting] = await at.replays();
  expect(waiting).toMatchObject({ state: 'open', outcome: null, recall: null, faults: 0 });
  // Paid verdicts are kept.
  expect(waiting?.precision).toMatchObject({ kind: 'judged' });
  expect(waiting?.reply).toMatchObject({ kind: 'judged' });
  down = false;
  const before = at.calls.length;
  await at.pump();
  expect(at.calls.slice(before).filter((call) => call !== 'end')).toEqual(['recall:1', 'baseline-recall:1']);
  expect(await at.run()).toMatchObject({ status: 'COMPLETED', activity: null });
});

test('a run that waits for a worker says so until its first replay begins, and not while the judge is asked', async () => {
  const said: (string | null)[] = [];
  const at = await started(
    {
      judge: async () => {
        said.push((await at.run()).waitingFor);
        return undefined;
      },
    },
    one,
  );
  await ingestRun(at.context, { runId: at.runId });
  expect((await at.run()).waitingFor).toMatch(/^Waiting for a free worker/);
  await at.pump();
  expect(said.length).toBeGreaterThan(0);
  expect(new Set(said)).toEqual(new Set([null]));
});

test('between two questions on one measure the judge is waited for in place, so that the first is not paid for again', async () => {
  let asked = 0;
  const at = await started(
    {
      judge: async ({ measure }) => {
        if (measure !== 'precision') return undefined;
        asked += 1;
        if (asked === 1) return { ...unavailable('broken off'), fault: 'malformed' } as JudgeReply;
        return asked === 2 ? busy() : undefined;
      },
    },
    one,
  );
  await ingestRun(at.context, { runId: at.runId });
  const [replay] = await at.replays();
  const before = (await at.queued()).length;
  await advanceReplay(at.context, { runId: at.runId, replayId: replay?.id ?? '' });
  expect(at.calls.filter((call) => call === 'precision:1')).toHaveLength(3);
  const [ended] = await at.replays();
  expect(ended).toMatchObject({ state: 'ended', outcome: 'scored', precision: { asks: 2 } });
  expect((await at.queued()).slice(before).map(({ name }) => name)).toEqual(['certify-run']);
});

test('a worker whose clock is behind that of the one that noted the wait still puts the job back with a delay', async () => {
  const at = await started({ judge: async () => busy() }, one);
  await ingestRun(at.context, { runId: at.runId });
  const [replay] = await at.replays();
  const job = { runId: at.runId, replayId: replay?.id ?? '' };
  await advanceReplay(at.context, job);
  at.wait(-10 * 60_000);
  await advanceReplay(at.context, job);
  expect((await at.queued()).slice(2).map(({ afterMs }) => afterMs)).toEqual([5_000, 5_000]);
});

const away = (detail: string): OracleOutcome => ({
  kind: 'failure',
  reason: 'connection',
  detail,
  httpAnswered: false,
  unreachable: true,
  latencyMs: 1,
  retries: 2,
});

test('an oracle that was there and cannot be reached now is waited for, and none of its replays fails', async () => {
  let down = false;
  const at = await started({
    oracle: async ({ pr }) => {
      if (pr.id === '2') down = true;
      return down ? away('The connection was refused.') : undefined;
    },
  });
  await ingestRun(at.context, { runId: at.runId });
  const [first, second, third] = await at.replays();
  for (const replay of [first, second, third])
    await advanceReplay(at.context, { runId: at.runId, replayId: replay?.id ?? '' });
  expect((await at.replays()).map(({ state, oracle }) => [state, oracle === null])).toEqual([
    ['ended', false],
    ['open', true],
    ['open', true],
  ]);
  expect((await at.run()).activity).toContain('the oracle cannot be reached. The connection was refused.');
  at.wait(9 * 60_000);
  await advanceReplay(at.context, { runId: at.runId, replayId: second?.id ?? '' });
  expect((await at.replays())[1]).toMatchObject({ state: 'open', faults: 0 });
  down = false;
  await advanceReplay(at.context, { runId: at.runId, replayId: third?.id ?? '' });
  // The script takes it down again at the second change, this time for longer than the run waits.
  at.wait(2 * 60_000);
  await advanceReplay(at.context, { runId: at.runId, replayId: second?.id ?? '' });
  expect((await at.replays()).map(({ outcome, oracle }) => [outcome, oracle?.kind])).toEqual([
    ['scored', 'answer'],
    ['oracle_failure', 'failure'],
    ['scored', 'answer'],
  ]);
  await at.pump();
  const { certificateId } = await at.run();
  const { counts } = await getPublicCertificate(at.context, certificateId ?? '');
  // A question that was never sent does not count as asked.
  expect(counts).toMatchObject({ oracleFailures: 1, oracleAskedAgain: 0 });
});

test('an oracle that was never there is not waited for: its address is a mistake, reported at once', async () => {
  const at = await started({ oracle: async () => away('The connection was refused.') });
  await at.pump();
  expect(await at.run()).toMatchObject({
    status: 'FAILED',
    error: expect.stringContaining('is a mistake, not a verdict'),
  });
});

test('once a replay no longer waits its run says nothing of waiting, even while others are still open', async () => {
  let down = true;
  const at = await started({ judge: async () => (down ? busy() : undefined) });
  await ingestRun(at.context, { runId: at.runId });
  const [replay] = await at.replays();
  const job = { runId: at.runId, replayId: replay?.id ?? '' };
  await advanceReplay(at.context, job);
  expect((await at.run()).activity).toContain('it is overloaded');
  down = false;
  await advanceReplay(at.context, job);
  expect(await at.run()).toMatchObject({ status: 'SCORING', activity: null, progress: 1, total: 3 });
});

test('after half an hour without an answer the replay is left unscored with the judge’s own reason', async () => {
  const times: number[] = [];
  const at: Awaited<ReturnType<typeof started>> = await started(
    {
      judge: async ({ measure }, { id }) => {
        if (id !== '2' || measure !== 'answer_key') return undefined;
        times.push(at.context.now().getTime());
        return busy('it is overloaded (529)');
      },
    },
    { limit: 2, minReplays: 1 },
  );
  await at.pump();
  const [, second] = await at.replays();
  expect(second).toMatchObject({
    outcome: 'unscored',
    reason: expect.stringContaining('it is overloaded (529)'),
    oracle: null,
  });
  const waitedMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
  expect(waitedMs).toBeGreaterThanOrEqual(30 * 60_000);
  expect(waitedMs).toBeLessThan(32 * 60_000);
  expect(await at.run()).toMatchObject({ status: 'COMPLETED', activity: null, progress: 2, total: 2 });
});

test('every answer restarts the wait: only a judge that never answers is given up', async () => {
  let asked = 0;
  const at: Awaited<ReturnType<typeof started>> = await started(
    {
      // Each measure is refused for twenty minutes, an hour altogether.
      judge: async ({ measure }) => {
        if (measure === 'precision' || measure === 'variants') return undefined;
        asked += 1;
        if (measure === 'recall' && asked === 1) return undefined;
        const until = { answer_key: 20, reply: 45, recall: 70 }[measure] * 60_000;
        return at.context.now().getTime() - begun < until ? busy() : undefined;
      },
    },
    one,
  );
  const begun = at.context.now().getTime();
  await at.pump();
  expect((await at.replays())[0]).toMatchObject({ outcome: 'scored' });
  expect((await at.run()).status).toBe('COMPLETED');
});

test('waiting for our own limits uses up no patience with a judge', async () => {
  let down = false;
  const at = await started(
    { costUsd: 0.5, judge: async () => (down ? busy() : undefined) },
    { ...one, judge: 'anthropic', maxCostUsd: 5 },
  );
  await ingestRun(at.context, { runId: at.runId });
  const [replay] = await at.replays();
  const job = { runId: at.runId, replayId: replay?.id ?? '' };
  const held = await judgeAccount(at.context, { runId: at.runId, limitUsd: 5 }).book(callCost(5));
  await advanceReplay(at.context, job);
  // A reason may be a whole sentence or a part of one: the shown text ends with one full stop.
  expect((await at.run()).activity).toBe('Waiting: Calls under way hold the rest of a limit.');
  at.wait(40 * 60_000);
  await held.settle({
    calls: 1,
    estimatedCalls: 0,
    inputTokens: 0,
    cacheWriteTokens: 0,
    cacheReadTokens: 0,
    outputTokens: 0,
    costUsd: 0,
  });
  down = true;
  await advanceReplay(at.context, job);
  expect((await at.replays())[0]).toMatchObject({ state: 'open', answerKey: null });
  down = false;
  await at.pump();
  expect(await at.run()).toMatchObject({ status: 'COMPLETED', activity: null });
});
