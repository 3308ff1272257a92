import { askingThrough, type Judge } from './judge.ts';

/** How long a judge that cannot be asked just now is waited for before that is the reply. */
export const judgePatienceMs = 30 * 60_000;

/**
 * Waits for a judge that cannot be asked just now; `detail` says why. Resolves to true when it may be asked again, to
 * false when it has been waited for long enough. Rejects where it is not waited for here, but the whole replay is taken
 * up again later.
 */
export type WaitForJudge = (detail: string, signal?: AbortSignal) => Promise<boolean>;

/**
 * A judge that is waited for where it cannot be asked just now; without it that is the verifier's failure.
 * @param waiting makes the waiting of one question.
 */
export const patientJudge = (judge: Judge, waiting: () => WaitForJudge): Judge =>
  askingThrough(judge, ({ ask }) => async (task, signal) => {
    const wait = waiting();
    for (;;) {
      const reply = await ask(task, signal);
      if (reply.ok || reply.fault !== 'unavailable' || !reply.passing) return reply;
      if (!(await wait(reply.detail, signal))) return reply;
    }
  });
