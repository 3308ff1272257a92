import { and, asc, desc, eq, gt, inArray, sql } from 'drizzle-orm';
import { chunksOf } from '#db/chunks.ts';
import { verificationCertificates } from '#db/schema/certificates.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { type PublishedCanaries, poolCanaries } from '#verification/certificate/canary-pool.ts';
import type { EarlierCanaries } from '#verification/certificate/judge-trust.ts';
import type { Judge } from '#verification/judges/judge.ts';
import type { ServiceContext } from '../ground/context.ts';

const poolLifeMs = 90 * 24 * 60 * 60 * 1000;
/** At most this many are read: those with the most canaries, then the oldest, so that tiny ones push no other out. */
const mostRead = 1000;
/** Each may have megabytes. */
const certificatesPerRead = 20;

/**
 * The canaries of earlier runs by the same judge (methodology, "Canaries"): same model, endpoint and prompts, other
 * repositories, the last 90 days, each change once as the earliest certificate has it. The run's own repository is left
 * out, so that its changes count from this run alone. Private repositories are left out, because nobody could recompute
 * the pool from them, and so is ground truth that was supplied, as the sample's is.
 */
export const earlierCanaries = async (
  { db, now }: Pick<ServiceContext, 'db' | 'now'>,
  {
    provider,
    model,
    endpoint,
    promptDigest,
  }: Pick<Judge, 'provider' | 'model' | 'endpoint' | 'promptDigest'>,
  ownSource: string,
): Promise<EarlierCanaries> => {
  const { id, createdAt, groundTruthSource, judge, judgeModel, judgeEndpoint, canariesShown, rawScores } =
    verificationCertificates;
  // Their ids from the index alone. The scores are large, and only those of the chosen ones are read.
  const chosen = await db
    .select({ id })
    .from(verificationCertificates)
    .where(
      and(
        eq(judge, provider),
        eq(judgeModel, model),
        // One name may stand for another model at another endpoint.
        eq(judgeEndpoint, endpoint ?? ''),
        eq(verificationCertificates.promptDigest, promptDigest),
        sql`not ${verificationCertificates.private}`,
        // Whoever supplies ground truth chooses what its canaries are about.
        sql`not ${verificationCertificates.sample}`,
        // GitHub's names ignore case.
        sql`lower(${groundTruthSource}) <> lower(${ownSource})`,
        gt(createdAt, new Date(now().getTime() - poolLifeMs)),
      ),
    )
    .orderBy(desc(canariesShown), asc(createdAt), asc(id))
    .limit(mostRead);
  const certificates: PublishedCanaries[] = [];
  for (const chunk of chunksOf(chosen, certificatesPerRead)) {
    const read = await db
      .select({
        id,
        // A certificate outlives its run.
        account: sql<string>`coalesce(${verificationRuns.userId}, ${id})::text`,
        issuedAt: createdAt,
        source: groundTruthSource,
        // Claims and verdicts are most of a replay, and are not needed here.
        replays: sql<PublishedCanaries['replays']>`(
          select coalesce(jsonb_agg(jsonb_build_object(
            'groundTruthId', replay -> 'groundTruthId', 'canaries', replay -> 'evidence' -> 'canaries')), '[]')
          from jsonb_path_query(${rawScores}, '$.replays[*] ? (exists (@.evidence.canaries[*]))') replay)`,
      })
      .from(verificationCertificates)
      .leftJoin(verificationRuns, eq(verificationRuns.id, verificationCertificates.runId))
      .where(
        inArray(
          id,
          chunk.map((certificate) => certificate.id),
        ),
      );
    certificates.push(...read);
  }
  return poolCanaries(certificates);
};
