import { readFile } from 'node:fs/promises';
import postgres, { type TransactionSql } from 'postgres';
import { requireAgreement } from './applied.ts';
import { readJournal } from './journal.ts';
import { downFile, migrationLock, migrationsFolder, statementBreakpoint } from './migrations.ts';

/**
 * Undoes the last applied migration in one transaction: its down script, then its row in Drizzle's journal. With the
 * first migration the journal goes too.
 * @param withTheFirst removes what else has to go with the first migration.
 * @returns the migration's name, or null where none was applied.
 * @throws SchemaMismatch; an error where the last migration is a later version's: only that one can undo it.
 */
export const rollback = async (
  databaseUrl: string,
  withTheFirst: (transaction: TransactionSql) => Promise<unknown>,
): Promise<string | null> => {
  const migrations = await readJournal(migrationsFolder);
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    return await sql.begin(async (transaction) => {
      await transaction`select pg_advisory_xact_lock(${migrationLock})`;
      const applied = await requireAgreement(transaction, migrations);
      const last = applied.at(-1);
      if (last === undefined) return null;
      const migration = migrations[applied.length - 1];
      if (migration === undefined) {
        throw new Error(
          'The last migration of this database is not one of this version: roll it back with the version that applied it.',
        );
      }
      const script = await readFile(downFile(migration), 'utf8');
      for (const statement of script.split(statementBreakpoint)) await transaction.unsafe(statement);
      await transaction`delete from drizzle.__drizzle_migrations where id = ${last.id}`;
      if (applied.length === 1) {
        await withTheFirst(transaction);
        await transaction`drop table drizzle.__drizzle_migrations`;
        await transaction`drop schema drizzle`;
      }
      return migration.tag;
    });
  } finally {
    await sql.end({ timeout: 5 });
  }
};
