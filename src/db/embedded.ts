import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { z } from 'zod';
import { accountFor, isReachableByOthers } from './embedded/account.ts';
import { binariesFor, sharedFolder } from './embedded/binaries.ts';
import { keepServer } from './embedded/keep-server.ts';
import { takeLock } from './embedded/lock.ts';
import { endOrphan, readPostmasterFile } from './embedded/postmaster.ts';
import { initialise, superuser } from './embedded/server.ts';

/**
 * The Postgres of an installation that brings none of its own. Its data is in the data directory, whose lock has one
 * owner at a time. Only the owner starts, stops and recovers the server; every other process connects to it.
 */

/** The embedded database cannot be used; the message says why and what to do. */
export class EmbeddedDatabaseError extends Error {
  override readonly name = 'EmbeddedDatabaseError';
}

const databaseName = 'echelon_verify';

/** Decided once per data directory. `outside` is where the data is, if not in the directory itself. */
const stateSchema = z.object({ password: z.string(), outside: z.string().nullable() });
type State = z.infer<typeof stateSchema>;

const stateFile = (dataDir: string) => join(dataDir, 'postgres.json');
const clusterOf = (dataDir: string, state: State) => state.outside ?? join(dataDir, 'postgres');

const explain = (dataDir: string, error: unknown): EmbeddedDatabaseError => {
  if (error instanceof EmbeddedDatabaseError) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (/ENOSPC|no space left|disk is full|disk full|wrote only \d+ of|free disk space/i.test(text)) {
    return new EmbeddedDatabaseError(
      `The disk that holds the data directory ${dataDir} is full. Free some space there, or set DATA_DIR to a folder on another disk.`,
    );
  }
  if (/EACCES|EPERM|EROFS|ENOTDIR|EEXIST|ENOENT|readonly|read-only|unable to open/i.test(text)) {
    return new EmbeddedDatabaseError(
      `The data directory ${dataDir} cannot be written (${text}). Set DATA_DIR to a folder that can be, for example DATA_DIR=~/echelon-verify, or DATABASE_URL to a Postgres of your own.`,
    );
  }
  return new EmbeddedDatabaseError(text);
};

const readState = async (dataDir: string): Promise<State | null> => {
  const text = await readFile(stateFile(dataDir), 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return text === null ? null : stateSchema.parse(JSON.parse(text));
};

/** Whether an embedded database was ever made in this data directory. */
export const holdsDatabase = async (dataDir: string): Promise<boolean> =>
  (await readState(resolve(dataDir))) !== null;

/** As root, the postgres account must be able to reach the data, so it goes outside a project that it cannot enter. */
const decideState = async (dataDir: string): Promise<State> => {
  const inside = process.getuid?.() !== 0 || (await isReachableByOthers(dataDir));
  const state: State = {
    password: randomBytes(24).toString('hex'),
    outside: inside ? null : join(sharedFolder, `data-${randomBytes(8).toString('hex')}`),
  };
  if (state.outside !== null) {
    await mkdir(sharedFolder, { recursive: true, mode: 0o755 });
    await chmod(sharedFolder, 0o755);
  }
  await writeFile(`${stateFile(dataDir)}.new`, JSON.stringify(state), { mode: 0o600 });
  await rename(`${stateFile(dataDir)}.new`, stateFile(dataDir));
  return state;
};

const urlOf = (state: State, port: number, database = databaseName) =>
  `postgres://${superuser}:${state.password}@127.0.0.1:${port}/${database}`;

const createDatabase = async (state: State, port: number): Promise<void> => {
  const sql = postgres(urlOf(state, port, 'postgres'), { max: 1, onnotice: () => {} });
  try {
    const found = await sql`select 1 from pg_database where datname = ${databaseName}`;
    if (found.length === 0) await sql`create database ${sql(databaseName)}`;
  } finally {
    await sql.end({ timeout: 5 });
  }
};

export type EmbeddedDatabase = {
  databaseUrl: string;
  /** Resolves with the server's last output after `close`, or when it keeps ending and is not started again. */
  ended: Promise<string>;
  close: () => Promise<void>;
};

export type EmbeddedOptions = {
  /** How long to wait for a process that holds the directory, in milliseconds. */
  waitMs?: number;
  /** False trades safety after a power cut for speed: for tests only. */
  durable?: boolean;
  /** Is told when the server ended unexpectedly and starts again. */
  say?: (line: string) => void;
};

const testSettings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * Takes ownership of the data directory and starts its server.
 * @throws EmbeddedDatabaseError if another process owns it, the disk is full, it cannot be written, …
 */
export const openEmbedded = async (
  dataDir: string,
  { waitMs = 5_000, durable = true, say = () => {} }: EmbeddedOptions = {},
): Promise<EmbeddedDatabase> => {
  const place = resolve(dataDir);
  try {
    await mkdir(place, { recursive: true });
    return await openAs(await lockWithin(place, waitMs), await realpath(place), { durable, say });
  } catch (error) {
    throw explain(place, error);
  }
};

const lockWithin = async (dataDir: string, waitMs: number) => {
  const deadline = Date.now() + waitMs;
  for (;;) {
    const lock = takeLock(join(dataDir, 'postgres.lock'));
    if (lock !== null) return lock;
    if (Date.now() >= deadline) {
      throw new EmbeddedDatabaseError(
        `Another Echelon Verify runs on the data directory ${dataDir}. Stop it first, or give this one its own DATA_DIR and PORT, for example DATA_DIR=.data-2 PORT=3001.`,
      );
    }
    await sleep(200);
  }
};

const openAs = async (
  lock: { release: () => void },
  dataDir: string,
  { durable, say }: { durable: boolean; say: (line: string) => void },
): Promise<EmbeddedDatabase> => {
  try {
    const state = (await readState(dataDir)) ?? (await decideState(dataDir));
    const directory = clusterOf(dataDir, state);
    const account = await accountFor(directory);
    const cluster = { directory, account, binaries: await binariesFor(account) };
    if ((await stat(directory).catch(() => null)) === null) {
      await initialise(cluster, { password: state.password, durable });
    } else {
      await endOrphan(directory);
    }
    const server = await keepServer(cluster, durable ? {} : testSettings, say);
    try {
      await createDatabase(state, server.port);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return {
      databaseUrl: urlOf(state, server.port),
      ended: server.ended,
      close: async () => {
        await server.stop();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
};

const connects = async (databaseUrl: string): Promise<boolean> => {
  const sql = postgres(databaseUrl, { max: 1, connect_timeout: 5, onnotice: () => {} });
  try {
    await sql`select 1`;
    return true;
  } catch {
    return false;
  } finally {
    await sql.end({ timeout: 1 });
  }
};

/**
 * The database of `dataDir` for a short command: the running installation's, or else one that is started now and stopped
 * by `close`.
 */
export const connectionOf = async (
  dataDir: string,
): Promise<{ databaseUrl: string; close: () => Promise<void> }> => {
  const place = resolve(dataDir);
  const deadline = Date.now() + 60_000;
  try {
    await mkdir(place, { recursive: true });
    const real = await realpath(place);
    for (;;) {
      const lock = takeLock(join(real, 'postgres.lock'));
      if (lock !== null) return await openAs(lock, real, { durable: true, say: () => {} });
      const state = await readState(real);
      const file = state === null ? null : await readPostmasterFile(clusterOf(real, state));
      if (state !== null && file?.ready && (await connects(urlOf(state, file.port)))) {
        return { databaseUrl: urlOf(state, file.port), close: async () => {} };
      }
      if (Date.now() >= deadline) {
        throw new EmbeddedDatabaseError(
          `The data directory ${place} is in use, but its database does not answer. Stop the process that uses it.`,
        );
      }
      await sleep(200);
    }
  } catch (error) {
    throw explain(place, error);
  }
};
