import { spawnSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api';
import { readJournal } from './journal.ts';
import { downFile, migrationsFolder, statementBreakpoint } from './migrations.ts';

/**
 * `npm run db:generate`: writes the migrations from the schema files. Nothing has been released yet, so there are two
 * and they are rewritten in place: one makes all tables and has a down script; the other makes the triggers, is written
 * by hand, because drizzle-kit knows no triggers, and is kept as it is.
 */

/**
 * What the tables' indexes need. pg_trgm is trusted: whoever owns a database may create it there (Postgres 13 and later).
 * A rollback leaves it, because it may have been there before.
 */
const extensions = ['CREATE EXTENSION IF NOT EXISTS pg_trgm;'];

const tables = 'tables';
const triggers = 'triggers';

const kit = (...options: string[]) => {
  const { status } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, '../../node_modules/drizzle-kit/bin.cjs'), 'generate', ...options],
    { stdio: 'inherit', cwd: join(import.meta.dirname, '../..') },
  );
  if (status !== 0) process.exit(status ?? 1);
};

const triggersFile = join(migrationsFolder, `0001_${triggers}.sql`);
const triggerStatements = await readFile(triggersFile, 'utf8');
await rm(join(migrationsFolder, 'meta'), { recursive: true });
kit('--name', tables);
kit('--name', triggers, '--custom');
const tablesFile = join(migrationsFolder, `0000_${tables}.sql`);
const tableStatements = await readFile(tablesFile, 'utf8');
await writeFile(tablesFile, [...extensions, tableStatements].join(`${statementBreakpoint}\n`));
await writeFile(triggersFile, triggerStatements);

// drizzle-kit writes no down scripts, but going from the new snapshot to an empty one is a migration like any other.
const [first] = await readJournal(migrationsFolder);
if (first?.tag !== `0000_${tables}`) throw new Error('drizzle-kit wrote no first migration.');
const snapshot = JSON.parse(await readFile(join(migrationsFolder, 'meta/0000_snapshot.json'), 'utf8'));
const statements = await generateMigration(snapshot, generateDrizzleJson({}));
await writeFile(downFile(first), `${statements.join(`\n${statementBreakpoint}\n`)}\n`);
