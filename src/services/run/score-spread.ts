import { and, desc, eq, sql } from 'drizzle-orm';
import type { Weights } from '#contracts/certificate.ts';
import type { RunPower } from '#contracts/estimate.ts';
import type { JudgeProvider } from '#contracts/judge-providers.ts';
import type { RunSource } from '#contracts/run.ts';
import { verificationCertificates, verificationReplayScores } from '#db/schema/certificates.ts';
import { assumedSpread, type ScoreSpread } from '#verification/statistics/power.ts';
import type { ServiceContext } from '../ground/context.ts';
import { publicRead } from '../ground/public-read.ts';

/** The newest certificates say most of what the next one will be like. */
const mostRead = 5;

/**
 * How scores vary between the pull requests of a repository (methodology, "Power"): the standard deviation of the
 * composites within its newest certificates by this judge, and their mean design effect. Without any it is assumed.
 * @throws AppError SERVICE_UNAVAILABLE if the database takes too long.
 */
export const scoreSpreadOf = async (
  { db }: Pick<ServiceContext, 'db'>,
  source: RunSource,
  provider: JudgeProvider,
): Promise<ScoreSpread & Pick<RunPower, 'certificates'>> => {
  if (source.kind !== 'github') return { ...assumedSpread, certificates: 0 };
  const certificate = verificationCertificates;
  const score = verificationReplayScores;
  const rows = await publicRead(db, (snapshot) => {
    const newest = snapshot
      .select({
        id: certificate.id,
        weights: certificate.weights,
        designEffect: certificate.compositeDesignEffect,
      })
      .from(certificate)
      .where(
        and(
          // GitHub's names ignore case.
          sql`lower(${certificate.groundTruthSource}) = lower(${`github:${source.owner}/${source.name}`})`,
          eq(certificate.judge, provider),
        ),
      )
      .orderBy(desc(certificate.createdAt), desc(certificate.id))
      .limit(mostRead)
      .as('newest');
    const weight = (measure: keyof Weights) => sql`(${newest.weights} ->> ${measure}::text)::float8`;
    const composite = sql`(${score.precision} * ${weight('precision')} + ${score.recall} * ${weight('recall')} + ${score.replyAccuracy} * ${weight('replyAccuracy')}) / (${weight('precision')} + ${weight('recall')} + ${weight('replyAccuracy')})`;
    return snapshot
      .select({
        variance: sql<number | null>`var_samp(${composite})`,
        replays: sql<number>`count(*)::int`,
        designEffect: newest.designEffect,
      })
      .from(newest)
      .innerJoin(score, eq(score.certificateId, newest.id))
      .groupBy(newest.id, newest.designEffect);
  });
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
