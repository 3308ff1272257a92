import { and, asc, eq } from 'drizzle-orm';
import { bundleType, type CertificateBundle } from '#contracts/certificate-bundle.ts';
import { AppError } from '#contracts/errors.ts';
import { certificateDocuments } from '#db/schema/certificate-documents.ts';
import { logEntries } from '#db/schema/log.ts';
import { readDocument } from '#verification/certificate/document.ts';
import { writeTlogProof } from '#verification/log/tlog-proof.ts';
import type { ServiceContext } from '../ground/context.ts';
import { isId } from '../ground/page.ts';
import { publicRead } from '../ground/public-read.ts';
import { readKeySet, readVerifierKeys } from '../log/keys.ts';
import { servedTree } from '../log/read.ts';

type ReadContext = Pick<ServiceContext, 'db'>;

const missing = () =>
  new AppError('NOT_FOUND', 'There is no such certificate, or no signed checkpoint holds it yet.');

/**
 * What a certificate is checked with offline, beside its evidence.
 * @throws AppError NOT_FOUND
 */
export const getBundle = ({ db }: ReadContext, id: string): Promise<CertificateBundle> => {
  if (!isId(id)) throw missing();
  return publicRead(db, async (snapshot) => {
    const [row] = await snapshot
      .select()
      .from(certificateDocuments)
      .where(eq(certificateDocuments.certificateId, id));
    const tree = row === undefined ? null : await servedTree(snapshot);
    if (row === undefined || tree === null) throw missing();
    const proven = async (kind: 'registration' | 'certificate', subject: string) => {
      const [entry] = await snapshot
        .select({ index: logEntries.index, data: logEntries.data })
        .from(logEntries)
        .where(and(eq(logEntries.kind, kind), eq(logEntries.subject, subject)))
        .orderBy(asc(logEntries.index));
      if (entry === undefined || entry.index >= tree.size) throw missing();
      const { index, data } = entry;
      const proof = await tree.reader.proveInclusion(index);
      return {
        index,
        entry: new TextDecoder().decode(data),
        proof: proof.map((hash) => Buffer.from(hash).toString('hex')),
      };
    };
    const { registration } = readDocument(new TextEncoder().encode(row.document));
    if (registration === null) throw missing();
    return {
      type: bundleType,
      jws: row.jws,
      jwks: await readKeySet(snapshot),
      log: {
        vkeys: ((await readVerifierKeys(snapshot)) ?? '').split('\n').filter(Boolean),
        checkpoint: tree.note,
        registration: await proven('registration', registration.id),
        certificate: await proven('certificate', id),
      },
    };
  });
};

/**
 * The proof that the log holds a certificate, in the form of C2SP's tlog-proof. Its extra data are the entry, which
 * cannot be computed from the certificate alone because it has a time.
 * @throws AppError NOT_FOUND
 */
export const getTlogProof = async (context: ReadContext, id: string): Promise<string> => {
  const { checkpoint, certificate } = (await getBundle(context, id)).log;
  return writeTlogProof({
    extra: new TextEncoder().encode(certificate.entry),
    index: certificate.index,
    proof: certificate.proof.map((hash) => new Uint8Array(Buffer.from(hash, 'hex'))),
    checkpoint,
  });
};
