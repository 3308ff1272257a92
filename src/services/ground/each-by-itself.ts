import type { ServiceContext } from './context.ts';
import { Outage, reportFault } from './fault.ts';

type Work<Item> = {
  /** Ids of one thing, for the log. */
  about: (item: Item) => Record<string, string>;
  work: (item: Item) => Promise<void>;
  /** Whether an error is a fault of all, beside a database that is away. */
  isOfAll?: (error: unknown) => boolean;
};

/**
 * Does a periodic task's work on each of several things. A fault of one is logged, and keeps no other from its turn: the
 * next turn tries it again. A fault of all ends the turn.
 * @returns how many went well.
 */
export const eachByItself = async <Item>(
  context: Pick<ServiceContext, 'log'>,
  items: readonly Item[],
  { about, work, isOfAll = () => false }: Work<Item>,
): Promise<number> => {
  let done = 0;
  for (const item of items)
    try {
      await work(item);
      done += 1;
    } catch (error) {
      if (isOfAll(error)) throw error;
      const fault = reportFault(context, error, about(item));
      if (fault instanceof Outage) throw fault;
    }
  return done;
};
