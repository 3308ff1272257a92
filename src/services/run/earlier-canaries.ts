import { and, desc, gt, sql } from 'drizzle-orm';
import { verificationCertificates } from '#db/schema/certificates.ts';
import { addCanaries, type EarlierCanaries, noCanaries } from '#verification/certificate/judge-trust.ts';
import type { Judge } from '#verification/judges/judge.ts';
import type { ServiceContext } from '../context.ts';

const poolLifeMs = 90 * 24 * 60 * 60 * 1000;
/** A certificate names every run of its pool; the newest ones are enough for narrow intervals. */
const mostCertificates = 50;

/**
 * The canaries of earlier runs that tell of the same judge (methodology, "Canaries"): the same model and prompts, other
 * repositories, the last 90 days. Private ones stay out, since nobody could recompute the pool from them.
 */
export const earlierCanaries = async (
  { db, now }: Pick<ServiceContext, 'db' | 'now'>,
  { provider, model, promptDigest }: Pick<Judge, 'provider' | 'model' | 'promptDigest'>,
  groundTruthSource: string,
): Promise<EarlierCanaries> => {
  const { rawScores } = verificationCertificates;
  const rows = await db
    .select({ id: verificationCertificates.id, rawScores })
    .from(verificationCertificates)
    .where(
      and(
        sql`${rawScores} -> 'judge' ->> 'provider' = ${provider}`,
        sql`${rawScores} -> 'judge' ->> 'model' = ${model}`,
        sql`${rawScores} -> 'judge' ->> 'promptDigest' = ${promptDigest}`,
        sql`${rawScores} -> 'private' = 'false'`,
        sql`${rawScores} -> 'trust' is not null`,
        // GitHub's names are the same in any case.
        sql`lower(${verificationCertificates.groundTruthSource}) <> lower(${groundTruthSource})`,
        gt(verificationCertificates.createdAt, new Date(now().getTime() - poolLifeMs)),
      ),
    )
    .orderBy(desc(verificationCertificates.createdAt), desc(verificationCertificates.id))
    .limit(mostCertificates);
  return rows.reduce<EarlierCanaries>(
    (pool, row) =>
      row.rawScores.trust === null
        ? pool
        : {
            canaries: addCanaries(pool.canaries, row.rawScores.trust.canaries),
            certificates: [...pool.certificates, row.id],
          },
    { canaries: noCanaries, certificates: [] },
  );
};
