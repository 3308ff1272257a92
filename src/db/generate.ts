import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api';
import { type Migration, readJournal } from './journal.ts';
import { downFile, migrationsFolder, statementBreakpoint } from './migrations.ts';

/**
 * `npm run db:generate -- --name <what it does>`: has drizzle-kit write the next migration from the schema files, then
 * writes the down script of every migration that lacks one. drizzle-kit writes no down scripts, but going from the new
 * snapshot to the old one is a migration like any other.
 */

type Snapshot = Parameters<typeof generateMigration>[0];

const snapshotBefore = async (migrations: Migration[], migration: Migration): Promise<Snapshot> => {
  const previous = migrations[migrations.indexOf(migration) - 1];
  return previous === undefined ? generateDrizzleJson({}) : snapshotOf(previous);
};

const snapshotOf = async ({ idx }: Migration): Promise<Snapshot> =>
  JSON.parse(
    await readFile(join(migrationsFolder, 'meta', `${String(idx).padStart(4, '0')}_snapshot.json`), 'utf8'),
  );

const kit = spawnSync(
  process.execPath,
  [join(import.meta.dirname, '../../node_modules/drizzle-kit/bin.cjs'), 'generate', ...process.argv.slice(2)],
  { stdio: 'inherit', cwd: join(import.meta.dirname, '../..') },
);
if (kit.status !== 0) process.exit(kit.status ?? 1);

const migrations = await readJournal(migrationsFolder);
for (const migration of migrations.filter((candidate) => !existsSync(downFile(candidate)))) {
  const statements = await generateMigration(
    await snapshotOf(migration),
    await snapshotBefore(migrations, migration),
  );
  await writeFile(downFile(migration), `${statements.join(`\n${statementBreakpoint}\n`)}\n`);
  process.stdout.write(`Wrote ${downFile(migration)}: read it before you commit it.\n`);
}

// Drizzle applies what is dated after the last applied migration. A clock that went back would hide the new one.
const disordered = migrations.find(
  ({ when }, index) => index > 0 && when <= (migrations[index - 1]?.when ?? 0),
);
if (disordered !== undefined) {
  process.stderr.write(
    `${disordered.tag} is dated before the migration it follows, so it would never be applied: raise its "when" in drizzle/meta/_journal.json.\n`,
  );
  process.exit(1);
}
