import { askingThrough, type Judge } from './judge.ts';

/** How long to wait for a judge that cannot be asked for now, before the question ends as unavailable. */
export const judgePatienceMs = 30 * 60_000;

/**
 * Waits for a judge that cannot be asked for now; `detail` says why. Resolves to true when it may be asked again, to
 * false after waiting long enough. Rejects if the whole replay is to be put back and resumed later instead.
 */
export type WaitForJudge = (detail: string, signal?: AbortSignal) => Promise<boolean>;

/**
 * Waits while the judge cannot be asked for now. Without this, such a question counts as the verifier's failure.
 * @param waiting makes the wait of one question.
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
