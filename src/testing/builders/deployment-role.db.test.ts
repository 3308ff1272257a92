import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { expect, inject, onTestFinished, test } from 'vitest';
import { prepareDatabase } from '#services/ground/index.ts';
import { roleScripts } from './deployment.ts';

test('the role of the deployment files can set up and use the database, and is no superuser', async () => {
  const [script = '', other] = roleScripts;
  expect(other).toBe(script);
  const name = `role_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  // psql reads the first line and fills in the password.
  const statements = script
    .replace('\\getenv password ECHELON_PASSWORD\n', '')
    .replaceAll(":'password'", `'${password}'`)
    .replaceAll(/\bechelon\b/g, name)
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
  expect(statements).toHaveLength(3);
  const server = postgres(inject('databaseServer'), { max: 1, onnotice: () => {} });
  onTestFinished(async () => {
    await server.unsafe(`drop database if exists ${name} with (force)`);
    await server.unsafe(`drop role if exists ${name}`);
    await server.end({ timeout: 5 });
  });
  for (const statement of statements) await server.unsafe(statement);
  const url = new URL(inject('databaseServer'));
  Object.assign(url, { username: name, password, pathname: `/${name}` });
  await prepareDatabase(url.href);
  const own = postgres(url.href, { max: 1 });
  onTestFinished(() => own.end({ timeout: 5 }));
  expect(
    await own`select rolsuper, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user`,
  ).toEqual([{ rolsuper: false, rolcreaterole: false, rolcreatedb: false }]);
  expect(await own`select count(*)::int as runs from verification_runs`).toEqual([{ runs: 0 }]);
});
