import { and, asc, eq, gte, sql } from 'drizzle-orm';
import { AppError } from '#contracts/errors.ts';
import type { Database } from '#db/client.ts';
import { certificateDocuments, certificateEvidence } from '#db/schema/certificate-documents.ts';
import { proveInclusion, treeOf } from '#verification/log/merkle.ts';
import type { ServiceContext } from '../ground/context.ts';
import { isId } from '../ground/page.ts';
import { publicRead } from '../ground/public-read.ts';

type ReadContext = Pick<ServiceContext, 'db'>;

const missing = (what: string) => new AppError('NOT_FOUND', `There is no such ${what}.`);

const documentRow = async ({ db }: ReadContext, id: string) => {
  const [row] = isId(id)
    ? await publicRead(db, (snapshot) =>
        snapshot.select().from(certificateDocuments).where(eq(certificateDocuments.certificateId, id)),
      )
    : [];
  if (row === undefined) throw missing('certificate');
  return row;
};

/** The bytes that were signed, as text. @throws AppError NOT_FOUND */
export const getSignedDocument = async (context: ReadContext, id: string): Promise<string> =>
  (await documentRow(context, id)).document;

/** The compact JWS. @throws AppError NOT_FOUND */
export const getSignature = async (context: ReadContext, id: string): Promise<string> =>
  (await documentRow(context, id)).jws;

const linesPerRead = 25;
/** A line may be a megabyte, and many readers take their time. */
const maxBytesPerRead = 1_000_000;

/** How many of the next lines are read at once: at least one, and no more bytes than `maxBytesPerRead` otherwise. */
const linesWithin = (sizes: number[]): number => {
  let bytes = 0;
  const over = sizes.findIndex((size) => {
    bytes += size;
    return bytes > maxBytesPerRead;
  });
  return over < 0 ? sizes.length : Math.max(1, over);
};

/** Lines never change, so that each read may be of another moment. */
async function* linesOf(
  db: Database,
  certificateId: string,
  column: 'line' | 'opening',
): AsyncGenerator<string> {
  const text = certificateEvidence[column];
  for (let from = 0; ; ) {
    const next = and(
      eq(certificateEvidence.certificateId, certificateId),
      gte(certificateEvidence.place, from),
    );
    const rows = await publicRead(db, async (snapshot) => {
      const sizes = await snapshot
        .select({ bytes: sql<number>`coalesce(octet_length(${text}), 0)` })
        .from(certificateEvidence)
        .where(next)
        .orderBy(asc(certificateEvidence.place))
        .limit(linesPerRead);
      return snapshot
        .select({ text })
        .from(certificateEvidence)
        .where(next)
        .orderBy(asc(certificateEvidence.place))
        .limit(linesWithin(sizes.map(({ bytes }) => bytes)));
    });
    for (const row of rows) if (row.text !== null) yield `${row.text}\n`;
    if (rows.length === 0) return;
    from += rows.length;
  }
}

/** The evidence, line by line, each with its line feed. @throws AppError NOT_FOUND */
export const getEvidence = async (context: ReadContext, id: string): Promise<AsyncGenerator<string>> => {
  const { certificateId } = await documentRow(context, id);
  return linesOf(context.db, certificateId, 'line');
};

/**
 * The texts of the evidence that were sealed until the certificate expired, line by line.
 * @throws AppError NOT_FOUND, also as long as they are sealed.
 */
export const getOpenings = async (context: ReadContext, id: string): Promise<AsyncGenerator<string>> => {
  const { certificateId, openedAt } = await documentRow(context, id);
  if (openedAt === null) throw new AppError('NOT_FOUND', 'The texts of this certificate are sealed.');
  return linesOf(context.db, certificateId, 'opening');
};

/** One line of the evidence with what proves that the certificate pins it. */
export type ProvenLine = { place: number; count: number; line: string; proof: string[] };

/**
 * @param place from 0, as text of an address.
 * @throws AppError NOT_FOUND
 */
export const getProvenLine = async (context: ReadContext, id: string, place: string): Promise<ProvenLine> => {
  const { certificateId } = await documentRow(context, id);
  const leaves = await publicRead(context.db, (snapshot) =>
    snapshot
      .select({ leaf: certificateEvidence.leaf })
      .from(certificateEvidence)
      .where(eq(certificateEvidence.certificateId, certificateId))
      .orderBy(asc(certificateEvidence.place)),
  );
  const at = /^(?:0|[1-9]\d{0,8})$/.test(place) ? Number(place) : leaves.length;
  if (at >= leaves.length) throw missing('replay on this certificate');
  const [row] = await publicRead(context.db, (snapshot) =>
    snapshot
      .select({ line: certificateEvidence.line })
      .from(certificateEvidence)
      .where(and(eq(certificateEvidence.certificateId, certificateId), eq(certificateEvidence.place, at))),
  );
  if (row === undefined) throw missing('replay on this certificate');
  const tree = treeOf(leaves.map(({ leaf }) => leaf));
  return {
    place: at,
    count: leaves.length,
    line: row.line,
    proof: proveInclusion(at, leaves.length, tree).map((hash) => Buffer.from(hash).toString('hex')),
  };
};
