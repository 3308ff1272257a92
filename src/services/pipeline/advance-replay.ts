import { and, asc, eq, ne, sql } from 'drizzle-orm';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { batchesOf, type JudgeIdentity } from '#contracts/judge-providers.ts';
import type { ReplayCheckpoint, ReplayStep } from '#contracts/replay.ts';
import type { RunConfig, RunSecrets } from '#contracts/run.ts';
import { groundTruthRecords } from '#db/schema/ground-truths.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import type { StoredStep } from '#platform/telemetry/metrics.ts';
import { BudgetReached, bookedJudge } from '#verification/judges/booked-judge.ts';
import type { Judge } from '#verification/judges/judge.ts';
import { AwaitsBatch } from '#verification/judges/model/batches.ts';
import { judgePatienceMs, patientJudge, type WaitForJudge } from '#verification/judges/patient-judge.ts';
import { resending } from '#verification/judges/resending.ts';
import { cleanOracle } from '#verification/oracles/oracle.ts';
import { judgesBaseline } from '#verification/replay/baseline.ts';
import {
  type Agreement,
  otherChanges,
  type ReplayStore,
  runReplay,
} from '#verification/replay/run-replay.ts';
import { isUselessAgain } from '#verification/replay/useless-judge.ts';
import { OracleAbsent, watchedOracle } from '#verification/replay/watched-oracle.ts';
import type { CleanText } from '#verification/text/clean-text.ts';
import { batchDesk } from '../calls/batch/desk.ts';
import {
  absentJudge,
  limitedJudge,
  reportedJudge,
  steadyJudge,
  stoppingJudge,
} from '../calls/guarded-judge.ts';
import { limitedOracle, stoppingOracle } from '../calls/guarded-oracle.ts';
import { oracleRecord } from '../calls/oracle-record.ts';
import { sharedJudgments } from '../calls/shared-judgments.ts';
import { judgeAccount } from '../calls/spend.ts';
import { isPatient, JudgeBusy } from '../calls/waits.ts';
import type { WorkerContext } from '../ground/context.ts';
import { requireRegistered } from '../log/register.ts';
import {
  checkpointStore,
  isOpenIn,
  ReplayLost,
  type ReplayRow,
  replayingStatuses,
} from '../state/checkpoint.ts';
import { endReplay } from '../state/end-replay.ts';
import { holdToOneVersion, judgedByTwoVersions, judgedElsewhere } from '../state/prompt-version.ts';
import { cutMessage, failRun, noteReplayBegun, noteWaiting } from '../state/transitions.ts';
import { reachTurn } from '../state/turns.ts';
import { resumeWhenThere } from './certify.ts';
import { endDeadJob } from './dead-letter.ts';
import { LeaseLost, tryJob } from './job-try.ts';
import { putBack } from './put-back.ts';

/** A checkpoint that counts its steps once they are stored. */
const observedStore = (
  { metrics }: Pick<WorkerContext, 'metrics'>,
  store: ReplayStore,
  { judge, agreement }: Pick<RunConfig, 'judge' | 'agreement'>,
): ReplayStore => ({
  ...store,
  save: async <Step extends ReplayStep>(step: Step, value: Required<ReplayCheckpoint>[Step]) => {
    await store.save(step, value);
    if (step === 'draftKey') return;
    metrics.stepStored({ step, value } as StoredStep, {
      first: judge.model,
      second: agreement?.model ?? judge.model,
    });
  },
});

const openReplay = async ({ db }: Pick<WorkerContext, 'db'>, runId: string, replayId: string) => {
  const [found] = await db
    .select({
      row: verificationReplays,
      status: verificationRuns.status,
      config: verificationRuns.config,
      promptDigest: verificationRuns.promptDigest,
      userId: verificationRuns.userId,
      stranger: verificationRuns.stranger,
      groundTruth: groundTruthRecords.record,
      groundTruthDigest: groundTruthRecords.digest,
      again: {
        vainInRow: verificationRuns.agreementVainInRow,
        hasServed: verificationRuns.agreementHasServed,
      },
    })
    .from(verificationReplays)
    .innerJoin(groundTruthRecords, eq(groundTruthRecords.digest, verificationReplays.groundTruthDigest))
    .innerJoin(verificationRuns, eq(verificationRuns.id, verificationReplays.runId))
    .where(and(eq(verificationReplays.id, replayId), eq(verificationReplays.runId, runId)));
  return found?.row.state === 'open' && replayingStatuses.some((status) => status === found.status)
    ? found
    : null;
};

/** The changes that follow this one in the run's draw, which continues from its end at its beginning. */
const changesAfter = async (
  { db }: Pick<WorkerContext, 'db'>,
  { runId, id, position }: ReplayRow,
): Promise<GroundTruth[]> => {
  const rows = await db
    .select({ groundTruth: groundTruthRecords.record })
    .from(verificationReplays)
    .innerJoin(groundTruthRecords, eq(groundTruthRecords.digest, verificationReplays.groundTruthDigest))
    .where(and(eq(verificationReplays.runId, runId), ne(verificationReplays.id, id)))
    .orderBy(sql`${verificationReplays.position} < ${position}`, asc(verificationReplays.position))
    .limit(otherChanges);
  return rows.map(({ groundTruth }) => groundTruth);
};

/** The ports of one replay, with its run's limits and what runs share. */
const portsOf = (
  context: WorkerContext,
  {
    row,
    config,
    userId,
    stranger,
  }: { row: ReplayRow; config: RunConfig; userId: string; stranger: string | null },
  secrets: RunSecrets,
  clean: CleanText,
  stopping: AbortSignal,
) => {
  const { engine } = context;
  const { runId, id: replayId } = row;
  const replay = { runId, replayId };
  const limits = { runId, limitUsd: config.maxCostUsd };
  /** Waits on the queue: the job is put back. */
  const waitForJudge: WaitForJudge = async (detail) => {
    if (!(await isPatient(context, replay, judgePatienceMs))) return false;
    throw new JudgeBusy(detail);
  };
  const judgeOf = (identity: JudgeIdentity, purpose: string): Judge => {
    const inBatches = config.economy && batchesOf(identity.provider) !== null;
    const desk = inBatches ? batchDesk(context, { ...limits, replayId, purpose }) : null;
    const judge = engine.hasJudge(identity.provider) ? engine.judge(identity, desk) : absentJudge(identity);
    // Calls that wait for their batch are booked there; the next try repeats one that gets lost.
    const reported = reportedJudge(context, judge, runId);
    const booked = desk === null ? resending(bookedJudge(reported, judgeAccount(context, limits))) : reported;
    const waited = patientJudge(limitedJudge(context, booked, userId), () => waitForJudge);
    // The desk would take a repeated call for a new one; it keeps what was paid for anyway.
    return stoppingJudge(desk === null ? steadyJudge(waited, stopping) : waited, stopping);
  };
  const agreement: Agreement | null = config.agreement && {
    judge: judgeOf(config.agreement, 'second'),
    share: config.agreement.share,
  };
  const variantsAuthor = config.variantsAuthor && judgeOf(config.variantsAuthor, 'variants');
  const cleaned = cleanOracle(engine.oracle(config, secrets, runId), clean);
  const watched = watchedOracle(cleaned, oracleRecord(context, replay));
  return {
    judge: judgeOf(config.judge, 'first'),
    agreement,
    variantsAuthor,
    oracle: stoppingOracle(limitedOracle(context, watched, config.oracle, { userId, stranger }), stopping),
  };
};

/**
 * Carries one replay from its first missing step to its end. A call whose answer is stored is never repeated. A job that
 * is delivered twice finds the replay ended, or is refused at the first step that the other has stored. If it must wait,
 * for the judge's limits or for a batch, the job ends and goes back on the queue.
 * @param signal cuts off what is under way.
 * @param stopping lets the calls under way finish and be stored, and begins no other.
 */
export const advanceReplay = async (
  context: WorkerContext,
  { runId, replayId }: { runId: string; replayId: string },
  signal?: AbortSignal,
  stopping: AbortSignal = new AbortController().signal,
): Promise<void> => {
  const { db, now } = context;
  const found = await openReplay(context, runId, replayId);
  if (found === null) return;
  const { row, config, groundTruth, groundTruthDigest } = found;
  await reachTurn(db, 'score-replay', row.turn);
  await noteReplayBegun(db, runId);

  await tryJob(context, {
    runId,
    about: { job: 'score-replay', runId, replayId },
    signal,
    stopping,
    note: async (message) => {
      const [replay] = await db
        .update(verificationReplays)
        .set({ reason: cutMessage(message), faults: sql`${verificationReplays.faults} + 1` })
        .where(isOpenIn({ runId, replayId }))
        .returning({ faults: verificationReplays.faults });
      return replay?.faults ?? 0;
    },
    giveUp: () => endDeadJob(context, { name: 'score-replay', data: { runId, replayId } }),
    work: async (secrets, clean, stop) => {
      const { judge, agreement, variantsAuthor, oracle } = portsOf(context, found, secrets, clean, stopping);
      const { promptDigest } = found;
      if (!(await holdToOneVersion(context, { id: runId, promptDigest }, judge.promptDigest))) {
        await failRun(db, runId, judgedByTwoVersions, now());
        return;
      }
      const moved = [
        { judge, endpoint: config.judge.endpoint },
        ...(agreement === null ? [] : [{ judge: agreement.judge, endpoint: config.agreement?.endpoint }]),
        ...(variantsAuthor === null
          ? []
          : [{ judge: variantsAuthor, endpoint: config.variantsAuthor?.endpoint }]),
      ].find((asked) => asked.judge.endpoint !== asked.endpoint);
      if (moved !== undefined) {
        await failRun(db, runId, judgedElsewhere(moved.judge), now());
        return;
      }
      await requireRegistered(context, runId);
      try {
        await runReplay({
          groundTruth,
          others: await changesAfter(context, row),
          seed: config.seed,
          judge,
          agreement: isUselessAgain(found.again) ? null : agreement,
          variantsAuthor,
          baseline: judgesBaseline(config, row),
          shared: sharedJudgments(context, { groundTruthDigest, replayId }, judge),
          oracle,
          store: observedStore(context, checkpointStore(context, { runId, row }), config),
          blinding: config.blinded ? config.seed : null,
          signal: stop,
        });
      } catch (error) {
        if (error instanceof AwaitsBatch) {
          context.metrics.waited('batch');
          return;
        }
        if (error instanceof BudgetReached) {
          await failRun(db, runId, error.message, now());
          return;
        }
        if (error instanceof OracleAbsent) {
          await failRun(db, runId, `${error.message} ${resumeWhenThere}`, now());
          return;
        }
        if (await putBack(context, found, error)) return;
        if (!(error instanceof ReplayLost)) throw error;
        if ((await openReplay(context, runId, replayId)) === null) return;
        // The other worker may be dead by now: the next try continues from what it stored.
        throw new LeaseLost('Two workers had this replay. The next try continues from what is stored.');
      }
      if (row.reason !== null) await noteWaiting(db, runId, null);
      await endReplay(context, { runId, replayId });
    },
  });
};
