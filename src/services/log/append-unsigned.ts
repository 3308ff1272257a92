import type { Executor } from '#db/client.ts';
import type { ServiceContext } from '../ground/context.ts';
import { appendEntries, type NewLogEntry } from './append.ts';
import { refusingIfStopped } from './stopped.ts';

/**
 * As `appendEntries`, for a process that does not sign: a worker signs the new head once the transaction is committed.
 * @throws AppError PRECONDITION_FAILED where the log has stopped.
 */
export const appendUnsigned = async (
  transaction: Executor,
  { keptCheckpoint, now, sender }: Pick<ServiceContext, 'keptCheckpoint' | 'now' | 'sender'>,
  entries: NewLogEntry[],
): Promise<void> => {
  await sender.enqueue(
    transaction,
    entries.map(({ subject }) => ({ name: 'sign-log', data: { subject } })),
  );
  await refusingIfStopped(() => appendEntries(transaction, { keptCheckpoint, now }, entries));
};
