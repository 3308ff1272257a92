import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { OracleOutcome } from '#contracts/oracle.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { interruptedRun } from '#testing/builders/interrupted-run.ts';
import { type OwnersRig, ownersRig } from '#testing/rigs/owners-rig.ts';

const noConnection: OracleOutcome = {
  kind: 'failure',
  reason: 'connection',
  detail: 'Nothing listens there.',
  httpAnswered: false,
  latencyMs: 3,
  retries: 2,
};

const turnedAway = (status: number): OracleOutcome => ({
  kind: 'failure',
  reason: 'status',
  status,
  detail: `The oracle answered ${status}.`,
  httpAnswered: true,
  latencyMs: 1,
  retries: 0,
});

/** A run of five replays, cancelled with one scored, whose oracle does not answer about the changes in `silent`. */
const interruptedWith = async () => {
  const silent = new Set<string>();
  const cancels: { runId?: string } = {};
  const at = await interruptedRun(
    {
      oracle: async ({ pr }) => {
        if (pr.id === '4' && cancels.runId !== undefined) await at.fail(cancels.runId);
        return silent.has(pr.id) ? noConnection : undefined;
      },
    },
    { limit: 5, minReplays: 5 },
  );
  const oracleCalls = async () =>
    (await at.callsDuring(at.pump)).filter((call) => call.startsWith('oracle')).toSorted();
  /** Cancels this run when its oracle is asked about the fourth change. */
  const cancelLater = (runId?: string) => {
    cancels.runId = runId;
  };
  return { ...at, silent, oracleCalls, cancelLater };
};
const changes = ['1', '2', '3', '4', '5'];

test('an oracle that never answers after a resumption fails the run, which can be resumed; nothing counts as its failure', async () => {
  const at = await interruptedWith();
  for (const id of changes) at.silent.add(id);
  const second = await at.continueAs('resume', at.runId);
  await at.pump();
  expect(await at.run(second.runId)).toMatchObject({
    status: 'FAILED',
    error: expect.stringMatching(/since the run was resumed.*Nothing listens there.*resume/is),
    certificateId: null,
    can: { resume: true },
  });
  at.silent.clear();
  const third = await at.continueAs('resume', second.runId);
  expect(await at.run(third.runId)).toMatchObject({ progress: 1, total: 5 });
  expect(await at.oracleCalls()).toEqual(['oracle:2', 'oracle:3', 'oracle:4', 'oracle:5']);
  expect((await at.certificateOf(third.runId)).counts).toMatchObject({ scored: 5, oracleFailures: 0 });
});

test('replays that an oracle left unanswered after a resumption are asked again even if that run was cancelled too', async () => {
  const at = await interruptedWith();
  for (const id of changes) at.silent.add(id);
  const second = await at.continueAs('resume', at.runId);
  at.cancelLater(second.runId);
  expect(await at.oracleCalls()).toEqual(['oracle:2', 'oracle:3', 'oracle:4']);
  at.cancelLater();
  const third = await at.continueAs('resume', second.runId);
  await at.fail(third.runId);
  at.silent.clear();
  const fourth = await at.continueAs('resume', third.runId);
  expect(await at.oracleCalls()).toEqual(['oracle:2', 'oracle:3', 'oracle:4', 'oracle:5']);
  expect((await at.run(fourth.runId)).status).toBe('COMPLETED');
});

test('a failure among answers since the resumption stays the oracle’s, even if the run is resumed once more', async () => {
  const at = await interruptedWith();
  at.silent.add('3');
  const second = await at.continueAs('resume', at.runId);
  // Everything but certified: the failure is among answers.
  await at.pump({ onto: { ...at.context, engine: { ...at.context.engine, judge: uncertifying(at) } } });
  expect(await at.run(second.runId)).toMatchObject({ status: 'FAILED', progress: 5 });
  for (const id of changes) at.silent.add(id);
  const third = await at.continueAs('resume', second.runId);
  expect(await at.oracleCalls()).toEqual([]);
  expect((await at.certificateOf(third.runId)).counts).toMatchObject({ scored: 5, oracleFailures: 1 });
});

test('an attempt whose oracle answered before the resumption, and that has nothing left to ask, is certified', async () => {
  const at = await interruptedWith();
  const second = await at.continueAs('resume', at.runId);
  await at.pump({ onto: { ...at.context, engine: { ...at.context.engine, judge: uncertifying(at) } } });
  for (const id of changes) at.silent.add(id);
  const third = await at.continueAs('resume', second.runId);
  await at.pump();
  expect((await at.run(third.runId)).status).toBe('COMPLETED');
});

/** A judge that answers until every replay has ended, so that only certification fails. */
const uncertifying =
  ({ calls, context: { engine } }: Pick<Awaited<ReturnType<typeof interruptedRun>>, 'calls' | 'context'>) =>
  (...choice: Parameters<typeof engine.judge>) => {
    if (calls.filter((call) => call.startsWith('baseline-recall')).length === changes.length)
      throw new TypeError('a bug');
    return engine.judge(...choice);
  };

test('an oracle that was never reached is asked again; one failure among answers stays its failure', async () => {
  let address: 'wrong' | 'right' = 'wrong';
  const at = await ownersRig({ oracle: async () => (address === 'wrong' ? noConnection : undefined) });
  const first = await at.start();
  await at.pump();
  expect((await at.run(first)).status).toBe('FAILED');
  address = 'right';
  const { runId } = await at.continueAs('resume', first);
  const calls = await at.callsDuring(at.pump);
  expect(calls.filter((call) => call.startsWith('oracle'))).toEqual(['oracle:1', 'oracle:2', 'oracle:3']);
  expect(calls.filter((call) => call.startsWith('answer_key'))).toEqual([]);
  expect((await at.certificateOf(runId)).counts).toMatchObject({ scored: 3, oracleFailures: 0 });

  const mixed = await interruptedRun({
    oracle: async ({ pr }) => (pr.id === '1' ? noConnection : undefined),
    judge: async () => undefined,
  });
  const rows = await mixed.replaysOf(mixed.runId);
  await mixed.db
    .update(verificationReplays)
    .set({ oracle: { ...noConnection, reason: 'status', httpAnswered: true } })
    .where(eq(verificationReplays.id, rows[0]?.id ?? ''));
  const resumed = await mixed.continueAs('resume', mixed.runId);
  expect(await mixed.callsDuring(mixed.pump)).not.toContain('oracle:1');
  expect((await mixed.certificateOf(resumed.runId)).counts).toMatchObject({ scored: 3, oracleFailures: 1 });
});

test('a change that is always refused is the oracle’s failure if others were answered, so that a resumed run ends', async () => {
  let cancels = true;
  const at: OwnersRig = await ownersRig({
    oracle: async ({ pr }) => {
      if (pr.id !== '3') return undefined;
      if (cancels) {
        cancels = false;
        await at.fail(first);
      }
      return turnedAway(403);
    },
  });
  const first = await at.start();
  await at.pump();
  const { runId } = await at.continueAs('resume', first);
  await at.pump();
  expect(await at.run(runId)).toMatchObject({ status: 'COMPLETED' });
  expect((await at.certificateOf(runId)).counts).toMatchObject({ oracleFailures: 1, oracleAskedAgain: 1 });
});

test('a resumed run whose oracle accepts no question any more is stopped, and asks again when it is resumed', async () => {
  let key = true;
  let cancels = true;
  const at: OwnersRig = await ownersRig({
    oracle: async ({ pr }) => {
      if (cancels && pr.id === '2') {
        cancels = false;
        await at.fail(first);
      }
      return key ? undefined : turnedAway(401);
    },
  });
  const first = await at.start();
  await at.pump();
  key = false;
  const { runId: lockedOut } = await at.continueAs('resume', first);
  await at.pump();
  expect(await at.run(lockedOut)).toMatchObject({
    status: 'FAILED',
    error: expect.stringMatching(
      /In 2 replays since the run was resumed the oracle accepted no question .*401.*headers/,
    ),
  });
  key = true;
  const { runId } = await at.continueAs('resume', lockedOut);
  await at.pump();
  expect(await at.run(runId)).toMatchObject({ status: 'COMPLETED' });
  expect((await at.certificateOf(runId)).counts).toMatchObject({ oracleFailures: 0, scored: 3 });
});
