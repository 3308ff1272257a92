import { DatabaseSync } from 'node:sqlite';

/**
 * An exclusive lock on `file` that ends with this process, however it ends. Node has no flock; SQLite takes the
 * operating system's file lock, which a pid file cannot replace (pids are reused, and two starters can both find a
 * stale one).
 * @returns null if another process holds it.
 * @throws if the file cannot be written.
 */
export const takeLock = (file: string): { release: () => void } | null => {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('begin exclusive');
  } catch (error) {
    database.close();
    if (error instanceof Error && /database is locked/.test(error.message)) return null;
    throw error;
  }
  return { release: () => database.close() };
};
