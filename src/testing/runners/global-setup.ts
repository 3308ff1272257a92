import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { openEmbedded } from '#db/embedded.ts';
import { migrate } from '#db/migrate.ts';
import { installQueues } from '#queue/install.ts';

declare module 'vitest' {
  interface ProvidedContext {
    databaseServer: string;
  }
}

const templateName = 'template_migrated';

/** One Postgres for the whole run, and in it one migrated database that each test's own is cloned from. */
export default async (project: TestProject) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'echelon-verify-tests-'));
  // As root the account of Postgres must pass through it.
  await chmod(dataDir, 0o711);
  const server = await openEmbedded(dataDir, { durable: false });
  const sql = postgres(server.databaseUrl, { max: 1, onnotice: () => {} });
  await sql`create database ${sql(templateName)}`;
  await sql.end({ timeout: 5 });
  const template = new URL(server.databaseUrl);
  template.pathname = `/${templateName}`;
  await migrate(template.href);
  await installQueues(template.href);
  project.provide('databaseServer', server.databaseUrl);
  return async () => {
    await server.close();
    await rm(dataDir, { recursive: true, force: true });
  };
};
