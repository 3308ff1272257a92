import { setTimeout as delay } from 'node:timers/promises';
import type postgres from 'postgres';

/**
 * Postgres.js 3.4.9 lets a transaction whose connection was lost go on: its next statement, or its own ROLLBACK, is
 * written to a socket that is gone, which ends the process, or, once the connection serves somebody else, runs within
 * the other's transaction (github.com/porsager/postgres/issues/1208, /issues/1216). So statements of such a transaction
 * are refused here, and its end is not told to the driver, which has rejected it already.
 */

class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';

  constructor() {
    super('The connection of this transaction is lost.');
  }
}

/** The driver rejects a transaction as soon as its connection is closed, and this error announces that. */
const tellsOfLoss = (error: unknown): boolean => {
  if (error === null || typeof error !== 'object') return false;
  if ('severity' in error && (error.severity === 'FATAL' || error.severity === 'PANIC')) return true;
  if (error instanceof ConnectionLost) return true;
  if (
    'code' in error &&
    typeof error.code === 'string' &&
    /^(?:CONNECTION_|CONNECT_TIMEOUT|E[A-Z]+$)/.test(error.code)
  )
    return true;
  return 'cause' in error && tellsOfLoss(error.cause);
};

/** If the driver has not noticed by then, the connection stands after all, and the transaction is rolled back. */
const noticedWithinMs = 10_000;

type Scope = postgres.TransactionSql;
type Work = (scope: Scope) => unknown;
type Transaction = { hasBegun: boolean; isOver: boolean };

const carryOut = (transaction: Transaction, scope: Scope, work: Work): Promise<unknown> => {
  const unlessOver = <Result>(run: () => Result): Result => {
    if (transaction.isOver) throw new ConnectionLost();
    return run();
  };
  const guarded = new Proxy(scope, {
    apply: (target, self, args) => unlessOver(() => Reflect.apply(target, self, args)),
    get: (target, name) => {
      if (name === 'unsafe')
        return (...args: Parameters<Scope['unsafe']>) => unlessOver(() => target.unsafe(...args));
      if (name === 'savepoint')
        return (inner: Work) =>
          unlessOver(() => target.savepoint((innerScope) => carryOut(transaction, innerScope, inner)));
      return Reflect.get(target, name);
    },
  });
  return new Promise((resolve, reject) => {
    transaction.hasBegun = true;
    (async () => work(guarded))().then(
      (result) => {
        if (!transaction.isOver) resolve(result);
      },
      (error) => {
        if (transaction.isOver) return;
        if (!tellsOfLoss(error)) return reject(error);
        setTimeout(() => {
          if (!transaction.isOver) reject(error);
        }, noticedWithinMs).unref();
      },
    );
  });
};

/**
 * How long a transaction is begun again that could not even begin, of which nothing was done: the database restarts, or
 * the driver tells it what had ended the connection's earlier session. What was paid for waits to be written.
 */
const begunWithinMs = 5_000;
const pauseMs = 200;

/** Makes every transaction of this pool one that ends with its connection. */
export const endTransactionsWithConnection = (sql: postgres.Sql): void => {
  const begin = sql.begin.bind(sql);
  const guardedBegin = async (work: Work): Promise<unknown> => {
    const deadline = Date.now() + begunWithinMs;
    for (;;) {
      const transaction: Transaction = { hasBegun: false, isOver: false };
      try {
        return await begin((scope) => carryOut(transaction, scope, work));
      } catch (error) {
        if (transaction.hasBegun || !tellsOfLoss(error) || Date.now() >= deadline) throw error;
      } finally {
        transaction.isOver = true;
      }
      await delay(pauseMs);
    }
  };
  Object.assign(sql, { begin: guardedBegin });
};
