import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { expect, onTestFinished, test } from 'vitest';
import { isAlive } from '#testing/rigs/process-life.ts';
import { openDatabase } from './client.ts';
import { readPostmasterFile } from './embedded/postmaster.ts';
import { connectionOf, openEmbedded } from './embedded.ts';

const fast = { durable: false };

const dataDirectory = async ({ mode }: { mode: number }) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'embedded-'));
  await chmod(dataDir, mode);
  onTestFinished(async () => {
    const { outside } = await stateOf(dataDir).catch(() => ({ outside: null }));
    await rm(dataDir, { recursive: true, force: true, maxRetries: 30, retryDelay: 100 });
    if (outside !== null) await rm(outside, { recursive: true, force: true });
  });
  return dataDir;
};

const stateOf = async (dataDir: string): Promise<{ outside: string | null }> =>
  JSON.parse(await readFile(join(dataDir, 'postgres.json'), 'utf8'));
const clusterOf = async (dataDir: string) => (await stateOf(dataDir)).outside ?? join(dataDir, 'postgres');

const run = async (databaseUrl: string, statement: string) => {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    return [...(await sql.unsafe(statement))];
  } finally {
    await sql.end({ timeout: 5 });
  }
};

/** A process that owns `dataDir`, with the pids of its server and of the watch that ends the server with it. */
const startOwner = async (dataDir: string) => {
  const owner: ChildProcess = spawn(
    process.execPath,
    [join(import.meta.dirname, '../testing/rigs/database-owner.ts'), dataDir],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void owner.kill('SIGKILL'));
  if (owner.stdout === null) throw new Error('The owner has no output.');
  const [line] = await once(owner.stdout, 'data');
  const server = (await readPostmasterFile(await clusterOf(dataDir)))?.pid;
  const children = await readFile(`/proc/${owner.pid}/task/${owner.pid}/children`, 'utf8');
  if (server === undefined) throw new Error('The server wrote no pid.');
  return {
    owner,
    databaseUrl: String(line).trim(),
    server,
    watches: children
      .trim()
      .split(' ')
      .map(Number)
      .filter((pid) => pid !== server),
  };
};

test('data survive a restart of the installation', async () => {
  const dataDir = await dataDirectory({ mode: 0o755 });
  const first = await openEmbedded(dataDir, fast);
  await run(first.databaseUrl, 'create table kept (n int); insert into kept values (1)');
  await first.close();
  const second = await openEmbedded(dataDir, fast);
  expect(await run(second.databaseUrl, 'select n from kept')).toEqual([{ n: 1 }]);
  await second.close();
});

test('an installation works in a folder that only its owner may enter, also as root', async () => {
  const dataDir = await dataDirectory({ mode: 0o700 });
  const database = await openEmbedded(dataDir, fast);
  expect(await run(database.databaseUrl, 'select 1 as n')).toEqual([{ n: 1 }]);
  await database.close();
});

test('only its owner can read the password file', async () => {
  const dataDir = await dataDirectory({ mode: 0o755 });
  await (await openEmbedded(dataDir, fast)).close();
  expect((await stat(join(dataDir, 'postgres.json'))).mode & 0o777).toBe(0o600);
});

test('a directory in use is refused by name, and its server keeps running', async () => {
  const dataDir = await dataDirectory({ mode: 0o755 });
  const owned = await startOwner(dataDir);
  await expect(openEmbedded(dataDir, { waitMs: 300 })).rejects.toThrow(
    `Another Echelon Verify runs on the data directory ${dataDir}.`,
  );
  expect(await run(owned.databaseUrl, 'select 1 as n')).toEqual([{ n: 1 }]);
});

test('a command connects to the running server and leaves it running', async () => {
  const dataDir = await dataDirectory({ mode: 0o755 });
  const owned = await startOwner(dataDir);
  const connection = await connectionOf(dataDir);
  expect(connection.databaseUrl).toBe(owned.databaseUrl);
  await connection.close();
  expect(await run(owned.databaseUrl, 'select 1 as n')).toEqual([{ n: 1 }]);
});

test('a command starts the server if none runs, and stops it again', async () => {
  const dataDir = await dataDirectory({ mode: 0o755 });
  const connection = await connectionOf(dataDir);
  expect(await run(connection.databaseUrl, 'select 1 as n')).toEqual([{ n: 1 }]);
  const file = await readPostmasterFile(await clusterOf(dataDir));
  await connection.close();
  expect(file && isAlive(file.pid)).toBe(false);
});

test('the server ends when its owner is killed with kill -9', async () => {
  const dataDir = await dataDirectory({ mode: 0o755 });
  const owned = await startOwner(dataDir);
  owned.owner.kill('SIGKILL');
  await expect.poll(() => isAlive(owned.server)).toBe(false);
});

test('the next owner ends a server that outlived its owner, and committed data are there', async () => {
  const dataDir = await dataDirectory({ mode: 0o755 });
  const owned = await startOwner(dataDir);
  await run(owned.databaseUrl, 'create table kept (n int); insert into kept values (1)');
  for (const watch of owned.watches) process.kill(watch, 'SIGKILL');
  owned.owner.kill('SIGKILL');
  await once(owned.owner, 'exit');
  expect(isAlive(owned.server)).toBe(true);
  const next = await openEmbedded(dataDir, fast);
  await expect.poll(() => isAlive(owned.server)).toBe(false);
  expect(await run(next.databaseUrl, 'select n from kept')).toEqual([{ n: 1 }]);
  await next.close();
});

test('the next owner starts after kill -9 of both owner and server', async () => {
  const dataDir = await dataDirectory({ mode: 0o755 });
  const owned = await startOwner(dataDir);
  await run(owned.databaseUrl, 'create table kept (n int); insert into kept values (1)');
  for (const watch of owned.watches) process.kill(watch, 'SIGKILL');
  process.kill(owned.server, 'SIGKILL');
  owned.owner.kill('SIGKILL');
  const next = await openEmbedded(dataDir, fast);
  expect(await run(next.databaseUrl, 'select n from kept')).toEqual([{ n: 1 }]);
  await next.close();
});

test('a process that merely has the pid of an earlier server is never signalled', async () => {
  const dataDir = await dataDirectory({ mode: 0o755 });
  await (await openEmbedded(dataDir, fast)).close();
  const cluster = await clusterOf(dataDir);
  const bystander = spawn('sleep', ['60']);
  onTestFinished(() => void bystander.kill('SIGKILL'));
  await writeFile(join(cluster, 'postmaster.pid'), `${bystander.pid}\n${cluster}\n1\n5432\n\n\n\nready\n`);
  await (await openEmbedded(dataDir, fast)).close();
  expect(bystander.exitCode).toBeNull();
  expect(bystander.signalCode).toBeNull();
});

test('a data directory that cannot be made is named, with the variable to set', async () => {
  const dataDir = await dataDirectory({ mode: 0o755 });
  const file = join(dataDir, 'file');
  await writeFile(file, '');
  await expect(openEmbedded(join(file, 'data'))).rejects.toThrow(/cannot be written .* Set DATA_DIR/);
});

const postmasterOf = async (dataDir: string) =>
  (await readPostmasterFile(await clusterOf(dataDir)))?.pid ?? 0;

// Durable, because a commit that Postgres may still hold back is lost with it.
test('a killed server is started again at the same address, with its data, and its clients continue', async () => {
  const dataDir = await dataDirectory({ mode: 0o755 });
  const said: string[] = [];
  const embedded = await openEmbedded(dataDir, { say: (line) => said.push(line) });
  onTestFinished(embedded.close);
  await run(embedded.databaseUrl, 'create table kept (n int); insert into kept values (1)');
  const pool = openDatabase(embedded.databaseUrl, { max: 2 });
  onTestFinished(pool.close);
  await pool.sql`select 1`;
  const killed = await postmasterOf(dataDir);
  process.kill(killed, 'SIGKILL');
  await expect.poll(() => postmasterOf(dataDir)).not.toBe(killed);
  await expect.poll(() => pool.db.execute('select n from kept').catch((error) => error)).toEqual([{ n: 1 }]);
  expect(said).toHaveLength(1);
  expect(said[0]).toContain('starts again');
});

test('a server that ends again and again is given up with its last words', async () => {
  const dataDir = await dataDirectory({ mode: 0o755 });
  const embedded = await openEmbedded(dataDir, fast);
  onTestFinished(embedded.close);
  let over = false;
  const ended = embedded.ended.finally(() => {
    over = true;
  });
  let kills = 0;
  let killed = 0;
  await expect
    .poll(async () => {
      const file = await readPostmasterFile(await clusterOf(dataDir));
      if (file?.ready && file.pid !== killed && isAlive(file.pid)) {
        process.kill(file.pid, 'SIGKILL');
        killed = file.pid;
        kills += 1;
      }
      return over;
    })
    .toBe(true);
  expect(kills).toBe(6);
  expect(await ended).toContain('database system is ready to accept connections');
});

test('closing while a killed server starts again leaves nothing running', async () => {
  const dataDir = await dataDirectory({ mode: 0o755 });
  const embedded = await openEmbedded(dataDir, fast);
  const killed = await postmasterOf(dataDir);
  process.kill(killed, 'SIGKILL');
  await expect.poll(() => isAlive(killed)).toBe(false);
  await embedded.close();
  const left = await postmasterOf(dataDir);
  expect(left === 0 || left === killed || !isAlive(left)).toBe(true);
  // The lock is free and the directory can be used.
  await (await openEmbedded(dataDir, fast)).close();
});
