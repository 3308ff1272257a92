import { eq } from 'drizzle-orm';
import type { AuditTask } from '#contracts/audit.ts';
import { AppError } from '#contracts/errors.ts';
import { groundTruthRecords } from '#db/schema/ground-truths.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { auditableClaims } from '#verification/audit/claims.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { isPrivate, ownAudit, publishedReplays, requireOpen } from './own-audit.ts';
import { sampledLabelsOf } from './present.ts';

/** The replay of a run that its certificate calls `publishedId`, with its change. */
const replayOf = async (
  { db }: Pick<ServiceContext, 'db'>,
  runId: string,
  { publishedId, isPrivate: isOrdinal }: { publishedId: string; isPrivate: boolean },
) => {
  const replays = await publishedReplays(db, runId, isOrdinal);
  const sought = replays.find(({ id }) => id === publishedId);
  const [found] =
    sought === undefined
      ? []
      : await db
          .select({
            id: verificationReplays.id,
            oracle: verificationReplays.oracle,
            precision: verificationReplays.precision,
            change: groundTruthRecords.record,
          })
          .from(verificationReplays)
          .innerJoin(groundTruthRecords, eq(groundTruthRecords.digest, verificationReplays.groundTruthDigest))
          .where(eq(verificationReplays.id, sought.replayId));
  if (found === undefined)
    throw new AppError(
      'BAD_REQUEST',
      'The replay of this claim or its change was deleted after its retention, so the audit cannot be continued.',
    );
  return found;
};

/**
 * The claim at `position` of the audit of the actor's run, or else the first without a label. Null: each has one.
 * @throws AppError NOT_FOUND; BAD_REQUEST if the audit is finished or closed, or the claim's text was deleted meanwhile.
 */
export const auditTask = async (
  context: ServiceContext,
  actor: Actor,
  { id, position }: { id: string; position?: number | undefined },
): Promise<AuditTask | null> => {
  const audit = await ownAudit(context, actor, id);
  requireOpen(audit);
  const sample = await sampledLabelsOf(context.db, audit.id);
  const place = position === undefined ? sample.findIndex(({ label }) => label === null) : position - 1;
  if (place === -1) return null;
  const claim = sample[place];
  if (claim === undefined) throw new AppError('NOT_FOUND', `This audit has ${audit.size} claims.`);

  const isOrdinal = await isPrivate(context.db, audit.certificateId);
  const replay = await replayOf(context, id, {
    publishedId: claim.groundTruthId,
    isPrivate: isOrdinal,
  });
  const claims = auditableClaims(
    { oracle: replay.oracle ?? undefined, precision: replay.precision ?? undefined },
    isOrdinal,
  );
  const texts = claims.find((each) => each.id === claim.claimId)?.texts;
  if (texts === undefined) throw new Error(`The replay ${replay.id} has no claim ${claim.claimId}.`);
  return {
    position: place + 1,
    size: audit.size,
    labelled: sample.filter(({ label }) => label !== null).length,
    texts,
    title: replay.change.title,
    diff: replay.change.diff,
    label: claim.label,
  };
};
