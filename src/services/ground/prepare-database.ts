import { migrate } from '#db/migrate.ts';
import { installQueues } from '#queue/install.ts';

/** Brings the tables and then the queues of `databaseUrl` up to date. Any number of processes may call it at once. */
export const prepareDatabase = async (databaseUrl: string): Promise<void> => {
  await migrate(databaseUrl);
  await installQueues(databaseUrl);
};
