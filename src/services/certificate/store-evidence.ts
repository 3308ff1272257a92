import { randomBytes } from 'node:crypto';
import { and, asc, eq } from 'drizzle-orm';
import { chunksOf } from '#db/chunks.ts';
import type { Database, Executor } from '#db/client.ts';
import { certificateEvidence, evidenceSets } from '#db/schema/certificate-documents.ts';
import { groundTruthRecords } from '#db/schema/ground-truths.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { type CertificateInput, placeReplays } from '#verification/certificate/build.ts';
import { inEvidenceOrder, replayLines } from '#verification/certificate/run-evidence.ts';
import { hashLeaf } from '#verification/log/merkle.ts';
import type { ServiceContext } from '../ground/context.ts';
import { checkpointOf, replaysInChunks } from '../state/checkpoint.ts';

type EvidencedRun = Pick<typeof verificationRuns.$inferSelect, 'id' | 'config' | 'draw'>;

/** `leaves` and `digests` are in the order of the lines. */
export type StoredEvidence = {
  /** The id that the certificate gets. */
  certificateId: string;
  leaves: Uint8Array[];
  /** Of the changes. */
  digests: string[];
  bytes: number;
};

const rowsPerInsert = 25;

/** The run's set of evidence, begun once. Null: the run has ended. */
const setOf = ({ db }: Pick<ServiceContext, 'db'>, runId: string) =>
  db.transaction(async (transaction) => {
    // Locked, so that a run that fails meanwhile deletes it.
    const [run] = await transaction
      .select({ status: verificationRuns.status })
      .from(verificationRuns)
      .where(eq(verificationRuns.id, runId))
      .for('update');
    if (run?.status !== 'CERTIFYING') return null;
    await transaction
      .insert(evidenceSets)
      .values({ runId, salt: randomBytes(32).toString('hex') })
      .onConflictDoNothing();
    const [set] = await transaction.select().from(evidenceSets).where(eq(evidenceSets.runId, runId));
    return set ?? null;
  });

const writeLines = async (db: Database, lines: (typeof certificateEvidence.$inferInsert)[]) => {
  // Another try may have written them: they are the same.
  for (const chunk of chunksOf(lines, rowsPerInsert))
    await db.insert(certificateEvidence).values(chunk).onConflictDoNothing();
};

/**
 * Writes the evidence of a run whose replays have all ended, line by line: the oracles' answers of a whole run are many
 * megabytes. It happens before the certificate is issued, so that no transaction takes as long as that, and each try
 * continues where another one stopped.
 * @returns null if the run has ended.
 */
export const storeEvidence = async (
  context: Pick<ServiceContext, 'db'>,
  run: EvidencedRun,
  replays: CertificateInput['replays'],
): Promise<StoredEvidence | null> => {
  const { db } = context;
  const set = await setOf(context, run.id);
  if (set === null) return null;
  const { certificateId, salt } = set;
  const isPrivate = run.draw?.private ?? true;
  const placed = placeReplays(replays, run.config.modelCutoff);
  const places = new Map(
    inEvidenceOrder(placed, isPrivate).map(({ groundTruthId, change }, place) => [
      groundTruthId,
      { place, change },
    ]),
  );
  const rows = replaysInChunks((after, size) =>
    db
      .select({
        replay: verificationReplays,
        position: verificationReplays.position,
        record: groundTruthRecords.record,
      })
      .from(verificationReplays)
      .innerJoin(groundTruthRecords, eq(groundTruthRecords.digest, verificationReplays.groundTruthDigest))
      .where(and(eq(verificationReplays.runId, run.id), eq(verificationReplays.state, 'ended'), after))
      .orderBy(asc(verificationReplays.position))
      .limit(size),
  );
  const written: StoredEvidence = { certificateId, leaves: [], digests: [], bytes: 0 };
  let pending: (typeof certificateEvidence.$inferInsert)[] = [];
  for await (const { replay, record } of rows) {
    const at = places.get(replay.groundTruthId);
    if (at === undefined || replay.endedAt === null)
      throw new Error(`The replay ${replay.id} has not ended, or is not among those certified.`);
    const { digest, line, opening } = replayLines(
      {
        groundTruth: record,
        checkpoint: checkpointOf(replay),
        change: at.change,
        endedAt: replay.endedAt.toISOString(),
      },
      { place: at.place, isPrivate, salt },
    );
    const leaf = hashLeaf(new TextEncoder().encode(line));
    written.leaves[at.place] = leaf;
    written.digests[at.place] = digest;
    written.bytes += Buffer.byteLength(line) + Buffer.byteLength(opening ?? '');
    pending.push({ certificateId, place: at.place, line, leaf, opening });
    if (pending.length >= rowsPerInsert) {
      await writeLines(db, pending);
      pending = [];
    }
  }
  await writeLines(db, pending);
  if (written.leaves.filter(Boolean).length !== places.size)
    throw new Error('The change of a replay was erased.');
  return written;
};

/**
 * Whether the stored lines are the written ones, within the transaction that issues the certificate. If not, another version
 * of this program began them: they are deleted, and the next try writes them again.
 */
export const holdsEvidence = async (
  transaction: Executor,
  { certificateId, leaves }: StoredEvidence,
): Promise<boolean> => {
  const stored = await transaction
    .select({ leaf: certificateEvidence.leaf })
    .from(certificateEvidence)
    .where(eq(certificateEvidence.certificateId, certificateId))
    .orderBy(asc(certificateEvidence.place));
  if (
    stored.length === leaves.length &&
    stored.every(({ leaf }, place) => Buffer.compare(leaf, leaves[place] ?? new Uint8Array()) === 0)
  )
    return true;
  await transaction.delete(certificateEvidence).where(eq(certificateEvidence.certificateId, certificateId));
  return false;
};
