import type { StrangersCalls } from '../ground/context.ts';
import { SlotsTaken } from './slots.ts';

/**
 * Below this number of calls any stranger may make another. It is half of a worker's slots that replays of strangers may
 * take (`divided` of its 20 in the queue).
 */
const freelyTaken = 8;

/**
 * A call holds its worker's slot for as long as its oracle is silent. So that a few strangers whose oracles hang do not
 * hold all slots, the last ones are only for strangers who have no call under way.
 */
export const openStrangersCalls = (): StrangersCalls => {
  const underWay = new Map<string, number>();
  let all = 0;
  const count = (stranger: string, by: 1 | -1) => {
    all += by;
    const own = (underWay.get(stranger) ?? 0) + by;
    if (own === 0) underWay.delete(stranger);
    else underWay.set(stranger, own);
  };
  return {
    begin: (stranger) => {
      if (all >= freelyTaken && underWay.has(stranger))
        throw new SlotsTaken('many calls are under way. One of yours is made at a time until they end');
      count(stranger, 1);
      return () => count(stranger, -1);
    },
  };
};
