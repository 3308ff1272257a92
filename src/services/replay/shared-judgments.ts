import { and, eq, gt, lte, sql } from 'drizzle-orm';
import type { AnswerKey } from '#contracts/replay.ts';
import { answerKeys } from '#db/schema/replays.ts';
import type { Judge } from '#verification/judges/judge.ts';
import type { SharedJudgments } from '#verification/replay/run-replay.ts';
import type { ServiceContext } from '../context.ts';

/** A key is retired 90 days after its making (methodology; certificate.md, "Sealed keys"). */
const keyLifeMs = 90 * 24 * 60 * 60 * 1000;

/**
 * The answer key of one change, and the verdicts on the parrot by it, in Postgres: made once for all runs under the
 * same judge model and prompts. Of two runs that make one at once the first to store it is kept, so that both are
 * judged by the same.
 */
export const sharedJudgments = (
  { db, now }: Pick<ServiceContext, 'db' | 'now'>,
  groundTruthDigest: string,
  { model, promptDigest }: Pick<Judge, 'model' | 'promptDigest'>,
): SharedJudgments => {
  const retiredAt = () => new Date(now().getTime() - keyLifeMs);
  const same = and(
    eq(answerKeys.groundTruthDigest, groundTruthDigest),
    eq(answerKeys.judgeModel, model),
    eq(answerKeys.promptDigest, promptDigest),
  );
  const standing = async () => {
    const [row] = await db
      .select()
      .from(answerKeys)
      .where(and(same, gt(answerKeys.createdAt, retiredAt())));
    return row;
  };
  // A replay that was begun before the key was retired has another one than stands by now.
  const by = (key: AnswerKey) =>
    and(same, sql`${answerKeys.outcome} -> 'key' = ${JSON.stringify(key)}::jsonb`);

  return {
    answerKey: async () => (await standing())?.outcome ?? null,

    keepAnswerKey: async (outcome) => {
      const row = { groundTruthDigest, judgeModel: model, promptDigest, outcome, createdAt: now() };
      await db
        .insert(answerKeys)
        .values(row)
        .onConflictDoUpdate({
          target: [answerKeys.groundTruthDigest, answerKeys.judgeModel, answerKeys.promptDigest],
          set: { outcome, parrot: null, createdAt: row.createdAt },
          setWhere: lte(answerKeys.createdAt, retiredAt()),
        });
      return (await standing())?.outcome ?? outcome;
    },

    parrot: async (key) => {
      const [row] = await db.select({ parrot: answerKeys.parrot }).from(answerKeys).where(by(key));
      return row?.parrot ?? null;
    },

    keepParrot: async (parrot, key) => {
      await db.update(answerKeys).set({ parrot }).where(by(key));
    },
  };
};
