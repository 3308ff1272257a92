import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';
import { requireAgreement } from './applied.ts';
import { readJournal } from './journal.ts';
import { migrationLock, migrationsFolder } from './migrations.ts';

/**
 * Brings the schema of `databaseUrl` up to date. Any number of processes may call it at once; each waits its turn.
 * @throws SchemaMismatch
 */
export const migrate = async (databaseUrl: string): Promise<void> => {
  // One connection, because an advisory lock belongs to the session that took it; ending the session frees it.
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`select pg_advisory_lock(${migrationLock})`;
    await requireAgreement(sql, await readJournal(migrationsFolder));
    await applyMigrations(drizzle(sql), { migrationsFolder });
  } finally {
    await sql.end({ timeout: 5 });
  }
};
