import type { ServiceContext } from '../ground/context.ts';

const mostApartMs = 60_000;
const onceInMs = 60_000;

/** For each process's log, until when it says nothing more about clocks that differ. */
const quietUntil = new WeakMap<object, number>();

/**
 * The time by which old rows are deleted: the database's. Null if this process's clock is more than a minute away from
 * it. One of the two is wrong then, and what a wrong clock deletes is gone. Several tasks ask again and again: the log
 * says when it begins, once a minute that it lasts, and when it ends.
 * @param timerMs counts the process's time, whatever its clock says.
 */
export const deletionTime = async (
  { readClocks, log }: Pick<ServiceContext, 'readClocks' | 'log'>,
  timerMs: () => number = () => performance.now(),
): Promise<Date | null> => {
  const { database, process } = await readClocks();
  const apartMs = process.getTime() - database.getTime();
  if (Math.abs(apartMs) <= mostApartMs) {
    if (quietUntil.delete(log))
      log.info({}, 'The clocks agree again: what is past its retention is deleted.');
    return database;
  }
  const at = timerMs();
  if (at >= (quietUntil.get(log) ?? at)) {
    quietUntil.set(log, at + onceInMs);
    log.error(
      { aheadSeconds: Math.round(apartMs / 1000) },
      'Nothing is deleted: the clocks of this machine and of the database differ by more than a minute. Set them right.',
    );
  }
  return null;
};
