import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const readKey = async (file: string): Promise<string | null> =>
  readFile(file, 'utf8').then(
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
const keyOf = async (dataDir: string, name: string, make: () => string): Promise<string> => {
  const file = join(dataDir, name);
  const present = await readKey(file);
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
  const made = await readKey(file);
  if (made === null) throw new Error(`The key ${file} could not be made.`);
  return made;
};

/**
 * The installation's secrets, from the environment or else the data directory. Machines that share a database must share
 * the secrets too, so both variables are set there.
 */
export const installationKeys = async (
  dataDir: string,
  given: { NEXTAUTH_SECRET?: string | undefined; SECRETS_KEY?: string | undefined },
): Promise<{ NEXTAUTH_SECRET: string; SECRETS_KEY: string }> => ({
  NEXTAUTH_SECRET:
    given.NEXTAUTH_SECRET ??
    (await keyOf(dataDir, 'nextauth-secret', () => randomBytes(32).toString('base64url'))),
  SECRETS_KEY:
    given.SECRETS_KEY ?? (await keyOf(dataDir, 'secrets-key', () => randomBytes(32).toString('hex'))),
});
