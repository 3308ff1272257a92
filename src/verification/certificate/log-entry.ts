import { type LogEntry, logEntrySchema } from '#contracts/log.ts';
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
