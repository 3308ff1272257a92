import { openCheckpoint, type TrustedKeys } from '../log/checkpoint.ts';
import { LogFault } from '../log/log-fault.ts';
import type { VerifiedSignature } from '../log/note.ts';
import { verifyConsistency } from '../log/proofs.ts';
import { type ReadTile, readTiles } from '../log/tile-reader.ts';
import { tileWidth } from '../log/tiles.ts';
import type { RetiredKey } from './jws.ts';
import { emptyHistory, isByLiveKey, readKeyEntry } from './key-history.ts';
import { readLogEntry } from './log-entry.ts';

/** What a log says of a certificate and of the keys that sign, up to its newest checkpoint. */
export type LaterEntries =
  | {
      ok: true;
      size: number;
      witnesses: VerifiedSignature[];
      revoked: boolean;
      disputed: boolean;
      retired: RetiredKey[];
    }
  /** It is not the log of the proof any more, or does not serve what it signed. */
  | { ok: false; detail: string };

/** A log may sign any size, and need not store what it serves. */
export const mostEntriesPerCheck = 1_000_000;

/**
 * Reads what a log says of a certificate now, and that it still is the log of the certificate's proof.
 * @param proven the checkpoint that the certificate was proven against.
 * @param note the log's newest checkpoint, as it serves it.
 * @returns null if it has more entries than are read here.
 */
export const readLaterEntries = async (
  { id, index, proven }: { id: string; index: number; proven: string },
  { note, readTile }: { note: string; readTile: ReadTile },
  { keys, onRead = () => {} }: { keys: TrustedKeys; onRead?: (read: number, of: number) => void },
): Promise<LaterEntries | null> => {
  const older = openCheckpoint(proven, keys);
  const newer = openCheckpoint(note, keys);
  if (!older.ok) return { ok: false, detail: `The proof’s checkpoint: ${older.failure}.` };
  if (!newer.ok) return { ok: false, detail: `Its newest checkpoint: ${newer.failure}.` };
  const { checkpoint: head } = newer;
  if (head.size < older.checkpoint.size) return { ok: false, detail: 'It has fewer entries than the proof.' };
  const tiles = readTiles(head, readTile);
  try {
    const proof = await tiles.proveConsistency(older.checkpoint.size);
    if (!verifyConsistency(older.checkpoint, head, proof))
      return { ok: false, detail: 'It does not hold the entries that the proof’s checkpoint had.' };
    if (head.size > mostEntriesPerCheck) return null;
    let revoked = false;
    let openDisputes = 0;
    const history = emptyHistory();
    // From the first: a key may have been retired before it signed.
    for await (const { index: at, data } of tiles.entries(0, head.size)) {
      if (at % tileWidth === 0) onRead(at, head.size);
      const entry = readLogEntry(data);
      readKeyEntry(history, entry, at);
      if (at <= index) continue;
      if (entry.kind === 'revocation' && entry.subject === id) revoked = true;
      if (entry.kind === 'dispute' && entry.certificate === id)
        openDisputes += entry.step === 'opened' ? 1 : -1;
    }
    const { certificate, log } = history;
    for (const { signers, checkpoint } of [older, newer])
      if (!isByLiveKey(signers, checkpoint.size, log.retired))
        return {
          ok: false,
          detail: `Its checkpoint of ${checkpoint.size} entries was signed with a key that had been retired.`,
        };
    return {
      ok: true,
      size: head.size,
      witnesses: newer.witnesses,
      revoked,
      disputed: openDisputes > 0,
      retired: certificate.retired,
    };
  } catch (error) {
    if (!(error instanceof LogFault)) throw error;
    return { ok: false, detail: error.message };
  }
};
