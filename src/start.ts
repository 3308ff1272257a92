import { watch } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { faultCode } from '#contracts/errors.ts';
import { SchemaMismatch } from '#db/applied.ts';
import { openDatabase } from '#db/client.ts';
import { openEmbedded } from '#db/embedded.ts';
import { childEnvironment, type Environment, readEnvironment } from '#env.ts';
import { engineLine, isLoopbackHost, modeLine } from '#mode.ts';
import { createSignInLink } from '#services/account/index.ts';
import { prepareDatabase } from '#services/ground/index.ts';
import { answers, localUrl, requireFreePort } from '#start/address.ts';
import { ensureBuilt } from '#start/build.ts';
import { projectRoot, startProgram, supervise } from '#start/child.ts';
import { loadEnvironmentFiles } from '#start/environment-files.ts';
import { installationKeys } from '#start/keys.ts';

/**
 * `npm start`: the whole installation in one process tree that ends as a whole. `--dev` reloads.
 */

const dev = process.argv.includes('--dev');
const stopping = new AbortController();
/** What to close at the end, newest first. */
const open: (() => Promise<unknown>)[] = [];

const say = (line: string) => void process.stdout.write(`${line}\n`);

/** Each part gets a few seconds, so that all have ended within about ten. */
const graceMs = 7_000;

const closeAll = async () => {
  for (const close of open.splice(0).toReversed()) {
    await close().catch((error: Error) => say(`Stopping: ${error.message}`));
  }
};

let ending: Promise<void> | null = null;
const end = (code: number): Promise<void> => {
  stopping.abort();
  ending ??= closeAll().then(() => process.exit(code));
  return ending;
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (ending === null && !stopping.signal.aborted) say('Stopping…');
    void end(0);
  });
}

/** A killed npm forwards no signal, so end when npm has gone. Started another way, the program may outlive its parent. */
const endWithNpm = () => {
  if (childEnvironment({}).npm_lifecycle_event === undefined) return;
  const npm = process.ppid;
  setInterval(() => {
    if (process.ppid !== npm) void end(0);
  }, 1_000).unref();
};

/** The database's address: DATABASE_URL, or a server in the data directory that this process owns from now on. */
const openDatabaseServer = async (environment: Environment, dataDir: string): Promise<string> => {
  if (environment.DATABASE_URL !== undefined) return environment.DATABASE_URL;
  const embedded = await openEmbedded(dataDir, { say });
  open.push(embedded.close);
  void embedded.ended.then((lastWords) => {
    if (stopping.signal.aborted) return;
    say(`The database server keeps ending, so everything stops. Its last lines:\n${lastWords}`);
    void end(1);
  });
  return embedded.databaseUrl;
};

/** @param embeddedIn the data directory of an embedded database; null for one of DATABASE_URL. */
const prepare = async (databaseUrl: string, embeddedIn: string | null): Promise<void> => {
  try {
    await prepareDatabase(databaseUrl);
  } catch (error) {
    if (error instanceof SchemaMismatch) throw new SchemaMismatch(embeddedIn);
    if (embeddedIn !== null) throw error;
    // The message of a driver can hold the host and the user, never the password.
    throw new Error(
      `DATABASE_URL cannot be used: ${error instanceof Error ? error.message || (faultCode(error) ?? error.name) : 'unknown error'}`,
    );
  }
};

const printAddress = async (databaseUrl: string, baseUrl: string): Promise<void> => {
  const { db, close } = openDatabase(databaseUrl, { max: 1 });
  try {
    const { token, expiresAt } = await createSignInLink({ db });
    const until = expiresAt.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
    say('');
    say(`Echelon Verify runs at ${baseUrl}`);
    // In the fragment, which never reaches a server or its log.
    say(`Sign in (works once, until ${until}): ${baseUrl}/sign-in#link=${token}`);
    say('Stop it with Ctrl-C.');
  } finally {
    await close();
  }
};

/** Restarts the worker when one of its sources changes; Next reloads its own. */
const restartOnChange = (restart: () => Promise<void>) => {
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(join(projectRoot, 'src'), { recursive: true }, (_, file) => {
    if (
      file === null ||
      !/^(?:contracts|verification|db|queue|platform|services|jobs|rest|worker|composition|env|mode)\b/.test(
        file,
      )
    )
      return;
    if (/\.test\.ts$/.test(file)) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      say(`${file} changed: restarting the worker.`);
      void restart();
    }, 300);
  });
  open.push(async () => {
    clearTimeout(timer);
    watcher.close();
  });
};

const start = async () => {
  endWithNpm();
  loadEnvironmentFiles(projectRoot);
  const environment = readEnvironment();
  const { HOST, PORT } = environment;
  await requireFreePort(HOST, PORT);

  const dataDir = resolve(environment.DATA_DIR ?? join(projectRoot, '.data'));
  const databaseUrl = await openDatabaseServer(environment, dataDir);
  await mkdir(dataDir, { recursive: true });
  const keys = await installationKeys(dataDir, environment);
  await prepare(databaseUrl, environment.DATABASE_URL === undefined ? dataDir : null);

  const baseUrl = environment.NEXTAUTH_URL ?? localUrl(HOST, PORT);
  const forPrograms = childEnvironment({
    ...keys,
    HOST,
    PORT: String(PORT),
    DATA_DIR: dataDir,
    DATABASE_URL: databaseUrl,
    NEXTAUTH_URL: baseUrl,
    NEXT_TELEMETRY_DISABLED: '1',
    NODE_ENV: dev ? 'development' : 'production',
    // Less than the worker gets below, so that it hands its jobs back instead of losing them.
    GRACE_SECONDS: String(graceMs / 1000 - 1),
  });
  if (!dev) {
    await ensureBuilt(childEnvironment({}), {
      signal: stopping.signal,
      onStart: () => say('Building (the first start takes about a minute)…'),
      onStillBuilding: (seconds) => say(`Still building, for ${seconds} s so far…`),
    });
  }
  stopping.signal.throwIfAborted();

  const web = supervise(
    'web server',
    () => startProgram([join(projectRoot, 'src/start/web.ts'), ...(dev ? ['--dev'] : [])], forPrograms),
    say,
  );
  const worker = supervise(
    'worker',
    () => startProgram([join(projectRoot, 'src/worker.ts')], forPrograms),
    say,
  );
  open.push(() => Promise.all([web.stop(graceMs), worker.stop(graceMs)]));
  if (dev) restartOnChange(worker.restart);

  const answered = await answers(`${localUrl(HOST, PORT)}/api/health`, 120_000, stopping.signal);
  if (stopping.signal.aborted) return;
  if (!answered)
    throw new Error('The web server did not become ready within two minutes; see its lines above.');
  await printAddress(databaseUrl, baseUrl);
  say(modeLine(environment));
  const engine = engineLine(environment);
  if (engine !== null) say(engine);
  if (!isLoopbackHost(HOST) && environment.NEXTAUTH_URL === undefined) {
    say(
      'Other machines can reach this server. Set NEXTAUTH_URL to the address they use, so that people there can sign in.',
    );
  }
};

try {
  await start();
} catch (error) {
  if (!stopping.signal.aborted) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  }
  await end(1);
}
