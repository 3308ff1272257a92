import { createHash } from 'node:crypto';
import { and, asc, eq, gte, isNull, lte, sql } from 'drizzle-orm';
import type { Executor } from '#db/client.ts';
import { certificateDocuments, certificateEvidence } from '#db/schema/certificate-documents.ts';
import type { WorkerContext } from '../ground/context.ts';
import { eachByItself } from '../ground/each-by-itself.ts';
import { appendEntries } from '../log/append.ts';
import { publishCheckpoint } from '../log/publish.ts';
import { isLogStopped } from '../log/stopped.ts';

const certificatesPerTurn = 20;
const linesPerRead = 25;

/** SHA-256 of the file of openings, as it is served. */
const openingsDigest = async (executor: Executor, certificateId: string): Promise<string> => {
  const hash = createHash('sha256');
  for (let from = 0; ; from += linesPerRead) {
    const rows = await executor
      .select({ opening: certificateEvidence.opening })
      .from(certificateEvidence)
      .where(and(eq(certificateEvidence.certificateId, certificateId), gte(certificateEvidence.place, from)))
      .orderBy(asc(certificateEvidence.place))
      .limit(linesPerRead);
    for (const { opening } of rows) hash.update(`${opening}\n`);
    if (rows.length < linesPerRead) return hash.digest('hex');
  }
};

/**
 * Opens the sealed texts of certificates that have expired, each with an entry in the log. A private repository's are
 * never opened.
 */
export const openExpired = async (context: WorkerContext): Promise<void> => {
  const { db, now } = context;
  const due = and(isNull(certificateDocuments.openedAt), lte(certificateDocuments.opensAt, now()));
  const expired = await db
    .select({ id: certificateDocuments.certificateId })
    .from(certificateDocuments)
    .where(due)
    // What fails stays among them, and must keep no others from their turn.
    .orderBy(sql`random()`)
    .limit(certificatesPerTurn);
  const open = async ({ id }: { id: string }) => {
    // Lines never change, and those of a large run take longer to read than a transaction may.
    const file = await openingsDigest(db, id);
    await db.transaction(async (transaction) => {
      const opened = await transaction
        .update(certificateDocuments)
        .set({ openedAt: now() })
        .where(and(eq(certificateDocuments.certificateId, id), isNull(certificateDocuments.openedAt)))
        .returning({ id: certificateDocuments.certificateId });
      if (opened.length === 0) return;
      await appendEntries(transaction, context, [{ kind: 'opening', subject: id, file }]);
    });
  };
  await eachByItself(context, expired, {
    about: ({ id }) => ({ certificateId: id }),
    work: open,
    isOfAll: isLogStopped,
  });
  if (expired.length > 0) await publishCheckpoint(context);
};
