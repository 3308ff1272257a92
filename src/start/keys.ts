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

/** How each secret is made, and the file in the data directory that keeps it. */
const secrets = {
  NEXTAUTH_SECRET: { file: 'nextauth-secret', make: () => randomBytes(32).toString('base64url') },
  SECRETS_KEY: { file: 'secrets-key', make: () => randomBytes(32).toString('hex') },
  LOG_KEY: { file: 'log-key', make: () => randomBytes(32).toString('hex') },
};
type Secret = keyof typeof secrets;

/**
 * The installation's secrets, from the environment or else the data directory. Machines that share a database must share
 * the secrets too, so all variables are set there.
 */
export const installationKeys = async (
  dataDir: string,
  given: { [Name in Secret]?: string | undefined },
): Promise<Record<Secret, string>> => {
  const keyFor = (name: Secret) => {
    const { file, make } = secrets[name];
    return given[name] ?? keyOf(dataDir, file, make);
  };
  return {
    NEXTAUTH_SECRET: await keyFor('NEXTAUTH_SECRET'),
    SECRETS_KEY: await keyFor('SECRETS_KEY'),
    LOG_KEY: await keyFor('LOG_KEY'),
  };
};
