import { and, desc, gt, sql } from 'drizzle-orm';
import type { JudgeTrust } from '#contracts/certificate.ts';
import { verificationCertificates } from '#db/schema/certificates.ts';
import { addCanaries, type EarlierCanaries, noCanaries } from '#verification/certificate/judge-trust.ts';
import type { Judge } from '#verification/judges/judge.ts';
import type { ServiceContext } from '../context.ts';

const poolLifeMs = 90 * 24 * 60 * 60 * 1000;
/** A certificate names every run of its pool; the newest ones are enough for narrow intervals. */
const mostCertificates = 50;
/** How many of the newest are looked at for those that rest on other changes. */
const mostRead = 1000;

/**
 * The canaries of earlier runs that tell of the same judge (methodology, "Canaries"): the same model and prompts, other
 * repositories, the last 90 days. Private ones stay out, since nobody could recompute the pool from them, and of those
 * that share a change all but the newest: canaries of one change are right or wrong together, and the rates' intervals
 * take them as independent.
 */
export const earlierCanaries = async (
  { db, now }: Pick<ServiceContext, 'db' | 'now'>,
  { provider, model, promptDigest }: Pick<Judge, 'provider' | 'model' | 'promptDigest'>,
  ownSource: string,
): Promise<EarlierCanaries> => {
  const { rawScores } = verificationCertificates;
  // GitHub's names are the same in any case.
  const groundTruthSource = sql<string>`lower(${verificationCertificates.groundTruthSource})`;
  const rows = await db
    .select({
      id: verificationCertificates.id,
      source: groundTruthSource,
      // The replays are most of a certificate, and of these only the ids are wanted.
      trust: sql<JudgeTrust | null>`${rawScores} -> 'trust'`,
      changes: sql<string[]>`jsonb_path_query_array(${rawScores}, '$.replays[*].groundTruthId')`,
    })
    .from(verificationCertificates)
    .where(
      and(
        sql`${rawScores} -> 'judge' ->> 'provider' = ${provider}`,
        sql`${rawScores} -> 'judge' ->> 'model' = ${model}`,
        sql`${rawScores} -> 'judge' ->> 'promptDigest' = ${promptDigest}`,
        sql`${rawScores} -> 'private' = 'false'`,
        sql`${rawScores} -> 'trust' is not null`,
        sql`${groundTruthSource} <> lower(${ownSource})`,
        gt(verificationCertificates.createdAt, new Date(now().getTime() - poolLifeMs)),
      ),
    )
    .orderBy(desc(verificationCertificates.createdAt), desc(verificationCertificates.id))
    .limit(mostRead);
  const taken = new Set<string>();
  const pool: EarlierCanaries = { canaries: noCanaries, certificates: [] };
  for (const { id, source, trust, changes } of rows) {
    const named = changes.map((change) => `${source} ${change}`);
    if (trust === null || named.some((change) => taken.has(change))) continue;
    for (const change of named) taken.add(change);
    pool.canaries = addCanaries(pool.canaries, trust.canaries);
    pool.certificates.push(id);
    if (pool.certificates.length === mostCertificates) break;
  }
  return pool;
};
