import { execFileSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The account that Postgres runs as instead of ours: it refuses to run as root. */
export type Account = { uid: number; gid: number };

const idOf = (flag: '-u' | '-g') =>
  Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));

const postgresAccount = (): Account | null => {
  try {
    return { uid: idOf('-u'), gid: idOf('-g') };
  } catch {
    return null;
  }
};

/**
 * Null if Postgres runs as our own account. As root: the owner of the existing data, so that a directory made by an
 * ordinary user stays usable; else the account `postgres`, which is created if the system lacks it.
 * @throws if the system has no such account and does not let us create one.
 */
export const accountFor = async (dataPath: string): Promise<Account | null> => {
  if (process.getuid?.() !== 0) return null;
  const existing = await stat(dataPath).catch(() => null);
  if (existing !== null && existing.uid !== 0) return { uid: existing.uid, gid: existing.gid };
  const present = postgresAccount();
  if (present !== null) return present;
  try {
    execFileSync('useradd', ['--system', '--user-group', '--shell', '/usr/sbin/nologin', 'postgres'], {
      stdio: 'ignore',
    });
  } catch {
    // What matters is whether the account exists now.
  }
  const made = postgresAccount();
  if (made !== null) return made;
  throw new Error(
    'Postgres does not run as root, and an account named postgres could not be created on this system. Start as another user, or set DATABASE_URL to a Postgres of your own.',
  );
};

/** Whether any account may pass through `path` and every folder above it. */
export const isReachableByOthers = async (path: string): Promise<boolean> => {
  for (let folder = path; ; folder = dirname(folder)) {
    const { mode } = await stat(folder);
    if ((mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
};
