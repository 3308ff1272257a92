import { readFile } from 'node:fs/promises';
import postgres from 'postgres';
import { readJournal } from './journal.ts';
import { downFile, migrationLock, migrationsFolder, statementBreakpoint } from './migrations.ts';

/**
 * Undoes the last applied migration in one transaction: its down script, then its row in Drizzle's journal.
 * @returns the migration's name, or null where none was applied.
 * @throws where the database's last migration is not among this version's: only the version that made it can undo it.
 */
export const rollback = async (databaseUrl: string): Promise<string | null> => {
  const migrations = await readJournal(migrationsFolder);
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    return await sql.begin(async (transaction) => {
      await transaction`select pg_advisory_xact_lock(${migrationLock})`;
      const [journal] = await transaction<{ found: boolean }[]>`
        select to_regclass('drizzle.__drizzle_migrations') is not null as found`;
      if (!journal?.found) return null;
      const [last] = await transaction<{ id: number; when: string }[]>`
        select id, created_at as "when" from drizzle.__drizzle_migrations order by created_at desc limit 1`;
      if (last === undefined) return null;
      const migration = migrations.find(({ when }) => when === Number(last.when));
      if (migration === undefined) {
        throw new Error(
          'The last migration of this database is not one of this version: roll it back with the version that applied it.',
        );
      }
      const script = await readFile(downFile(migration), 'utf8');
      for (const statement of script.split(statementBreakpoint)) await transaction.unsafe(statement);
      await transaction`delete from drizzle.__drizzle_migrations where id = ${last.id}`;
      return migration.tag;
    });
  } finally {
    await sql.end({ timeout: 5 });
  }
};
