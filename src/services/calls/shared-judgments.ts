import { and, eq, gt, isNull, lte, sql } from 'drizzle-orm';
import type { AnswerKey } from '#contracts/replay.ts';
import type { Executor } from '#db/client.ts';
import { answerKeys } from '#db/schema/answer-keys.ts';
import type { Judge } from '#verification/judges/judge.ts';
import { keyLifeMs, type SharedJudgments } from '#verification/replay/shared-judgments.ts';
import type { ServiceContext } from '../ground/context.ts';

/**
 * The answer key of one change, and the verdicts on the baseline by it, in Postgres: made once for all runs with the
 * same judge and prompts. If two runs make one at the same time, the first one stored is kept, so that both are
 * judged by the same.
 */
export const sharedJudgments = (
  { db, now }: Pick<ServiceContext, 'db' | 'now'>,
  { groundTruthDigest, replayId }: { groundTruthDigest: string; replayId: string },
  {
    provider,
    model,
    endpointDigest = '',
    promptDigest,
  }: Pick<Judge, 'provider' | 'model' | 'endpointDigest' | 'promptDigest'>,
): SharedJudgments => {
  const retiredAt = () => new Date(now().getTime() - keyLifeMs);
  const same = and(
    eq(answerKeys.groundTruthDigest, groundTruthDigest),
    eq(answerKeys.judgeProvider, provider),
    eq(answerKeys.judgeModel, model),
    eq(answerKeys.judgeEndpointDigest, endpointDigest),
    eq(answerKeys.promptDigest, promptDigest),
  );
  const standing = async (executor: Executor) => {
    const [row] = await executor
      .select()
      .from(answerKeys)
      .where(and(same, gt(answerKeys.createdAt, retiredAt())));
    return row;
  };
  // A replay that began before the key was retired still has the old one.
  const by = (key: AnswerKey) =>
    and(same, sql`${answerKeys.outcome} -> 'key' = ${JSON.stringify(key)}::jsonb`);

  return {
    answerKey: async () => {
      const row = await standing(db);
      return row === undefined ? null : { value: row.outcome, own: row.keyOfReplay === replayId };
    },

    // Transactions, because they are retried if the database was away: the answer is paid for.
    keepAnswerKey: (outcome) =>
      db.transaction(async (transaction) => {
        const made = { outcome, keyOfReplay: replayId, createdAt: now() };
        await transaction
          .insert(answerKeys)
          .values({
            groundTruthDigest,
            judgeProvider: provider,
            judgeModel: model,
            judgeEndpointDigest: endpointDigest,
            promptDigest,
            ...made,
          })
          .onConflictDoUpdate({
            target: [
              answerKeys.groundTruthDigest,
              answerKeys.judgeProvider,
              answerKeys.judgeModel,
              answerKeys.judgeEndpointDigest,
              answerKeys.promptDigest,
            ],
            set: { ...made, baseline: null, baselineOfReplay: null },
            setWhere: lte(answerKeys.createdAt, retiredAt()),
          });
        return (await standing(transaction))?.outcome ?? outcome;
      }),

    baseline: async (key) => {
      const [row] = await db
        .select({ value: answerKeys.baseline, madeBy: answerKeys.baselineOfReplay })
        .from(answerKeys)
        .where(by(key));
      return row?.value ? { value: row.value, own: row.madeBy === replayId } : null;
    },

    keepBaseline: async (baseline, key) => {
      await db.transaction((transaction) =>
        transaction
          .update(answerKeys)
          .set({ baseline: baseline, baselineOfReplay: replayId })
          .where(and(by(key), isNull(answerKeys.baseline))),
      );
    },
  };
};
