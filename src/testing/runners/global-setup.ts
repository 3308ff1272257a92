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

/** Starts one Postgres for the whole run, with one migrated database from which each test's database is cloned. */
export default async (project: TestProject) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'echelon-verify-tests-'));
  // Under root, Postgres runs as another account and must be able to enter the folder.
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
