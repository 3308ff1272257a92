import { eq } from 'drizzle-orm';
import type { CertificateOptions } from '#contracts/certificate-standing.ts';
import { AppError } from '#contracts/errors.ts';
import { certificateDocuments } from '#db/schema/certificate-documents.ts';
import { readDocument } from '#verification/certificate/document.ts';
import { type Actor, hasScope, type ServiceContext } from '../ground/context.ts';
import { isId } from '../ground/page.ts';
import { standingOf } from '../ground/standing.ts';

type ReadContext = Pick<ServiceContext, 'db' | 'policy'>;

/**
 * What somebody may do with a certificate. The account that it was issued for may revoke it, and the installation's owner
 * may revoke and dispute it.
 * @throws AppError NOT_FOUND
 */
const optionsFor = async (context: ReadContext, actor: Actor, id: string): Promise<CertificateOptions> => {
  const [row] = isId(id)
    ? await context.db
        .select({ document: certificateDocuments.document })
        .from(certificateDocuments)
        .where(eq(certificateDocuments.certificateId, id))
    : [];
  if (row === undefined) throw new AppError('NOT_FOUND', 'There is no such certificate.');
  // The run may be deleted. What was signed stays.
  const { onBehalfOf } = readDocument(new TextEncoder().encode(row.document));
  const isOwner = (await standingOf(context, actor)) === 'owner';
  return { revoke: isOwner || onBehalfOf?.account === actor.userId, dispute: isOwner };
};

/** What the viewer may do with a certificate: nothing unless they are signed in. @throws AppError NOT_FOUND */
export const certificateOptions = async (
  context: ReadContext,
  actor: Actor | null,
  id: string,
): Promise<CertificateOptions> =>
  actor === null || !hasScope(actor, 'certificates:write')
    ? { revoke: false, dispute: false }
    : optionsFor(context, actor, id);

const refusals: Record<keyof CertificateOptions, string> = {
  revoke:
    'Only the account that it was issued for, and the owner of this installation, may revoke a certificate.',
  dispute: 'Only the owner of this installation may dispute a certificate.',
};

/** @throws AppError NOT_FOUND, FORBIDDEN */
export const requireMay = async (
  context: ReadContext,
  actor: Actor,
  what: keyof CertificateOptions,
  id: string,
): Promise<void> => {
  if (!(await optionsFor(context, actor, id))[what]) throw new AppError('FORBIDDEN', refusals[what]);
};
