import { once } from 'node:events';
import { createServer } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { testDatabase } from '#testing/rigs/database.ts';
import { openDatabase } from './client.ts';

/** A pool of one connection, which every statement must share, and another client that ends connections. */
const opened = async (options: { idleInTransactionMs?: number; transactionMs?: number } = {}) => {
  const { databaseUrl, db: other, close } = await testDatabase();
  onTestFinished(close);
  await other.execute(sql`create table written (n int)`);
  const { db, close: closePool } = openDatabase(databaseUrl, { max: 1, ...options });
  onTestFinished(closePool);
  return {
    db,
    other,
    written: async () =>
      (await other.execute<{ n: number }>(sql`select n from written order by n`)).map(({ n }) => n),
    pidOf: async (executor: Pick<typeof db, 'execute'>) =>
      (await executor.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`))[0]?.pid ?? 0,
    end: async (pid: number) => {
      await other.execute(sql`select pg_terminate_backend(${pid}, 60000)`);
      // The connection is closed before this answer is sent; a few turns of the event loop later the pool has seen it.
      for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    },
  };
};

test.each([
  ['rows', 'select 1 as n'],
  ['no row', 'select 1 as n where false'],
])(
  'after a statement that failed midway, the next on its connection has its own rows and no others: %s',
  async (_, next) => {
    const { db } = await opened();
    const fail = () =>
      db.execute(sql`select at, repeat('x', 2000), 1 / (60 - at) from generate_series(1, 100) at`);
    const expected = next.endsWith('false') ? [] : [{ n: 1 }];
    await expect(fail()).rejects.toThrow();
    expect([...(await db.execute(sql.raw(next)))]).toEqual(expected);
    await expect(fail()).rejects.toThrow();
    const [first] = await db.select({ n: sql<number>`1` }).from(sql`(select 1) as one`);
    expect(first).toEqual({ n: 1 });
  },
);

test('a transaction whose connection is cut during a statement is refused, and process and pool keep working', async () => {
  const { db, pidOf, end, written } = await opened();
  for (let turn = 0; turn < 5; turn += 1) {
    const pid = Promise.withResolvers<number>();
    const cut = expect(
      db.transaction(async (transaction) => {
        pid.resolve(await pidOf(transaction));
        await transaction.execute(sql`insert into written values (0)`);
        await transaction.transaction(async (inner) => {
          await inner.execute(sql`select pg_sleep(10)`);
        });
      }),
    ).rejects.toThrow();
    await end(await pid.promise);
    await cut;
    await db.transaction(async (transaction) => {
      await transaction.execute(sql`insert into written values (${turn + 1}::int)`);
    });
  }
  expect(await written()).toEqual([1, 2, 3, 4, 5]);
});

test('a transaction whose connection is cut between two statements writes nothing, not even within another transaction', async () => {
  const { db, pidOf, end, written } = await opened();
  const [begun, continueAs] = [Promise.withResolvers<number>(), Promise.withResolvers<void>()];
  let refused: unknown;
  const cut = expect(
    db.transaction(async (transaction) => {
      begun.resolve(await pidOf(transaction));
      await continueAs.promise;
      refused = await transaction.execute(sql`insert into written values (0)`).catch((error) => error);
      throw refused;
    }),
  ).rejects.toThrow();
  await end(await begun.promise);
  // By now another transaction has the connection, while the one that was cut continues.
  await db.transaction(async (transaction) => {
    await transaction.execute(sql`insert into written values (1)`);
    continueAs.resolve();
    await expect.poll(() => refused).toBeInstanceOf(Error);
    await transaction.execute(sql`insert into written values (2)`);
  });
  await cut;
  expect(await written()).toEqual([1, 2]);
});

test('a process that hangs within a transaction loses its locks after a bound', async () => {
  const { db, other } = await opened({ idleInTransactionMs: 500 });
  const lock = sql`select pg_advisory_xact_lock(1)`;
  const [taken, continueAs] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const startedAt = performance.now();
  const standing = expect(
    db.transaction(async (transaction) => {
      await transaction.execute(lock);
      taken.resolve();
      await continueAs.promise;
      await transaction.execute(sql`select 1`);
    }),
  ).rejects.toThrow();
  await taken.promise;
  // Without the bound this statement would wait for the other transaction, which continues only afterwards.
  await other.transaction((waiting) => waiting.execute(lock));
  expect(performance.now() - startedAt).toBeGreaterThan(490);
  continueAs.resolve();
  await standing;
});

test('a database that goes away while a connection is being opened ends no process', async () => {
  // Greets as Postgres does: authenticated, ready. Then hangs up on any request.
  const greeting = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(greeting);
      socket.once('data', () => socket.destroy());
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : null;
  const { db, close } = openDatabase(`postgres://nobody:nothing@127.0.0.1:${port}/none`, { max: 1 });
  onTestFinished(close);
  // An unhandled rejection fails this test run.
  await expect(db.execute(sql`select 1`)).rejects.toThrow();
});

test('a transaction ends after its bound', async () => {
  const { db } = await opened({ transactionMs: 500 });
  await expect(
    db.transaction((transaction) => transaction.execute(sql`select pg_sleep(1.5)`)),
  ).rejects.toThrow();
});
