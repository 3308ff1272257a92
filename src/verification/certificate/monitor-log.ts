import type { LogEntry } from '#contracts/log.ts';
import { openCheckpoint, type TrustedKeys } from '../log/checkpoint.ts';
import { LogFault } from '../log/log-fault.ts';
import { sameBytes, type TreeHead } from '../log/merkle.ts';
import { isTimely } from '../log/note.ts';
import { verifyConsistency } from '../log/proofs.ts';
import { type ReadTile, readTiles } from '../log/tile-reader.ts';
import { tileWidth } from '../log/tiles.ts';
import { type VerifierKey, verifierKey, writeVerifierKey } from '../log/verifier-key.ts';
import type { RetiredKey } from './jws.ts';
import { emptyHistory, readKeyEntry, retiredAt } from './key-history.ts';
import { readLogEntry } from './log-entry.ts';

/** What a monitor has seen of a log. */
export type SeenLog = TreeHead & {
  /** How many of its entries were read; the others are read at the next look. */
  read: number;
  /** When each registration was made, and whether its outcome is in the log. */
  registrations: Map<string, { time: string; closed: boolean }>;
  /** Kind and subject of every other entry. */
  others: Set<string>;
  /** The log's own keys that its entries retired or gave up. */
  retired: RetiredKey[];
};

/**
 * - `unsigned`: the checkpoint is not by a key of this log, or by one that was retired before.
 * - `shortened`, `forked`: it has fewer entries than were seen, or others in their place.
 * - `altered`: it does not serve the entries that it signed, or they have no form.
 * - `unregistered`: a certificate, or an outcome, without a registration before it.
 * - `repeated`: a second entry of one kind about one subject.
 * - `never_closed`: a registration without an outcome after 30 days.
 */
export const monitorFaultCodes = [
  'unsigned',
  'shortened',
  'forked',
  'altered',
  'unregistered',
  'repeated',
  'never_closed',
] as const;
export type MonitorFault = { code: (typeof monitorFaultCodes)[number]; detail: string };

export type MonitorReport = {
  faults: MonitorFault[];
  /** How many further ones are only counted. */
  unnamedFaults: number;
  /** Null where nothing of the log could be believed. */
  seen: SeenLog | null;
  /** When the newest of the witnesses' cosignatures was made; null without any. */
  cosignedAt: Date | null;
  /** The keys that sign the log after the new entries, which add, retire and give up keys. */
  logKeys: VerifierKey[];
};

const dayMs = 86_400_000;
/** Faults that one look names. A log that breaks the rules everywhere does so without end. */
const mostFaults = 100;
/** Entries that one look reads. A log may sign any size, and need not store what it serves. */
export const mostEntriesPerLook = 100_000;
/** A run can be resumed for seven days, and may then take a while. */
const longestOpenMs = 30 * dayMs;

const report = (code: MonitorFault['code'], detail: string): MonitorReport => ({
  faults: [{ code, detail }],
  unnamedFaults: 0,
  seen: null,
  cosignedAt: null,
  logKeys: [],
});

/**
 * Looks at a log again: that it extends what was seen, and that its new entries keep the rules.
 * @param before what was seen last; null at the first look.
 */
export const monitorLog = async (
  before: SeenLog | null,
  { note, readTile }: { note: string; readTile: ReadTile },
  {
    keys,
    now,
    onRead = () => {},
  }: { keys: TrustedKeys; now: Date; onRead?: (read: number, of: number) => void },
): Promise<MonitorReport> => {
  const opened = openCheckpoint(note, keys);
  if (!opened.ok) return report('unsigned', opened.failure);
  const { size, root } = opened.checkpoint;
  const seenSize = before?.size ?? 0;
  if (size < seenSize) return report('shortened', `It has ${size} entries. ${seenSize} were seen.`);
  if (before !== null && size === seenSize && !sameBytes(root, before.root))
    return report('forked', `It has two trees of ${size} entries.`);
  const readBefore = before?.read ?? 0;
  const read = Math.min(size, readBefore + mostEntriesPerLook);
  const tiles = readTiles({ size, root }, readTile);
  const faults: MonitorFault[] = [];
  let unnamedFaults = 0;
  const add = (fault: MonitorFault) => {
    if (faults.length < mostFaults) faults.push(fault);
    else unnamedFaults += 1;
  };
  const history = emptyHistory();
  history.log.retired.push(...(before?.retired ?? []));
  const registrations = new Map(before?.registrations ?? []);
  const others = new Set(before?.others ?? []);
  const isRepeated = ({ kind, subject }: LogEntry) => {
    if (kind === 'registration') return registrations.has(subject);
    if (kind === 'outcome') return registrations.get(subject)?.closed === true;
    const name = `${kind} ${subject}`;
    const isSeen = others.has(name);
    others.add(name);
    return isSeen;
  };
  const registeredBefore = (id: string, what: string, index: number) => {
    const registration = registrations.get(id);
    if (registration === undefined)
      add({
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
    for await (const { index, data } of tiles.entries(readBefore, read)) {
      if (index % tileWidth === 0) onRead(index, size);
      const entry = readLogEntry(data);
      if (isRepeated(entry)) {
        const { kind, subject } = entry;
        add({ code: 'repeated', detail: `Entry ${index} is a second ${kind} of ${subject}.` });
        continue;
      }
      if (entry.kind === 'registration')
        registrations.set(entry.subject, { time: entry.time, closed: false });
      readKeyEntry(history, entry, index);
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
  const { added, retired } = history.log;
  const known = [...keys.logKeys, ...added.map((key) => verifierKey(keys.origin, 'note', key))];
  const logKeys = [...new Map(known.map((key) => [writeVerifierKey(key), key])).values()].filter(
    ({ publicKey }) => retiredAt(publicKey, retired) === null,
  );
  if (!openCheckpoint(note, { ...keys, logKeys }).ok)
    return report('unsigned', 'It was signed with a key that had been retired by its own entries.');
  // An outcome may be among the entries that were not read yet.
  for (const [id, { time, closed }] of registrations)
    if (read === size && !closed && now.getTime() - Date.parse(time) > longestOpenMs)
      add({ code: 'never_closed', detail: `The registration ${id} of ${time} has no outcome.` });
  const times = opened.witnesses.flatMap(({ timestamp }) => (isTimely(timestamp, now) ? [timestamp] : []));
  return {
    faults,
    unnamedFaults,
    seen: { size, root, read, registrations, others, retired },
    cosignedAt: times.length === 0 ? null : new Date(Math.max(...times) * 1000),
    logKeys,
  };
};
