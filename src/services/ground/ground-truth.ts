import { createHash } from 'node:crypto';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { chunksOf } from '#db/chunks.ts';
import type { Executor } from '#db/client.ts';
import { groundTruthRecords, groundTruthSnapshots } from '#db/schema/ground-truths.ts';
import { canonicalDigest } from '#verification/certificate/canonical.ts';

/** Diffs are large, so one statement inserts only this many rows. */
const rowsPerInsert = 20;

export const publicScope = 'public';

/** Whose credential read a private repository; null: the installation's own. Reveals nothing of the token. */
export const privateScope = (token: string | null): string =>
  token === null
    ? 'private:installation'
    : `private:${createHash('sha256').update(`ground truth\0${token}`).digest('hex').slice(0, 32)}`;

/** The digest of one record, over its canonical form; a private record's scope goes in too. */
const recordDigest = (scope: string, record: GroundTruth): string =>
  canonicalDigest(scope === publicScope ? record : { scope, record });

/**
 * Stores the records of one draw and their snapshot, each once: what another run has stored is reused.
 * @returns the snapshot's digest, and each record's digest by the change's id.
 */
export const storeGroundTruths = async (
  transaction: Executor,
  { scope, source, records, now }: { scope: string; source: string; records: GroundTruth[]; now: Date },
): Promise<{ snapshotDigest: string; digests: ReadonlyMap<string, string> }> => {
  const digests = new Map(records.map((record) => [record.id, recordDigest(scope, record)]));
  // In one order everywhere, so that two runs that store the same records cannot deadlock.
  const rows = records
    .map((record) => ({ digest: recordDigest(scope, record), scope, record, createdAt: now }))
    .toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
  for (const chunk of chunksOf(rows, rowsPerInsert))
    await transaction
      .insert(groundTruthRecords)
      .values(chunk)
      .onConflictDoUpdate({ target: groundTruthRecords.digest, set: { createdAt: now } });
  const recordDigests = rows.map(({ digest }) => digest);
  const snapshotDigest = canonicalDigest({ scope, source, records: recordDigests });
  await transaction
    .insert(groundTruthSnapshots)
    .values({
      digest: snapshotDigest,
      scope,
      source,
      recordCount: rows.length,
      recordDigests,
      createdAt: now,
    })
    .onConflictDoUpdate({ target: groundTruthSnapshots.digest, set: { createdAt: now } });
  return { snapshotDigest, digests };
};
