import { AsyncLocalStorage } from 'node:async_hooks';
import { drizzle } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import { connect } from './connect.ts';
import { dense } from './dense.ts';
import { endTransactionsWithConnection } from './lost-connection.ts';
import { createPermits } from './permits.ts';
import * as schema from './schema/index.ts';
import { namingUnavailable } from './unavailable.ts';

export type DatabaseOptions = {
  max?: number;
  /**
   * How long a transaction may idle, in milliseconds, before Postgres ends it. A machine that is paused in the middle
   * of one must not keep a lock that all others wait for.
   */
  idleInTransactionMs?: number;
  /** How long a whole transaction may take, in milliseconds, before Postgres ends it. */
  transactionMs?: number;
  /** How long a statement or a transaction may wait for a connection of the pool, in milliseconds. */
  waitMs?: number;
  silenceMs?: number;
};

/**
 * A server that waits for the second message of a statement takes its transaction neither for idle nor for slow. Where the
 * client is silent, only this bound frees its locks. Postgres has it since version 17; before, keep-alive probes notice a
 * client whose packets are dropped.
 */
const boundTransaction = (sql: postgres.Sql, scope: postgres.TransactionSql, transactionMs: number): void => {
  if (Number.parseInt(String(sql.parameters.server_version), 10) < 17) return;
  // Goes out with the transaction's first statement. If it fails, so does that.
  scope.unsafe(`set local transaction_timeout = ${transactionMs}`).catch(() => {});
};

/** Longer than it takes to notice that all connections are dead, so that what waits is served by new ones. */
const defaultWaitMs = 20_000;

/** No connection of the pool became free in time. Its code is read like a driver's. */
class PoolExhausted extends Error {
  override readonly name = 'PoolExhausted';
  readonly code = 'CONNECTION_WAIT_TIMEOUT';

  constructor(waitMs: number) {
    super(`No connection to the database became free within ${waitMs / 1000} s.`);
  }
}

/**
 * The driver as Drizzle uses it. Whatever needs a connection waits for a permit, and a failure of the database itself
 * rejects with DatabaseUnavailable.
 */
const admitting = (
  sql: postgres.Sql,
  { max, waitMs, transactionMs }: Required<Pick<DatabaseOptions, 'max' | 'waitMs' | 'transactionMs'>>,
): postgres.Sql => {
  // The driver's own queue has no bound, and it sends statements behind others on a connection that may be dead.
  const permitted = createPermits(max, waitMs, () => new PoolExhausted(waitMs));
  const surrounding = new AsyncLocalStorage<{ isOver: boolean }>();

  const admitted = async <T>(work: () => PromiseLike<T>): Promise<T> => {
    // Transactions that each wait for a second connection of the same pool wait for each other.
    if (surrounding.getStore()?.isOver === false)
      throw new Error('Within a transaction every statement must use it, and not another connection.');
    return permitted(work).catch((error) => {
      throw namingUnavailable(error);
    });
  };

  return {
    options: sql.options,
    unsafe: (...statement: Parameters<postgres.Sql['unsafe']>) => {
      let asValues = false;
      const result = admitted<unknown>(async () => {
        const query = sql.unsafe(...statement);
        return dense(await (asValues ? query.values() : query));
      });
      // Called at once or never, and nothing is sent before the next turn.
      const values = () => {
        asValues = true;
        return result;
      };
      return Object.assign(result, { values });
    },
    // The answer to BEGIN resets the driver's count of rows, so that answers in a transaction have no holes.
    begin: (work: (scope: postgres.TransactionSql) => unknown) =>
      admitted(async () => {
        const transaction = { isOver: false };
        try {
          return await sql.begin((scope) => {
            boundTransaction(sql, scope, transactionMs);
            return surrounding.run(transaction, () => work(scope));
          });
        } finally {
          transaction.isOver = true;
        }
      }),
  } as unknown as postgres.Sql;
};

/** Opens a pool on `databaseUrl`. `close` ends it and waits at most 5 s for queries under way. */
export const openDatabase = (
  databaseUrl: string,
  {
    max = 10,
    idleInTransactionMs = 15_000,
    transactionMs = 25_000,
    waitMs = defaultWaitMs,
    silenceMs,
  }: DatabaseOptions = {},
) => {
  const sql = connect(databaseUrl, {
    max,
    silenceMs,
    connection: { idle_in_transaction_session_timeout: idleInTransactionMs },
  });
  endTransactionsWithConnection(sql);
  const db = drizzle(admitting(sql, { max, waitMs, transactionMs }), { schema });
  return { db, sql, close: () => sql.end({ timeout: 5 }) };
};

export type OpenDatabase = ReturnType<typeof openDatabase>;
export type Database = OpenDatabase['db'];
/** The database or one of its transactions, for a verb that joins its caller's transaction. */
export type Executor = Database | Parameters<Parameters<Database['transaction']>[0]>[0];
