import { type LogEntry, type LogEntryKind, logEntrySchema } from '#contracts/log.ts';
import { LogFault } from '../log/log-fault.ts';
import { readCanonicalJson } from './canonical.ts';

/**
 * Reads an entry of a log.
 * @throws LogFault `malformed` for bytes that are no entry in canonical JSON.
 */
export const readLogEntry = (data: Uint8Array): LogEntry => {
  let value: unknown;
  try {
    value = readCanonicalJson(data);
  } catch (error) {
    throw new LogFault('malformed', `An entry of the log: ${error instanceof Error ? error.message : ''}`);
  }
  const parsed = logEntrySchema.safeParse(value);
  if (!parsed.success) throw new LogFault('malformed', 'An entry of the log has an unknown form.');
  return parsed.data;
};

/**
 * Reads an entry that must be of one kind.
 * @throws LogFault `malformed` for another kind too.
 */
export const readEntryOf = <Kind extends LogEntryKind>(
  data: Uint8Array,
  kind: Kind,
): Extract<LogEntry, { kind: Kind }> => {
  const entry = readLogEntry(data);
  if (entry.kind !== kind) throw new LogFault('malformed', `An entry of the log is no ${kind}.`);
  return entry as Extract<LogEntry, { kind: Kind }>;
};
