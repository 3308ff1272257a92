import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The key in `<dataDir>/<name>`, or null if none was made yet. */
export const readKept = async (dataDir: string, name: string): Promise<string | null> =>
  readFile(join(dataDir, name), 'utf8').then(
    (text) => text.trim(),
    (error) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    },
  );

/**
 * The key in `<dataDir>/<name>`, made once and readable by its owner alone. Processes that make it at the same time all
 * get the same key: a hard link, unlike a write, never replaces an existing file.
 */
export const keptKey = async (dataDir: string, name: string, make: () => string): Promise<string> => {
  const file = join(dataDir, name);
  const present = await readKept(dataDir, name);
  if (present !== null) return present;
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, `${make()}\n`, { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, file).catch((error) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
  const made = await readKept(dataDir, name);
  if (made === null) throw new Error(`The key ${file} could not be made.`);
  return made;
};
