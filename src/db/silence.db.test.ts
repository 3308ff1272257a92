import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { startStallingProxy } from '#testing/fleet/stalling-proxy.ts';
import { testDatabase } from '#testing/rigs/database.ts';
import { openDatabase } from './client.ts';
import { openRunChanges } from './run-changes.ts';
import { isDatabaseUnavailable } from './unavailable.ts';

/** A short bound; all that is measured below is that something ends at all. */
const silenceMs = 2_000;

const throughProxy = async () => {
  const database = await testDatabase();
  onTestFinished(database.close);
  const proxy = await startStallingProxy(database.databaseUrl);
  onTestFinished(proxy.close);
  return { database, proxy };
};

const openedThrough = async (databaseUrl: string, options: Parameters<typeof openDatabase>[1] = {}) => {
  const pool = openDatabase(databaseUrl, { silenceMs, ...options });
  onTestFinished(pool.close);
  return pool;
};

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error) => error,
  );

const one = sql`select 1 as one`;

test('when every connection of the pool goes silent, what is under way fails as a database that is away, and the pool works again', async () => {
  const { proxy } = await throughProxy();
  const { db } = await openedThrough(proxy.databaseUrl, { max: 3 });
  await Promise.all([1, 2, 3].map(() => db.execute(sql`select pg_sleep(0.2)`)));
  expect(proxy.opened).toBe(3);
  proxy.silence();
  // More than there are connections: the others wait for one, and are served by new ones.
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => failure(db.execute(one))));
  expect(answers.slice(0, 3).map(isDatabaseUnavailable)).toEqual([true, true, true]);
  expect(answers.slice(3)).toEqual([null, null]);
  expect(await db.execute(one)).toHaveLength(1);
});

test('a transaction on a connection that goes silent fails and writes nothing', async () => {
  const { database, proxy } = await throughProxy();
  await database.db.execute(sql`create table written (n int)`);
  const { db } = await openedThrough(proxy.databaseUrl, { max: 1 });
  const error = await failure(
    db.transaction(async (transaction) => {
      await transaction.execute(sql`insert into written values (1)`);
      proxy.silence();
      await transaction.execute(sql`insert into written values (2)`);
    }),
  );
  expect(isDatabaseUnavailable(error)).toBe(true);
  await db.execute(sql`insert into written values (3)`);
  expect(await database.db.execute(sql`select n from written`)).toEqual([{ n: 3 }]);
});

test('a lock whose holder goes silent between two messages of a statement is free again within half a minute', async () => {
  const database = await testDatabase();
  onTestFinished(database.close);
  await database.db.execute(sql`create table held (n int)`);
  await database.db.execute(sql`insert into held values (1)`);
  let armed = false;
  // ParameterDescription, by which the server answers to the first of a statement's two messages.
  const describes = (bytes: Buffer) => bytes.includes(Buffer.from([0x74, 0, 0, 0, 10, 0, 1]));
  const proxy = await startStallingProxy(database.databaseUrl, {
    onAnswer: (bytes) => {
      if (armed && describes(bytes)) proxy.silence();
    },
  });
  onTestFinished(proxy.close);
  const { db } = await openedThrough(proxy.databaseUrl, { max: 1 });
  const error = await failure(
    db.transaction(async (transaction) => {
      await transaction.execute(sql`update held set n = 2`);
      armed = true;
      await transaction.execute(sql`select n from held where n = ${2}`);
    }),
  );
  expect(isDatabaseUnavailable(error)).toBe(true);
  const [stuck] = await database.db.execute<{ state: string; wait_event: string }>(
    sql`select state, wait_event from pg_stat_activity where query like 'select n from held%'`,
  );
  expect(stuck).toEqual({ state: 'active', wait_event: 'ClientRead' });
  // Each wait for the lock has its own bound, so several follow each other.
  const startedAt = performance.now();
  await expect
    .poll(() => failure(database.db.execute(sql`update held set n = 3`)), { timeout: 60_000, interval: 100 })
    .toBeNull();
  expect(performance.now() - startedAt).toBeLessThan(30_000);
});

test('a transaction that could not begin on a silent connection begins on a new one', async () => {
  const { proxy } = await throughProxy();
  // Longer than a transaction that could not begin is tried again elsewhere.
  const { db } = await openedThrough(proxy.databaseUrl, { max: 1, silenceMs: 6_000 });
  await db.execute(one);
  proxy.silence();
  expect(await db.transaction((transaction) => transaction.execute(one))).toHaveLength(1);
});

test('a connection that goes silent in the middle of an answer is given up', async () => {
  const { proxy } = await throughProxy();
  const { db } = await openedThrough(proxy.databaseUrl, { max: 1 });
  await db.execute(one);
  const long = failure(
    db.execute(sql`select repeat('x', 1000) as text, pg_sleep(0.01) from generate_series(1, 1000)`),
  );
  await sleep(500);
  proxy.silence();
  expect(isDatabaseUnavailable(await long)).toBe(true);
});

test('a database that accepts connections and says nothing, or hangs up, is away and no endless wait', async () => {
  const { proxy } = await throughProxy();
  proxy.hangUp(true);
  const { db } = await openedThrough(proxy.databaseUrl, { max: 1 });
  expect(isDatabaseUnavailable(await failure(db.execute(one)))).toBe(true);
  // A driver that connects again without end would have opened thousands.
  expect(proxy.opened).toBeLessThan(10);
  proxy.hangUp(false);
  proxy.silenceNew(true);
  expect(isDatabaseUnavailable(await failure(db.execute(one)))).toBe(true);
  proxy.silenceNew(false);
  expect(await db.execute(one)).toHaveLength(1);
});

test('what waits too long for a connection fails as a database that is away', async () => {
  const { database } = await throughProxy();
  const { db } = await openedThrough(database.databaseUrl, { max: 1, waitMs: 300 });
  const long = failure(db.execute(sql`select pg_sleep(2)`));
  expect(isDatabaseUnavailable(await failure(db.execute(one)))).toBe(true);
  expect(
    isDatabaseUnavailable(await failure(db.transaction((transaction) => transaction.execute(one)))),
  ).toBe(true);
  expect(await long).toBeNull();
  expect(await db.execute(one)).toHaveLength(1);
});

test('a statement that takes longer than any may is ended by the server', async () => {
  const { database } = await throughProxy();
  const { sql: driver } = await openedThrough(database.databaseUrl, { max: 1 });
  const [{ statement_timeout: bound } = {}] = await driver`show statement_timeout`;
  expect(bound).toBe('10s');
});

test('within a transaction a statement on another connection of the pool is refused, and not waited for', async () => {
  const { database } = await throughProxy();
  const { db } = await openedThrough(database.databaseUrl, { max: 1 });
  const refused = expect.stringContaining('Within a transaction');
  await expect(db.transaction(() => db.execute(one))).rejects.toMatchObject({ cause: { message: refused } });
  await expect(db.transaction(() => db.transaction((inner) => inner.execute(one)))).rejects.toMatchObject({
    message: refused,
  });
  // What a transaction has begun may use the pool once that has ended.
  let later: Promise<unknown> = Promise.resolve();
  const ended = Promise.withResolvers<void>();
  await db.transaction(async (transaction) => {
    later = ended.promise.then(() => db.execute(one));
    await transaction.execute(one);
  });
  ended.resolve();
  expect(await later).toHaveLength(1);
});

test('a listener whose connection goes silent listens again on a new one', async () => {
  const { database, proxy } = await throughProxy();
  const changes = openRunChanges(proxy.databaseUrl, { lookAgainMs: 300, silenceMs });
  onTestFinished(changes.close);
  const listeners = () =>
    database.db.execute(
      sql`select pid from pg_stat_activity where query = 'listen run_changed' and datname = current_database()`,
    );
  changes.follow('a', () => {});
  await expect.poll(listeners).toHaveLength(1);
  proxy.silence();
  // The server does not know of the old one's end.
  await expect.poll(listeners).toHaveLength(2);
  const heard = Promise.withResolvers<void>();
  let quiet = false;
  changes.follow('b', () => quiet && heard.resolve());
  await sleep(50);
  quiet = true;
  await database.db.execute(sql`select pg_notify('run_changed', 'b')`);
  await heard.promise;
});
