import { hexToBytes } from '@noble/hashes/utils.js';
import { openCheckpoint, type TrustedKeys } from '../log/checkpoint.ts';
import { LogFault } from '../log/log-fault.ts';
import { sameBytes, type TreeHead } from '../log/merkle.ts';
import { isTimely } from '../log/note.ts';
import { verifyConsistency } from '../log/proofs.ts';
import { type ReadTile, readTiles } from '../log/tile-reader.ts';
import { readLogEntry } from './log-entry.ts';

/** What a monitor has seen of a log. */
export type SeenLog = TreeHead & {
  /** When each registration was made, and whether its outcome is in the log. */
  registrations: Map<string, { time: string; closed: boolean }>;
};

/**
 * - `unsigned`: the checkpoint is not by a key of this log.
 * - `shortened`, `forked`: it has fewer entries than were seen, or others in their place.
 * - `altered`: it does not serve the entries that it signed, or they have no form.
 * - `unregistered`: a certificate, or an outcome, without a registration before it.
 * - `never_closed`: a registration without an outcome after 30 days.
 */
export const monitorFaultCodes = [
  'unsigned',
  'shortened',
  'forked',
  'altered',
  'unregistered',
  'never_closed',
] as const;
export type MonitorFault = { code: (typeof monitorFaultCodes)[number]; detail: string };

export type MonitorReport = {
  faults: MonitorFault[];
  /** Null where nothing of the log could be believed. */
  seen: SeenLog | null;
  /** When the newest of the witnesses' cosignatures was made; null without any. */
  cosignedAt: Date | null;
  /** Public keys, 32 bytes each, that the new entries add to those that sign the log. */
  keysAdded: Uint8Array[];
};

const dayMs = 86_400_000;
/** A run can be resumed for seven days, and may then take a while. */
const longestOpenMs = 30 * dayMs;

const report = (code: MonitorFault['code'], detail: string): MonitorReport => ({
  faults: [{ code, detail }],
  seen: null,
  cosignedAt: null,
  keysAdded: [],
});

/**
 * Looks at a log again: that it extends what was seen, and that its new entries keep the rules.
 * @param before what was seen last; null at the first look.
 */
export const monitorLog = async (
  before: SeenLog | null,
  { note, readTile }: { note: string; readTile: ReadTile },
  { keys, now }: { keys: TrustedKeys; now: Date },
): Promise<MonitorReport> => {
  const opened = openCheckpoint(note, keys);
  if (!opened.ok) return report('unsigned', opened.failure);
  const { size, root } = opened.checkpoint;
  const seenSize = before?.size ?? 0;
  if (size < seenSize) return report('shortened', `It has ${size} entries. ${seenSize} were seen.`);
  if (before !== null && size === seenSize && !sameBytes(root, before.root))
    return report('forked', `It has two trees of ${size} entries.`);
  const tiles = readTiles({ size, root }, readTile);
  const faults: MonitorFault[] = [];
  const keysAdded: Uint8Array[] = [];
  const registrations = new Map(before?.registrations ?? []);
  const registeredBefore = (id: string, what: string, index: number) => {
    const registration = registrations.get(id);
    if (registration === undefined)
      faults.push({
        code: 'unregistered',
        detail: `Entry ${index} is ${what} without a registration before.`,
      });
    return registration;
  };
  try {
    if (before !== null && seenSize > 0 && size > seenSize) {
      const proof = await tiles.proveConsistency(seenSize);
      if (!verifyConsistency(before, { size, root }, proof))
        return report('forked', `Its ${size} entries do not begin with the ${seenSize} that were seen.`);
    }
    for await (const { index, data } of tiles.entries(seenSize, size)) {
      const entry = readLogEntry(data);
      if (entry.kind === 'registration')
        registrations.set(entry.subject, { time: entry.time, closed: false });
      if (entry.kind === 'key' && entry.purpose === 'log' && entry.step === 'added')
        keysAdded.push(hexToBytes(entry.public_key));
      if (entry.kind === 'certificate') registeredBefore(entry.registration, 'a certificate', index);
      if (entry.kind === 'outcome') {
        const registration = registeredBefore(entry.subject, 'an outcome', index);
        if (registration) registrations.set(entry.subject, { ...registration, closed: true });
      }
    }
  } catch (error) {
    if (!(error instanceof LogFault)) throw error;
    return report('altered', error.message);
  }
  for (const [id, { time, closed }] of registrations)
    if (!closed && now.getTime() - Date.parse(time) > longestOpenMs)
      faults.push({ code: 'never_closed', detail: `The registration ${id} of ${time} has no outcome.` });
  const times = opened.witnesses.flatMap(({ timestamp }) => (isTimely(timestamp, now) ? [timestamp] : []));
  return {
    faults,
    seen: { size, root, registrations },
    cosignedAt: times.length === 0 ? null : new Date(Math.max(...times) * 1000),
    keysAdded,
  };
};
