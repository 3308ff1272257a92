import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import * as schema from './schema/index.ts';

/** Opens a pool on `databaseUrl`; `close` ends it, waiting at most 5 s for queries under way. */
export const openDatabase = (databaseUrl: string, options: { max?: number } = {}) => {
  const sql = postgres(databaseUrl, { max: options.max ?? 10, onnotice: () => {} });
  const db = drizzle(sql, { schema });
  return { db, sql, close: () => sql.end({ timeout: 5 }) };
};

export type Database = ReturnType<typeof openDatabase>['db'];
/** The database or a transaction of it: what a verb that takes part in its caller's transaction takes. */
export type Executor = Database | Parameters<Parameters<Database['transaction']>[0]>[0];
