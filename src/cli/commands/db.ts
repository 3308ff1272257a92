import { prepareDatabase, rollBackDatabase } from '#services/ground/index.ts';
import { withDatabase } from '../connection.ts';
import { type ExitCode, exitCodes } from '../exit.ts';
import type { Settings } from '../settings.ts';
import type { Terminal } from '../terminal.ts';

type Context = { settings: Settings; terminal: Terminal };

/** `db migrate`: brings tables and queues up to date; safe to run several at once. */
export const migrateCommand = async ({ settings, terminal }: Context): Promise<ExitCode> => {
  await withDatabase(settings, prepareDatabase);
  terminal.result('The database’s tables and queues are up to date.');
  return exitCodes.done;
};

/** `db rollback`: rolls back the last migration; rolling back the first one removes the queues too. */
export const rollbackCommand = async ({ settings, terminal }: Context): Promise<ExitCode> => {
  const undone = await withDatabase(settings, rollBackDatabase);
  terminal.result(
    undone === null
      ? 'There is no migration to roll back.'
      : `Rolled back the migration ${undone}. \`db migrate\` applies it again.`,
  );
  return exitCodes.done;
};
