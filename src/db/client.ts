import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { endTransactionsWithConnection } from './lost-connection.ts';
import * as schema from './schema/index.ts';

export type DatabaseOptions = {
  max?: number;
  /**
   * How long a transaction may idle, in milliseconds, before Postgres ends it. A machine that is paused in the middle
   * of one must not keep a lock that all others wait for.
   */
  idleInTransactionMs?: number;
};

/** Opens a pool on `databaseUrl`. `close` ends it and waits at most 5 s for queries under way. */
export const openDatabase = (
  databaseUrl: string,
  { max = 10, idleInTransactionMs = 30_000 }: DatabaseOptions = {},
) => {
  const sql = postgres(databaseUrl, {
    max,
    onnotice: () => {},
    // No column is an array. If the connection is lost while the driver fetches array types, it leaves a rejection
    // unhandled, which ends the process.
    fetch_types: false,
    connection: { idle_in_transaction_session_timeout: idleInTransactionMs },
  });
  endTransactionsWithConnection(sql);
  const db = drizzle(sql, { schema });
  return { db, sql, close: () => sql.end({ timeout: 5 }) };
};

export type OpenDatabase = ReturnType<typeof openDatabase>;
export type Database = OpenDatabase['db'];
/** The database or one of its transactions, for a verb that joins its caller's transaction. */
export type Executor = Database | Parameters<Parameters<Database['transaction']>[0]>[0];
