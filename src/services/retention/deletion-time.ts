import type { ServiceContext } from '../ground/context.ts';

const mostApartMs = 60_000;

/**
 * The time by which old rows are deleted: the database's. Null if this process's clock is more than a minute away from
 * it. One of the two is wrong then, and what a wrong clock deletes is gone.
 */
export const deletionTime = async ({
  readClocks,
  log,
}: Pick<ServiceContext, 'readClocks' | 'log'>): Promise<Date | null> => {
  const { database, process } = await readClocks();
  const apartMs = process.getTime() - database.getTime();
  if (Math.abs(apartMs) <= mostApartMs) return database;
  log.error(
    { aheadSeconds: Math.round(apartMs / 1000) },
    'Nothing is deleted: the clocks of this machine and of the database differ by more than a minute. Set them right.',
  );
  return null;
};
