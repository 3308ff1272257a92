import { execSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sql } from 'postgres';
import { afterEach, expect, test } from 'vitest';
import { openDatabase } from '#db/client.ts';
import { openEmbedded } from '#db/embedded.ts';
import { readJournal } from '#db/journal.ts';
import { migrate } from '#db/migrate.ts';
import { migrationsFolder } from '#db/migrations.ts';
import { localOwner, resolveSecret } from '#services/account/index.ts';
import { runCommand, runInProcess, withSettings } from '#testing/rigs/command-line.ts';
import { testDatabase } from '#testing/rigs/database.ts';
import { openToAll } from '#testing/rigs/open-to-all.ts';

type TestDatabase = Awaited<ReturnType<typeof testDatabase>>;
const opened: TestDatabase[] = [];
const open = async (options?: { migrated: boolean }) => {
  const database = await testDatabase(options);
  opened.push(database);
  return database;
};
afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.close()));
});

const triggersOf = async ({ sql }: TestDatabase) => {
  const rows = await sql<{ name: string }[]>`select tgname as name from pg_trigger where not tgisinternal`;
  return rows.map(({ name }) => name);
};

test('db migrate makes tables and queues, db rollback rolls back the last migration, and migrating applies it again', async () => {
  const database = await open({ migrated: false });
  const here = withSettings({ databaseUrl: database.databaseUrl });
  expect(await runInProcess(['db', 'migrate'], here)).toMatchObject({ code: 0, stderr: '' });
  expect(await database.sql`select id from verification_runs`).toEqual([]);
  expect(await triggersOf(database)).toContain('verification_runs_changed');
  const queues = await database.sql`select name from pgboss.queue`;
  expect(queues.map(({ name }) => name)).toContain('score-replay');
  const rolledBack = await runInProcess(['db', 'rollback'], here);
  expect(rolledBack.code).toBe(0);
  expect(rolledBack.stdout).toMatch(/^Rolled back the migration \S+\. /);
  expect(await triggersOf(database)).toEqual([]);
  expect(await database.sql`select name from pgboss.queue`).toHaveLength(queues.length);
  expect(await runInProcess(['db', 'migrate'], here)).toMatchObject({ code: 0 });
  expect(await triggersOf(database)).toContain('verification_runs_changed');
});

test('repeated db rollback leaves an empty database, which db migrate fills again', async () => {
  const database = await open({ migrated: false });
  const here = withSettings({ databaseUrl: database.databaseUrl });
  const all = async () => ({
    schemas: (
      await database.sql`select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'`
    ).map(({ nspname }) => nspname),
    ...Object.fromEntries(
      await Promise.all(
        (['class', 'proc', 'type'] as const).map(async (kind) => {
          const name = { class: 'rel', proc: 'pro', type: 'typ' }[kind];
          const [row] = await database.sql.unsafe<{ count: number }[]>(
            // An extension stays, because it may have been there before.
            `select count(*)::int as count from pg_${kind} made join pg_namespace n on n.oid = ${name}namespace
             where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and not exists (select from pg_depend
               where classid = 'pg_${kind}'::regclass and objid = made.oid and deptype = 'e')`,
          );
          return [kind, row?.count] as const;
        }),
      ),
    ),
  });
  const empty = await all();
  expect(empty).toEqual({ schemas: ['public'], class: 0, proc: 0, type: 0 });
  await runInProcess(['db', 'migrate'], here);
  const filled = await all();
  expect(filled.schemas).toEqual(expect.arrayContaining(['public', 'drizzle', 'pgboss']));
  for (const tag of (await readJournal(migrationsFolder)).map((migration) => migration.tag).toReversed())
    expect((await runInProcess(['db', 'rollback'], here)).stdout).toContain(tag);
  expect(await all()).toEqual(empty);
  expect(await runInProcess(['db', 'migrate'], here)).toMatchObject({ code: 0, stderr: '' });
  expect(await all()).toEqual(filled);
});

/** Leaves the database as another version would, with migrations that this one does not have. */
const makeEarlier = (sql: Sql) =>
  sql`update drizzle.__drizzle_migrations set hash = 'earlier', created_at = created_at - 1000`;

test('a database of another version is refused, with the command that empties it', async () => {
  const database = await open();
  await makeEarlier(database.sql);
  const here = withSettings({ databaseUrl: database.databaseUrl });
  for (const command of [
    ['db', 'migrate'],
    ['db', 'rollback'],
    ['token', 'create', '--name', 'ci'],
  ]) {
    const outcome = await runInProcess(command, here);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/^The database was set up by another version of Echelon Verify/);
    const statements = /psql "\$DATABASE_URL" -c '([^']+)'/.exec(outcome.stderr)?.[1];
    if (command[0] === 'token') await database.sql.unsafe(statements ?? '');
  }
  expect(await runInProcess(['db', 'migrate'], here)).toMatchObject({ code: 0, stderr: '' });
});

test('rolling back without a migration is no failure', async () => {
  const { databaseUrl } = await open({ migrated: false });
  const outcome = await runInProcess(['db', 'rollback'], withSettings({ databaseUrl }));
  expect(outcome).toMatchObject({ code: 0, stdout: 'There is no migration to roll back.\n' });
});

test('only the token is on standard output, and it opens the owner’s account', async () => {
  const { db, databaseUrl } = await open();
  const outcome = await runCommand(['token', 'create', '--name', 'ci'], {
    env: { DATABASE_URL: databaseUrl },
  });
  expect(outcome.code).toBe(0);
  const { userId } = await localOwner({ db });
  expect(await resolveSecret({ db, signInRule: openToAll }, outcome.stdout.trim(), 'bearer')).toMatchObject({
    userId,
    credential: { kind: 'token', scopes: ['runs:read'] },
  });
});

test('tokens are made with scopes and an expiry, listed without their secrets, and revoked', async () => {
  const { db, databaseUrl } = await open();
  const token = (...args: string[]) => runInProcess(['token', ...args], withSettings({ databaseUrl }));
  expect((await token('list')).stdout).toBe('No tokens.\n');
  const scopes = ['--scope', 'runs:write,runs:read', '--scope', 'runs:spend'];
  const created = await token('create', '--name', 'ci', ...scopes, '--expires', '90d', '--json');
  const made = JSON.parse(created.stdout);
  expect(made).toMatchObject({ name: 'ci', scopes: ['runs:read', 'runs:write', 'runs:spend'] });
  expect(Date.parse(made.expires_at) - Date.parse(made.created_at)).toBe(90 * 24 * 3_600_000);
  const listed = await token('list');
  expect(listed.stdout).toContain(made.id);
  expect(listed.stdout).not.toContain(made.token);
  const { tokens } = JSON.parse((await token('list', '--json')).stdout);
  const { token: _secret, ...shown } = made;
  expect(tokens).toEqual([shown]);

  expect(await token('revoke', made.id)).toMatchObject({ code: 0, stdout: `Revoked ${made.id}.\n` });
  expect(await resolveSecret({ db, signInRule: openToAll }, made.token, 'bearer')).toBeNull();
  expect(await token('revoke', made.id)).toMatchObject({ code: 1, stderr: 'You have no such token.\n' });
});

test.each([
  [['--scope', 'runs:all'], 'Known scopes: runs:read, runs:write'],
  [['--scope', ''], 'is not a scope'],
  [['--expires', '90'], 'for example 90d'],
  [['--expires', '0d'], 'at least a minute'],
  [['--expires', '99999d'], 'at most 3650 days'],
])('a token with %j is wrong usage, and the message says what is right', async (args, message) => {
  const outcome = await runInProcess(['token', 'create', '--name', 'ci', ...args], () =>
    expect.unreachable(),
  );
  expect(outcome).toMatchObject({ code: 2, stdout: '' });
  expect(outcome.stderr).toContain(message);
});

test('without DATABASE_URL the data directory’s own database is used, and stopped again', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'echelon-cli-data-'));
  try {
    const env = { DATA_DIR: dataDir };
    const create = ['token', 'create', '--name', 'ci', '--json'];
    expect(await runCommand(create, { env })).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(`${dataDir} holds no installation. Set DATA_DIR or DATABASE_URL`),
    });
    expect(readdirSync(dataDir)).toEqual([]);
    expect(await runCommand(['db', 'migrate'], { env })).toMatchObject({ code: 0 });
    expect(await runCommand(create, { env })).toMatchObject({ code: 0 });
    // The directory is free again: a second command takes it.
    expect(await runCommand(['db', 'migrate'], { env })).toMatchObject({ code: 0 });
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

test('a data directory of another version is refused, with the command that moves it away', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'echelon-cli-data-'));
  try {
    const here = withSettings({ databaseUrl: null, dataDir });
    const embedded = await openEmbedded(dataDir, { durable: false });
    await migrate(embedded.databaseUrl);
    const { sql, close } = openDatabase(embedded.databaseUrl, { max: 1 });
    await makeEarlier(sql);
    await close();
    await embedded.close();

    const outcome = await runInProcess(['db', 'migrate'], here);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toContain(`The data directory ${dataDir} was set up by another version`);
    const command = /: (mv .+)$/m.exec(outcome.stderr)?.[1] ?? '';
    execSync(command);
    expect(await runInProcess(['db', 'migrate'], here)).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(`${dataDir}-old/postgres.json`)).toBe(true);
  } finally {
    for (const made of [dataDir, `${dataDir}-old`]) {
      const { outside } = existsSync(join(made, 'postgres.json'))
        ? JSON.parse(readFileSync(join(made, 'postgres.json'), 'utf8'))
        : { outside: null };
      rmSync(made, { recursive: true, force: true });
      if (outside !== null) rmSync(outside, { recursive: true, force: true });
    }
  }
});

test('a database that cannot be reached is reported without its password', async () => {
  const outcome = await runInProcess(
    ['db', 'migrate'],
    withSettings({ databaseUrl: 'postgres://someone:planted-password@127.0.0.1:9/none' }),
  );
  expect(outcome).toMatchObject({ code: 1, stdout: '' });
  expect(outcome.stderr).toContain('could not be reached (ECONNREFUSED)');
  expect(outcome.stderr).not.toContain('planted');
});
