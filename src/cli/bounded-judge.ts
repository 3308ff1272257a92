import { judgeOf } from '#contracts/judge-providers.ts';
import { BudgetReached, bookedJudge, type JudgeAccount } from '#verification/judges/booked-judge.ts';
import { askingThrough, type Judge } from '#verification/judges/judge.ts';
import { judgePatienceMs, patientJudge, type WaitForJudge } from '#verification/judges/patient-judge.ts';
import { resending } from '#verification/judges/resending.ts';
import { RunStopped } from './exit.ts';

const firstWaitMs = 5_000;
const longestWaitMs = 60_000;

export type JudgeBounds = {
  account: JudgeAccount;
  /** The option that names this judge's model. */
  modelOption: '--model' | '--agreement-model';
  /** Its address was given by `--judge-url` and not by a variable. */
  isUrlGiven?: boolean;
  /** Called with the reason before each wait for the judge. */
  onWait: (message: string) => void;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  now: () => number;
};

const capitalised = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** Stops the run: every later call would be refused too, and would leave its replay unscored. */
const refusal = (
  mend: 'key' | 'model',
  detail: string,
  { provider, model }: Pick<Judge, 'provider' | 'model'>,
  modelOption: JudgeBounds['modelOption'],
): RunStopped => {
  const { model: judge } = judgeOf(provider);
  if (mend === 'key' || judge === null) return new RunStopped(`${capitalised(detail)}.`);
  const { api, variables } = judge;
  return new RunStopped(
    `${capitalised(api)} does not know the model ${model}: check ${modelOption}${modelOption === '--model' ? ` (or ${variables.model})` : ''}, and ${variables.url} if it is set.`,
    'Run the same command again to resume. If nothing is judged yet, you may name another model; otherwise another model needs another --out.',
  );
};

/** " at http://127.0.0.1:8000 (by --judge-url)", of a judge whose address the operator chose. */
const addressText = ({ provider, endpoint }: Judge, isUrlGiven: boolean): string =>
  endpoint === null
    ? ''
    : ` at ${endpoint} (by ${isUrlGiven ? '--judge-url' : judgeOf(provider).model?.variables.url})`;

/** Waits in place, each time twice as long, up to a minute. */
const waitingInPlace = (
  judge: Judge,
  { onWait, sleep, now, isUrlGiven = false }: Pick<JudgeBounds, 'onWait' | 'sleep' | 'now' | 'isUrlGiven'>,
): WaitForJudge => {
  const until = now() + judgePatienceMs;
  const untilText = `${new Date(until).toISOString().slice(11, 16)} UTC`;
  let waitMs = firstWaitMs;
  return async (detail, signal) => {
    if (now() + waitMs > until) return false;
    onWait(`Waiting until ${untilText} for the judge${addressText(judge, isUrlGiven)}: ${detail}`);
    await sleep(waitMs, signal);
    waitMs = Math.min(longestWaitMs, waitMs * 2);
    return true;
  };
};

/**
 * A judge that books each call on an account and is not waited for: another takes its place.
 * Asking rejects with RunStopped if the account has no room.
 */
export const accountedJudge = (judge: Judge, account: JudgeAccount): Judge =>
  askingThrough(
    resending(bookedJudge(judge, account)),
    ({ ask }) =>
      (task, signal) =>
        ask(task, signal).catch((error: unknown) => {
          if (!(error instanceof BudgetReached)) throw error;
          throw new RunStopped(error.message, 'Run the same command with a higher --max-cost to resume.');
        }),
  );

/**
 * A judge that books each call on an account and is asked again for a while if it is unavailable.
 * Asking rejects with RunStopped if the account has no room, or if the API refuses for good.
 */
export const boundedJudge = (judge: Judge, { account, modelOption, ...bounds }: JudgeBounds): Judge =>
  askingThrough(
    patientJudge(accountedJudge(judge, account), () => waitingInPlace(judge, bounds)),
    ({ ask }) =>
      async (task, signal) => {
        const reply = await ask(task, signal);
        if (!reply.ok && reply.fault === 'unavailable' && reply.mend !== undefined)
          throw refusal(reply.mend, reply.detail, judge, modelOption);
        return reply;
      },
  );
