import { and, asc, count, eq, inArray, sql } from 'drizzle-orm';
import { noUsage } from '#contracts/replay.ts';
import type { Executor } from '#db/client.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { endOfReplay } from '#verification/replay/score.ts';
import { isUseless, tallied, talliedAgain, uselessJudgeText } from '#verification/replay/useless-judge.ts';
import type { ServiceContext } from '../ground/context.ts';
import { checkpointOf, type ReplayRow, replayingStatuses, wordlessSteps } from './checkpoint.ts';
import { certifyJob, judgeOfRun, scoreJob } from './jobs.ts';
import { advance, failRun } from './transitions.ts';

/** Gives up: the missing step is stored as the verifier's own failure, so that the checkpoint is complete. */
const giveUp = (
  row: Pick<ReplayRow, 'draftKey' | 'answerKey' | 'precision' | 'recall'>,
  reason: string,
): Partial<Pick<ReplayRow, 'answerKey' | 'precision' | 'recall' | 'reply'>> => {
  const nothing = { reason, asks: 0, retries: 0, latencyMs: 0, usage: noUsage };
  if (row.answerKey === null) {
    const { asks, retries, latencyMs, usage } = row.draftKey ?? nothing;
    return { answerKey: { kind: 'unavailable', reason, asks, retries, latencyMs, usage } };
  }
  const verdict = { kind: 'unscored', ...nothing } as const;
  if (row.precision === null) return { precision: verdict };
  if (row.recall === null) return { recall: verdict };
  return { reply: verdict };
};

/** Opens the next change in seeded order, to replace one that no answer key can be made for. It takes that one's turn. */
const promoteReserve = async (
  transaction: Executor,
  { runId, turn }: Pick<ReplayRow, 'runId' | 'turn'>,
  now: Date,
): Promise<Pick<ReplayRow, 'id' | 'turn'> | null> => {
  const [next] = await transaction
    .select({ id: verificationReplays.id })
    .from(verificationReplays)
    .where(and(eq(verificationReplays.runId, runId), eq(verificationReplays.state, 'reserve')))
    .orderBy(asc(verificationReplays.position))
    .limit(1);
  if (!next) return null;
  await transaction
    .update(verificationReplays)
    .set({ state: 'open', turn, updatedAt: now })
    .where(eq(verificationReplays.id, next.id));
  return { ...next, turn };
};

/** What to do once a useless judge was replaced or fixed. */
const resumeWhenFixed =
  'Once the model behind this name is fixed, resume the run: what was done so far is kept.';

/**
 * Ends a replay whose checkpoint is complete: counts or replaces it, and hands the run to certification if it was the
 * last, all in one transaction. If replays are left, but the judge has turned out useless, the run fails. Nothing changes
 * if the replay or its run has already ended.
 * @param givenUp why an incomplete replay ends anyway, as unscored; without it an incomplete replay is an error.
 */
export const endReplay = (
  { db, sender, now }: Pick<ServiceContext, 'db' | 'sender' | 'now'>,
  { runId, replayId }: { runId: string; replayId: string },
  givenUp?: string,
): Promise<void> =>
  db.transaction(async (transaction) => {
    // The replays of a run end one at a time: otherwise the last two could each see the other open.
    const [run] = await transaction
      .select({
        judge: judgeOfRun,
        stranger: verificationRuns.stranger,
        config: verificationRuns.config,
        judged: { vainInRow: verificationRuns.judgeVainInRow, hasServed: verificationRuns.judgeHasServed },
        again: {
          vainInRow: verificationRuns.agreementVainInRow,
          hasServed: verificationRuns.agreementHasServed,
        },
      })
      .from(verificationRuns)
      .where(and(eq(verificationRuns.id, runId), inArray(verificationRuns.status, [...replayingStatuses])))
      .for('update');
    const [row] = await transaction
      .select({
        runId: verificationReplays.runId,
        turn: verificationReplays.turn,
        state: verificationReplays.state,
        ...wordlessSteps,
      })
      .from(verificationReplays)
      .where(and(eq(verificationReplays.id, replayId), eq(verificationReplays.runId, runId)))
      .for('update');
    if (!run || row?.state !== 'open') return;
    const at = now();
    const asked = { id: runId, judge: run.judge, stranger: run.stranger };

    const decided = endOfReplay(checkpointOf(row));
    const steps = decided === null && givenUp !== undefined ? giveUp(row, givenUp) : {};
    const checkpoint = checkpointOf({ ...row, ...steps });
    const end = decided ?? endOfReplay(checkpoint);
    if (end === null) throw new Error('A replay with an incomplete checkpoint cannot end.');
    await transaction
      .update(verificationReplays)
      .set({ ...steps, state: 'ended', outcome: end.outcome, reason: end.reason, endedAt: at, updatedAt: at })
      .where(eq(verificationReplays.id, replayId));

    const promoted = end.outcome === 'replaced' ? await promoteReserve(transaction, row, at) : null;
    if (promoted !== null) await sender.enqueue(transaction, [scoreJob(asked, promoted)]);
    const ended = end.outcome === 'replaced' ? 0 : 1;
    const gone = end.outcome === 'replaced' && promoted === null ? 1 : 0;
    const tally = tallied(run.judged, checkpoint);
    const again = talliedAgain(run.again, checkpoint);
    await transaction
      .update(verificationRuns)
      .set({
        progress: sql`${verificationRuns.progress} + ${ended}`,
        total: sql`${verificationRuns.total} - ${gone}`,
        judgeVainInRow: tally.vainInRow,
        judgeHasServed: tally.hasServed,
        agreementVainInRow: again.vainInRow,
        agreementHasServed: again.hasServed,
        updatedAt: at,
      })
      .where(eq(verificationRuns.id, runId));

    const [open] = await transaction
      .select({ replays: count() })
      .from(verificationReplays)
      .where(and(eq(verificationReplays.runId, runId), eq(verificationReplays.state, 'open')));
    if (open?.replays !== 0) {
      if (!isUseless(tally, checkpoint)) return;
      const why = uselessJudgeText(run.config.judge, tally, end.reason ?? '');
      await failRun(transaction, runId, `${why} ${resumeWhenFixed}`, at);
      return;
    }
    await advance(transaction, runId, 'CERTIFYING', at);
    await sender.enqueue(transaction, [certifyJob(asked)]);
  });
