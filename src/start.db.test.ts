import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '#db/client.ts';
import { freePort } from '#db/embedded/free-port.ts';
import { openEmbedded } from '#db/embedded.ts';
import { prepareDatabase } from '#services/ground/index.ts';
import { testDatabase } from '#testing/rigs/database.ts';
import { plainEnvironment } from '#testing/rigs/installation.ts';

const projectRoot = join(import.meta.dirname, '..');

const dataDirectory = async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'echelon-verify-start-'));
  // As root the account of Postgres must pass through it.
  await chmod(dataDir, 0o711);
  onTestFinished(() => rm(dataDir, { recursive: true, force: true, maxRetries: 30, retryDelay: 100 }));
  return dataDir;
};

/** What a program says before it ends, with its exit code. */
const outcomeOf = async (program: string, settings: Record<string, string>) => {
  const started = spawn(process.execPath, [join(projectRoot, 'src', program)], {
    cwd: projectRoot,
    env: plainEnvironment({
      PORT: String(await freePort()),
      SECRETS_KEY: randomBytes(32).toString('hex'),
      LOG_KEY: randomBytes(32).toString('hex'),
      SIGNING_KEY: randomBytes(32).toString('hex'),
      NEXTAUTH_SECRET: 'x'.repeat(32),
      ...settings,
    }),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void started.kill('SIGKILL'));
  const [stderr, [code]] = await Promise.all([text(started.stderr), once(started, 'close')]);
  return { code, stderr };
};

/** As a version left the database whose migrations are not among this one's. */
const makeEarlier = async (databaseUrl: string) => {
  const { sql, close } = openDatabase(databaseUrl, { max: 1 });
  await sql`update drizzle.__drizzle_migrations set hash = 'earlier'`;
  await close();
};

test.each([
  ['start.ts', ''],
  ['worker.ts', 'The worker cannot start: '],
])('%s refuses a database of another version, with the command that empties it', async (program, before) => {
  const { databaseUrl, close } = await testDatabase();
  onTestFinished(close);
  await makeEarlier(databaseUrl);
  const { code, stderr } = await outcomeOf(program, {
    DATABASE_URL: databaseUrl,
    DATA_DIR: await dataDirectory(),
  });
  expect(code).toBe(1);
  expect(stderr).toContain(`${before}The database was set up by another version of Echelon Verify`);
  expect(stderr).toContain('psql "$DATABASE_URL" -c');
});

test('start.ts refuses a data directory of another version, with the command that moves it away', async () => {
  const dataDir = await dataDirectory();
  const embedded = await openEmbedded(dataDir, { durable: false });
  await prepareDatabase(embedded.databaseUrl);
  await makeEarlier(embedded.databaseUrl);
  await embedded.close();
  const { outside } = JSON.parse(await readFile(join(dataDir, 'postgres.json'), 'utf8'));
  if (outside !== null) onTestFinished(() => rm(outside, { recursive: true, force: true }));
  const { code, stderr } = await outcomeOf('start.ts', { DATA_DIR: dataDir });
  expect(code).toBe(1);
  expect(stderr).toContain(`mv '${dataDir}' '${dataDir}-old'`);
});
