import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { and, eq, isNull } from 'drizzle-orm';
import type { CertificateStanding, DisputeRequest } from '#contracts/certificate-standing.ts';
import { AppError } from '#contracts/errors.ts';
import type { Executor } from '#db/client.ts';
import { certificateDisputes } from '#db/schema/certificate-standing.ts';
import { canonicalJson } from '#verification/certificate/canonical.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { isId } from '../ground/page.ts';
import { publicRead } from '../ground/public-read.ts';
import { appendUnsigned } from '../log/append-unsigned.ts';
import { requireMay } from './permission.ts';
import { getCertificateStanding } from './standing.ts';

type StoredDispute = typeof certificateDisputes.$inferSelect;

/** The words with the salt that hides them: the log's entry holds SHA-256 of these bytes. */
const openingOf = ({
  id,
  certificateId,
  salt,
  text,
}: Pick<StoredDispute, 'id' | 'certificateId' | 'salt' | 'text'>) =>
  canonicalJson({ format: 'echelon-dispute/v1', dispute: id, certificate: certificateId, salt, text });

const findDispute = async (executor: Executor, id: string): Promise<StoredDispute> => {
  const [dispute] = isId(id)
    ? await executor.select().from(certificateDisputes).where(eq(certificateDisputes.id, id))
    : [];
  if (dispute === undefined) throw new AppError('NOT_FOUND', 'There is no such dispute.');
  return dispute;
};

/**
 * Disputes a certificate, with an entry in the log that commits to the words. A certificate has one open dispute: the same
 * words again change nothing.
 * @throws AppError NOT_FOUND, FORBIDDEN; CONFLICT for other words; PRECONDITION_FAILED where the log has stopped.
 */
export const openDispute = async (
  context: ServiceContext,
  actor: Actor,
  { id: certificateId, text }: DisputeRequest,
): Promise<CertificateStanding> => {
  const { db, now, log } = context;
  await requireMay(context, actor, 'dispute', certificateId);
  const disputeId = await db.transaction(async (transaction) => {
    const dispute = { id: randomUUID(), certificateId, text, salt: randomBytes(32).toString('hex') };
    const opened = await transaction
      .insert(certificateDisputes)
      .values({ ...dispute, openedAt: now() })
      .onConflictDoNothing()
      .returning({ id: certificateDisputes.id });
    if (opened.length === 0) {
      const isOpen = and(
        eq(certificateDisputes.certificateId, certificateId),
        isNull(certificateDisputes.closedAt),
      );
      const [open] = await transaction.select().from(certificateDisputes).where(isOpen);
      if (open?.text === text) return null;
      throw new AppError('CONFLICT', 'Another dispute of this certificate is open. Close it first.');
    }
    await appendUnsigned(transaction, context, [
      {
        kind: 'dispute',
        subject: dispute.id,
        certificate: certificateId,
        step: 'opened',
        commitment: createHash('sha256').update(openingOf(dispute)).digest('hex'),
      },
    ]);
    return dispute.id;
  });
  if (disputeId !== null)
    log.info({ certificateId, disputeId, userId: actor.userId }, 'A certificate was disputed');
  return getCertificateStanding(context, certificateId);
};

/**
 * Closes a dispute, with an entry in the log. One that is closed already stays as it is.
 * @throws AppError NOT_FOUND, FORBIDDEN; PRECONDITION_FAILED where the log has stopped.
 */
export const closeDispute = async (
  context: ServiceContext,
  actor: Actor,
  id: string,
): Promise<CertificateStanding> => {
  const { db, now, log } = context;
  const { certificateId } = await findDispute(db, id);
  await requireMay(context, actor, 'dispute', certificateId);
  const isNew = await db.transaction(async (transaction) => {
    const closed = await transaction
      .update(certificateDisputes)
      .set({ closedAt: now() })
      .where(and(eq(certificateDisputes.id, id), isNull(certificateDisputes.closedAt)))
      .returning({ id: certificateDisputes.id });
    if (closed.length === 0) return false;
    await appendUnsigned(transaction, context, [
      {
        kind: 'dispute',
        subject: randomUUID(),
        certificate: certificateId,
        step: 'closed',
        commitment: null,
      },
    ]);
    return true;
  });
  if (isNew) log.info({ certificateId, disputeId: id, userId: actor.userId }, 'A dispute was closed');
  return getCertificateStanding(context, certificateId);
};

/**
 * Removes the words of a dispute, and the salt with which they could be guessed. The entry stays.
 * @throws AppError NOT_FOUND, FORBIDDEN
 */
export const removeDisputeText = async (
  context: ServiceContext,
  actor: Actor,
  id: string,
): Promise<CertificateStanding> => {
  const { db, now, log } = context;
  const { certificateId, textRemovedAt } = await findDispute(db, id);
  await requireMay(context, actor, 'dispute', certificateId);
  if (textRemovedAt === null) {
    await db
      .update(certificateDisputes)
      .set({ text: null, salt: null, textRemovedAt: now() })
      .where(and(eq(certificateDisputes.id, id), isNull(certificateDisputes.textRemovedAt)));
    log.info({ certificateId, disputeId: id, userId: actor.userId }, 'The words of a dispute were removed');
  }
  return getCertificateStanding(context, certificateId);
};

/**
 * The bytes that the entry of a dispute commits to, for anyone. Null: its words were removed.
 * @throws AppError NOT_FOUND
 */
export const getDisputeOpening = ({ db }: Pick<ServiceContext, 'db'>, id: string): Promise<string | null> =>
  publicRead(db, async (snapshot) => {
    const dispute = await findDispute(snapshot, id);
    return dispute.text === null ? null : openingOf(dispute);
  });
