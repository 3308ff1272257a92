import { eq } from 'drizzle-orm';
import type { ContinueRequest, RunRequest } from '#contracts/run-request.ts';
import { answerKeys } from '#db/schema/answer-keys.ts';
import { callSlots } from '#db/schema/call-slots.ts';
import { verificationCertificates, verificationReplayScores } from '#db/schema/certificates.ts';
import { groundTruthRecords, groundTruthSnapshots } from '#db/schema/ground-truths.ts';
import { judgeBatchItems } from '#db/schema/judge-batches.ts';
import { judgeSpend } from '#db/schema/judge-spend.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import type { ServiceContext } from '#services/ground/index.ts';
import { registerRun } from '#services/log/register.ts';
import { continueRun, createRun, getRun } from '#services/run/index.ts';
import { failRun } from '#services/state/transitions.ts';
import { runRequest, testRig } from './engine-rig.ts';
import type { Script } from './scripted-engine.ts';

export const dayMs = 24 * 60 * 60_000;

/** A rig with an owner whose runs end, are resumed or retried, and are pruned as days go by. */
export const pruneRig = async (script: Script = {}) => {
  const rig = await testRig(script);
  const { db, context } = rig;
  const owner = await rig.user();
  const start = async (request: Partial<RunRequest> = {}) =>
    (await createRun(context, owner, runRequest({ limit: 2, minReplays: 2, ...request }))).runId;
  const continueAs = async (id: string, how: 'resume' | 'retry' = 'resume', by: ServiceContext = context) => {
    const request: ContinueRequest = { id, oracleHeaders: {}, githubToken: null };
    const { runId } = await continueRun(by, owner, how, request);
    if (how === 'resume') await registerRun(context, runId, null);
    return runId;
  };
  /** Fails the run as if it had been cancelled before its certificate. */
  const fail = async (runId: string) => {
    // Its attempt's outcome is logged already, so it is as if it had none; resuming it makes one.
    await db
      .update(verificationRuns)
      .set({ status: 'CERTIFYING', certificateId: null, registrationId: null });
    await db.delete(verificationCertificates);
    await failRun(db, runId, 'Cancelled by its owner', context.now());
  };
  const rowsOf = async () => {
    const tables = {
      replays: verificationReplays,
      batchItems: judgeBatchItems,
      spend: judgeSpend,
      records: groundTruthRecords,
      snapshots: groundTruthSnapshots,
      keys: answerKeys,
      slots: callSlots,
      runs: verificationRuns,
      certificates: verificationCertificates,
      scores: verificationReplayScores,
    };
    const counts = await Promise.all(
      Object.entries(tables).map(async ([name, table]) => [name, await db.$count(table)] as const),
    );
    return Object.fromEntries(counts);
  };
  return {
    ...rig,
    owner,
    start,
    continueAs,
    fail,
    rowsOf,
    days: (days: number) => rig.wait(days * dayMs),
    replaysOf: (runId: string) => db.$count(verificationReplays, eq(verificationReplays.runId, runId)),
    run: (runId: string) => getRun(context, owner, runId),
  };
};
