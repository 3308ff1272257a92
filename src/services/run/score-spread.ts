import { and, desc, eq, sql } from 'drizzle-orm';
import type { RunPower } from '#contracts/estimate.ts';
import type { JudgeProvider } from '#contracts/judge-providers.ts';
import type { RunSource } from '#contracts/run.ts';
import { verificationCertificates, verificationReplayScores } from '#db/schema/certificates.ts';
import { assumedSpread, type ScoreSpread } from '#verification/statistics/power.ts';
import type { ServiceContext } from '../ground/context.ts';

/** The newest certificates say most of what the next one will be like. */
const mostRead = 5;

/**
 * How scores vary between the pull requests of a repository (methodology, "Power"): the standard deviation of the
 * composites within its newest certificates by this judge, and their mean design effect. Without any it is assumed.
 */
export const scoreSpreadOf = async (
  { db }: Pick<ServiceContext, 'db'>,
  source: RunSource,
  provider: JudgeProvider,
): Promise<ScoreSpread & Pick<RunPower, 'certificates'>> => {
  if (source.kind !== 'github') return { ...assumedSpread, certificates: 0 };
  const { id, groundTruthSource, rawScores, createdAt } = verificationCertificates;
  const score = verificationReplayScores;
  const weight = (measure: 'precision' | 'recall' | 'replyAccuracy') =>
    sql`(${rawScores} #>> ${`{weights,${measure}}`})::float8`;
  const composite = sql`(${score.precision} * ${weight('precision')} + ${score.recall} * ${weight('recall')} + ${score.replyAccuracy} * ${weight('replyAccuracy')}) / (${weight('precision')} + ${weight('recall')} + ${weight('replyAccuracy')})`;
  const rows = await db
    .select({
      variance: sql<number | null>`var_samp(${composite})`,
      replays: sql<number>`count(*)::int`,
      designEffect: sql<number>`(${rawScores} #>> '{designEffects,compositeScore}')::float8`,
    })
    .from(verificationCertificates)
    .innerJoin(score, eq(score.certificateId, id))
    .where(
      and(
        // GitHub's names ignore case.
        sql`lower(${groundTruthSource}) = lower(${`github:${source.owner}/${source.name}`})`,
        eq(verificationCertificates.judge, provider),
      ),
    )
    .groupBy(id)
    .orderBy(desc(createdAt), desc(id))
    .limit(mostRead);
  const told = rows.flatMap(({ variance, ...row }) => (variance === null ? [] : [{ ...row, variance }]));
  const degrees = told.reduce((sum, { replays }) => sum + replays - 1, 0);
  const pooled = told.reduce((sum, { variance, replays }) => sum + variance * (replays - 1), 0) / degrees;
  if (degrees === 0 || pooled === 0) return { ...assumedSpread, certificates: 0 };
  return {
    sd: Math.sqrt(pooled),
    designEffect: told.reduce((sum, { designEffect }) => sum + designEffect, 0) / told.length,
    certificates: told.length,
  };
};
