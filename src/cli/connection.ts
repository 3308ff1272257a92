import { faultCode } from '#contracts/errors.ts';
import { SchemaMismatch } from '#db/applied.ts';
import { type Database, openDatabase } from '#db/client.ts';
import { readClocks } from '#db/clock.ts';
import { connectionOf, holdsDatabase } from '#db/embedded.ts';
import { migrate } from '#db/migrate.ts';
import { CommandError } from './exit.ts';
import type { Settings } from './settings.ts';

const unreachable = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'ETIMEDOUT',
  'CONNECT_TIMEOUT',
  'EHOSTUNREACH',
  'ECONNRESET',
]);

/** Turns a connection fault into an error that its user can fix, without the address, which may hold a password. */
const explained = (error: unknown): unknown => {
  if (error instanceof SchemaMismatch) return new CommandError(error.message);
  const code = faultCode(error) ?? '';
  if (unreachable.has(code))
    return new CommandError(
      `The database at DATABASE_URL could not be reached (${code}). Check its address and that it runs.`,
    );
  if (/^(?:28000|28P01|3D000)$/.test(code))
    return new CommandError(
      `The database at DATABASE_URL refused the connection (${code}). Check its user, password and database name.`,
    );
  return error;
};

/** Runs `work` on the installation's database: the one at DATABASE_URL, else the embedded one in the data directory. */
export const withDatabase = async <T>(
  settings: Settings,
  work: (databaseUrl: string) => Promise<T>,
): Promise<T> => {
  if (settings.databaseUrl !== null)
    return work(settings.databaseUrl).catch((error: unknown) => {
      throw explained(error);
    });
  const connection = await connectionOf(settings.dataDir);
  try {
    return await work(connection.databaseUrl);
  } catch (error) {
    throw error instanceof SchemaMismatch
      ? new CommandError(new SchemaMismatch(settings.dataDir).message)
      : error;
  } finally {
    await connection.close();
  }
};

/** As `withDatabase`, with the schema up to date, one connection and the database's time. */
export const withMigrated = <T>(
  settings: Settings,
  work: (db: Database, at: { now: Date }) => Promise<T>,
): Promise<T> =>
  withDatabase(settings, async (databaseUrl) => {
    await migrate(databaseUrl);
    const { db, sql, close } = openDatabase(databaseUrl, { max: 1 });
    try {
      return await work(db, { now: (await readClocks(sql)).database });
    } finally {
      await close();
    }
  });

/** Whether there is an installation: a database that was named, or an embedded one that was made. */
export const hasInstallation = async ({ databaseUrl, dataDir }: Settings): Promise<boolean> =>
  databaseUrl !== null || (await holdsDatabase(dataDir));
