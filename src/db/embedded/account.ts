import { execFileSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Whom Postgres runs as where that is not ourselves: it refuses to run as root. */
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
 * Null where Postgres runs as ourselves. As root: the owner of the existing data, so that a directory made by a plain
 * user stays usable; else the account `postgres`, made where the system has none.
 * @throws where the system has no such account and lets none be made.
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
    // The question is only whether the account stands there now.
  }
  const made = postgresAccount();
  if (made !== null) return made;
  throw new Error(
    'Postgres does not run as root, and no account named postgres could be made on this system. Start as another user, or set DATABASE_URL to a Postgres of your own.',
  );
};

/** Whether an account that owns nothing on the way may pass through `path` and every folder above it. */
export const isReachableByOthers = async (path: string): Promise<boolean> => {
  for (let folder = path; ; folder = dirname(folder)) {
    const { mode } = await stat(folder);
    if ((mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
};
