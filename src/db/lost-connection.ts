import { setTimeout as delay } from 'node:timers/promises';
import type postgres from 'postgres';
import { isObject } from '#contracts/json.ts';

/**
 * Postgres.js 3.4.9 lets a transaction continue after its connection was lost. Its next statement, or its own ROLLBACK,
 * is written to a dead socket, which ends the process, or it runs inside the transaction of whoever has the connection
 * next (github.com/porsager/postgres/issues/1208, /issues/1216). So this guard refuses further statements of such a
 * transaction, and does not report its end to the driver, which has rejected it already.
 */

class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';

  constructor() {
    super('The connection of this transaction is lost.');
  }
}

/** Whether the error says that the connection closed; the driver has then rejected the transaction. */
const tellsOfLoss = (error: unknown): boolean => {
  if (!isObject(error)) return false;
  const { severity, code, cause } = error;
  if (severity === 'FATAL' || severity === 'PANIC') return true;
  if (error instanceof ConnectionLost) return true;
  if (typeof code === 'string' && /^(?:CONNECTION_|CONNECT_TIMEOUT|E[A-Z]+$)/.test(code)) return true;
  return tellsOfLoss(cause);
};

/** If the driver has not noticed by then, the connection is alive after all, and the transaction is rolled back. */
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
 * How long to retry a transaction that could not begin. Nothing of it was done: the database is restarting, or the driver
 * reports what ended the connection's earlier session. The result of a paid call may be waiting to be written, so it is
 * tried twice even if the first connection was found dead only after that time.
 */
const begunWithinMs = 5_000;
const pauseMs = 200;

/** Makes every transaction of this pool end with its connection. */
export const endTransactionsWithConnection = (sql: postgres.Sql): void => {
  const begin = sql.begin.bind(sql);
  const guardedBegin = async (work: Work): Promise<unknown> => {
    const deadline = Date.now() + begunWithinMs;
    for (let tries = 1; ; tries += 1) {
      const transaction: Transaction = { hasBegun: false, isOver: false };
      try {
        return await begin((scope) => carryOut(transaction, scope, work));
      } catch (error) {
        if (transaction.hasBegun || !tellsOfLoss(error)) throw error;
        if (tries > 1 && Date.now() >= deadline) throw error;
      } finally {
        transaction.isOver = true;
      }
      await delay(pauseMs);
    }
  };
  Object.assign(sql, { begin: guardedBegin });
};
