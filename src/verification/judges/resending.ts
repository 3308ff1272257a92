import { askingThrough, type Judge } from './judge.ts';

/** Three losses in a row mean that there is no connection: the caller waits for it or reports it. */
const mostResends = 2;

/**
 * Sends a question again that was lost: sent and not answered. The client does not do so on its own, because each
 * sending may be charged and so must be booked. `judge` must book each question.
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
