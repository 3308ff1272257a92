import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { inject } from 'vitest';
import { type DatabaseOptions, openDatabase } from '#db/client.ts';

const onServer = async (work: (sql: postgres.Sql) => Promise<unknown>) => {
  const sql = postgres(inject('databaseServer'), { max: 1, onnotice: () => {} });
  try {
    await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
};

/**
 * A separate database for the caller, migrated unless it is to be empty. `close` ends its connections and drops it.
 * Only for `*.db.test.ts` and `*.clock.test.ts`, because other tests have no server.
 */
export const testDatabase = async ({
  migrated = true,
  pool = {},
}: {
  migrated?: boolean;
  pool?: DatabaseOptions;
} = {}) => {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await onServer((sql) =>
    migrated
      ? sql`create database ${sql(name)} template template_migrated strategy file_copy`
      : sql`create database ${sql(name)}`,
  );
  const url = new URL(inject('databaseServer'));
  url.pathname = `/${name}`;
  const { db, sql, close } = openDatabase(url.href, pool);
  return {
    databaseUrl: url.href,
    db,
    sql,
    close: async () => {
      await close();
      await onServer((server) => server`drop database if exists ${server(name)} with (force)`);
    },
  };
};
