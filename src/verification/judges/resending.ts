import { askingThrough, type Judge } from './judge.ts';

/** Who loses three in a row has no connection to speak of: that is waited for, or told. */
const mostResends = 2;

/**
 * A judge whose question is sent anew where it got lost: sent, and not answered. The client does not do so by itself,
 * because each sending may be charged and is to be booked: `judge` has to book each asking.
 */
export const resending = (judge: Judge): Judge =>
  askingThrough(judge, ({ ask }) => async (task, signal) => {
    for (let resent = 0; ; resent += 1) {
      const reply = await ask(task, signal);
      const isLost =
        !reply.ok && reply.fault === 'unavailable' && reply.passing && (reply.uncertain ?? 0) > 0;
      if (!isLost || resent === mostResends) return { ...reply, retries: reply.retries + resent };
    }
  });
