import { migrate } from '#db/migrate.ts';
import { rollback } from '#db/rollback.ts';
import { dropQueues, installQueues } from '#queue/install.ts';

/**
 * Brings the tables and then the queues of `databaseUrl` up to date. Any number of processes may call it at once.
 * @throws SchemaMismatch
 */
export const prepareDatabase = async (databaseUrl: string): Promise<void> => {
  await migrate(databaseUrl);
  await installQueues(databaseUrl);
};

/**
 * Rolls back the last migration. The first one takes the queues with it, so that nothing of ours is left.
 * @returns the migration's name, or null if none was applied.
 * @throws SchemaMismatch
 */
export const rollBackDatabase = (databaseUrl: string): Promise<string | null> =>
  rollback(databaseUrl, dropQueues);
