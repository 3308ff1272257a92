import { agree, appliedMigrations, SchemaMismatch } from '#db/applied.ts';
import type { OpenDatabase } from '#db/client.ts';
import type { Migration } from '#db/journal.ts';
import { within } from '#db/within.ts';

export type Readiness = {
  ready: boolean;
  /** Each is `ok`, or says what is wrong. */
  checks: { database: string; migrations: string; queue: string };
};

/** A load balancer waits for the answer. */
const patienceMs = 2_000;

/**
 * Whether this process can serve: the database answers, its schema has every migration that this version knows, and
 * the queue's schema is there.
 * @param migrations those that this version knows, from its journal.
 */
export const readiness = async (
  { sql }: Pick<OpenDatabase, 'sql'>,
  migrations: Migration[],
): Promise<Readiness> => {
  const check = async (work: () => Promise<string>): Promise<string> => {
    try {
      return String(await within(patienceMs, work()));
    } catch {
      return 'not reachable';
    }
  };
  const [database, schema, queue] = await Promise.all([
    check(async () => {
      await sql`select 1`;
      return 'ok';
    }),
    check(async () => {
      const applied = await appliedMigrations(sql);
      if (!agree(applied, migrations)) return new SchemaMismatch(null).message;
      return applied.length >= migrations.length ? 'ok' : 'behind: run npm run db:migrate';
    }),
    check(async () => {
      await sql`select version from pgboss.version limit 1`;
      return 'ok';
    }),
  ]);
  const checks = { database, migrations: schema, queue };
  return { ready: Object.values(checks).every((state) => state === 'ok'), checks };
};
