import { sql } from 'drizzle-orm';
import type { Database } from '#db/client.ts';
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
  { db }: { db: Database },
  migrations: { when: number }[],
): Promise<Readiness> => {
  const latest = Math.max(0, ...migrations.map(({ when }) => when));
  const check = async (work: () => Promise<string>): Promise<string> => {
    try {
      return String(await within(patienceMs, work()));
    } catch {
      return 'not reachable';
    }
  };
  const [database, schema, queue] = await Promise.all([
    check(async () => {
      await db.execute(sql`select 1`);
      return 'ok';
    }),
    check(async () => {
      const [row] = await db.execute<{ latest: string | null }>(
        sql`select max(created_at)::text as latest from drizzle.__drizzle_migrations`,
      );
      return Number(row?.latest ?? 0) >= latest ? 'ok' : 'behind: run npm run db:migrate';
    }),
    check(async () => {
      await db.execute(sql`select version from pgboss.version limit 1`);
      return 'ok';
    }),
  ]);
  const checks = { database, migrations: schema, queue };
  return { ready: Object.values(checks).every((state) => state === 'ok'), checks };
};
