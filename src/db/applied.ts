import type { ISql } from 'postgres';
import type { Migration } from './journal.ts';

/** As one word of a shell's command. */
const quoted = (path: string) => `'${path.replaceAll("'", `'\\''`)}'`;

/**
 * The database was set up by a version whose migrations are not those of this one, so that no migration leads from its
 * tables to these. The message says so in words for whoever operates the installation.
 */
export class SchemaMismatch extends Error {
  override readonly name = 'SchemaMismatch';

  /** @param dataDir where an embedded database has its data; null for a database of one's own. */
  constructor(dataDir: string | null) {
    super(
      dataDir === null
        ? `The database was set up by another version of Echelon Verify, and no migration leads from its tables to those of this one. Use another database, or empty this one, which deletes all that it holds: psql "$DATABASE_URL" -c 'DROP SCHEMA IF EXISTS public, drizzle, pgboss CASCADE; CREATE SCHEMA public'`
        : `The data directory ${dataDir} was set up by another version of Echelon Verify, and no migration leads from its tables to those of this one. Stop what uses it and move it away, and the next start makes a new one: mv ${quoted(dataDir)} ${quoted(`${dataDir}-old`)}`,
    );
  }
}

/** The migrations that the database has, in their order. */
export const appliedMigrations = async (sql: ISql): Promise<{ id: number; when: number; hash: string }[]> => {
  const [journal] = await sql<{ found: boolean }[]>`
    select to_regclass('drizzle.__drizzle_migrations') is not null as found`;
  if (!journal?.found) return [];
  return sql<{ id: number; when: number; hash: string }[]>`
    select id, created_at::float8 as "when", hash from drizzle.__drizzle_migrations order by created_at, id`;
};

/**
 * Whether the database's migrations and those of this version are the same as far as both have some. It may have fewer,
 * and more too: web processes of a version go on while the database is migrated for the next.
 */
export const agree = (
  applied: { when: number; hash: string }[],
  migrations: Pick<Migration, 'when' | 'hash'>[],
): boolean =>
  migrations.every(({ when, hash }, at) => {
    const own = applied[at];
    return own === undefined || (own.when === when && own.hash === hash);
  });

/**
 * @returns the migrations that the database has.
 * @throws SchemaMismatch
 */
export const requireAgreement = async (sql: ISql, migrations: Pick<Migration, 'when' | 'hash'>[]) => {
  const applied = await appliedMigrations(sql);
  if (!agree(applied, migrations)) throw new SchemaMismatch(null);
  return applied;
};
