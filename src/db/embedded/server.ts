import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { freePort } from './free-port.ts';

/** Never the whole environment: it holds secrets that a database server has no use for. */
const environment = {
  NODE_ENV: 'production',
  PATH: '/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
} satisfies NodeJS.ProcessEnv;

export const superuser = 'echelon';

export type Place = { directory: string; account: Account | null; binaries: Binaries };

/** Why a Postgres program failed, in its own words. */
const failure = (what: string, output: string) => {
  const lines = output.split('\n').filter((line) => /error|fatal|panic|could not|no space/i.test(line));
  return new Error(`${what}: ${(lines.length > 0 ? lines : output.split('\n')).slice(-3).join(' ').trim()}`);
};

/**
 * Makes a new cluster beside its final place and moves it there when it is complete, so that an existing directory can
 * always be started.
 */
export const initialise = async (
  { directory, account, binaries }: Place,
  options: { password: string; durable: boolean },
): Promise<void> => {
  const unfinished = `${directory}.new`;
  const passwordFile = join(unfinished, 'password');
  const cluster = join(unfinished, 'cluster');
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  await writeFile(passwordFile, options.password, { mode: 0o600 });
  if (account !== null) {
    await chown(unfinished, account.uid, account.gid);
    await chown(passwordFile, account.uid, account.gid);
  }
  try {
    const initdb = spawn(
      binaries.initdb,
      [
        `--pgdata=${cluster}`,
        `--username=${superuser}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        // The builtin provider sorts the same on every system, whatever its C library.
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        ...(options.durable ? [] : ['--no-sync']),
      ],
      { ...(account ?? {}), cwd: unfinished, env: environment, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let output = '';
    initdb.stdout.on('data', (chunk) => {
      output += chunk;
    });
    initdb.stderr.on('data', (chunk) => {
      output += chunk;
    });
    const [code] = await once(initdb, 'close');
    if (code !== 0) throw failure('The database could not be created', output);
    await rename(cluster, directory);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
};

/** Ends the server if we die without stopping it: its standard input closes with us, whatever killed us. */
const keepWatch = (pid: number, account: Account | null): ChildProcess =>
  spawn('/bin/sh', ['-c', 'while read -r _; do :; done; kill -INT "$1"', 'sh', String(pid)], {
    ...(account ?? {}),
    cwd: '/',
    env: environment,
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });

export type Server = {
  port: number;
  pid: number;
  /** Resolves when the server has ended, with its last lines of output. */
  ended: Promise<string>;
  stop: () => Promise<void>;
};

const readyWithinMs = 120_000;

/**
 * Starts the cluster on 127.0.0.1, without a unix socket: a killed server would leave its lock.
 * @param fixedPort default: a free one.
 */
export const startServer = async (
  place: Place,
  settings: Record<string, string>,
  fixedPort?: number,
): Promise<Server> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOn(place, fixedPort ?? (await freePort()), settings);
    } catch (error) {
      // Another process took the port in between, or a killed server's shared memory is not free yet.
      const passing =
        error instanceof Error && /address already in use|still in use|could not bind/i.test(error.message);
      if (!passing || attempt === 5) throw error;
      await sleep(500 * attempt);
    }
  }
};

const startOn = async (place: Place, port: number, settings: Record<string, string>): Promise<Server> => {
  const all: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // A container's /dev/shm is often too small for the default.
    dynamic_shared_memory_type: 'mmap',
    ...settings,
  };
  const server = spawn(
    place.binaries.postgres,
    [
      '-D',
      place.directory,
      '-p',
      String(port),
      ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    {
      ...(place.account ?? {}),
      cwd: '/',
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
      // Its own process group: Ctrl-C in the terminal must reach us first and the server last.
      detached: true,
    },
  );
  let tail = '';
  const exited = once(server, 'close').then(() => tail);
  const { pid } = server;
  if (pid === undefined)
    throw failure('The database server did not start', String((await once(server, 'error'))[0]));
  const watch = keepWatch(pid, place.account);
  const ended = exited.finally(() => watch.kill('SIGKILL'));
  const stop = async () => {
    for (const [signal, patienceMs] of [
      ['SIGINT', 8_000],
      ['SIGQUIT', 3_000],
      ['SIGKILL', 3_000],
    ] as const) {
      server.kill(signal);
      const waiting = new AbortController();
      const done = await Promise.race([
        ended.then(() => true),
        sleep(patienceMs, false, { signal: waiting.signal }).catch(() => false),
      ]);
      waiting.abort();
      if (done) return;
    }
  };
  const ready = new Promise<boolean>((resolve) => {
    server.stderr.on('data', (chunk) => {
      tail = `${tail}${chunk}`.slice(-8_000);
      if (tail.includes('database system is ready to accept connections')) resolve(true);
    });
  });
  const waiting = new AbortController();
  const started = await Promise.race([
    ready,
    ended.then(() => false),
    sleep(readyWithinMs, false, { signal: waiting.signal }).catch(() => false),
  ]);
  waiting.abort();
  if (!started) {
    await stop();
    throw failure('The database server did not start', tail);
  }
  return { port, pid, ended, stop };
};
