import { sql } from 'drizzle-orm';
import { AppError } from '#contracts/errors.ts';
import type { Database, Executor } from '#db/client.ts';
import { tookTooLong } from '#db/unavailable.ts';

/** A page that takes longer is not worth the connection that others wait for. */
const longestMs = 3_000;

/**
 * Reads what anyone may ask for, in one snapshot. Each statement has a bound, so that strangers cannot hold the pool.
 * @throws AppError SERVICE_UNAVAILABLE if a statement takes too long.
 */
export const publicRead = async <T>(db: Database, read: (snapshot: Executor) => Promise<T>): Promise<T> => {
  try {
    return await db.transaction(
      async (snapshot) => {
        await snapshot.execute(sql.raw(`set local statement_timeout = ${longestMs}`));
        return read(snapshot);
      },
      { isolationLevel: 'repeatable read', accessMode: 'read only' },
    );
  } catch (error) {
    if (!tookTooLong(error)) throw error;
    throw new AppError(
      'SERVICE_UNAVAILABLE',
      'The database cannot be used at the moment: it is too busy. Try again in a few seconds.',
    );
  }
};
