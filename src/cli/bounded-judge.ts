import { type JudgeUsage, noUsage } from '#contracts/replay.ts';
import { askingThrough, type Judge, NotSent } from '#verification/judges/judge.ts';
import { countedCostUsd } from '#verification/judges/model/prices.ts';
import { resending } from '#verification/judges/resending.ts';
import { RunStopped } from './exit.ts';
import { inTurn, spentUsd } from './ledger.ts';
import type { RunStore } from './run-store.ts';

/** How long a judge that cannot be had just now is waited for. */
const patienceMs = 30 * 60_000;
const firstWaitMs = 5_000;
const longestWaitMs = 60_000;

export type Account = {
  /**
   * Waits for room and resolves once the booking is kept, to how the call is settled; that resolves once it is kept too.
   * @throws RunStopped where there will be no room.
   */
  book(mostUsd: number): Promise<(usage: JudgeUsage, uncertain?: number) => Promise<void>>;
};

/**
 * What a run's calls to its judges may cost together: each is booked at the most that it can cost before it is made, so
 * that calls side by side cannot overrun the limit, nor can the starts of a run that is stopped and resumed: the ledger
 * holds a booking until its call has ended.
 */
export const openAccount = (
  limitUsd: number | null,
  { ledger, keepLedger }: Pick<RunStore, 'ledger' | 'keepLedger'>,
): Account => {
  let settledUsd = spentUsd(ledger);
  let bookedUsd = 0;
  let underWay = 0;
  const waiting: (() => void)[] = [];
  const write = inTurn(keepLedger);
  const end = (mostUsd: number, costUsd: number) => {
    underWay -= 1;
    // Sums of binary fractions leave a rest, which would hold room for nothing.
    bookedUsd = underWay === 0 ? 0 : bookedUsd - mostUsd;
    settledUsd += costUsd;
    for (const resolve of waiting.splice(0)) resolve();
  };
  return {
    book: async (mostUsd) => {
      while (limitUsd !== null && settledUsd + bookedUsd + mostUsd > limitUsd) {
        if (underWay === 0)
          throw new RunStopped(
            `The judge’s limit is reached: $${settledUsd.toFixed(4)} of $${limitUsd.toFixed(2)} are spent, and the next call may cost $${mostUsd.toFixed(4)}.`,
            'Run the same command with a higher --max-cost to resume.',
          );
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      // A judge that costs nothing leaves the ledger as it is.
      const keep = async () => {
        if (mostUsd > 0) await write({ settledUsd, bookedUsd });
      };
      bookedUsd += mostUsd;
      underWay += 1;
      try {
        await keep();
      } catch (error) {
        end(mostUsd, 0);
        throw error;
      }
      return async (usage, uncertain = 0) => {
        // What was sent without an answer may have been charged.
        end(mostUsd, countedCostUsd(usage) + uncertain * mostUsd);
        await keep();
      };
    },
  };
};

export type JudgeBounds = {
  account: Account;
  /** The option that names this judge's model. */
  modelOption: '--model' | '--agreement-model';
  /** Told why, each time the judge is waited for. */
  onWait: (message: string) => void;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  now: () => number;
};

/** No later call would get past it, and each would leave its replay unscored. */
const refusal = (mend: 'key' | 'model', detail: string, model: string, modelOption: string): RunStopped =>
  mend === 'key'
    ? new RunStopped(`${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`)
    : new RunStopped(
        `The Anthropic API does not know the model ${model}: check ${modelOption}${modelOption === '--model' ? ' (or SCORING_MODEL)' : ''}, and ANTHROPIC_BASE_URL if it is set.`,
        'Run the same command again to resume, also with another model where nothing is judged yet; later another model is another run, with another --out.',
      );

/** A judge whose calls are booked on an account. */
const bookedJudge = (judge: Judge, account: Account): Judge =>
  askingThrough(judge, (opened) => async (task, signal) => {
    const settle = await account.book(opened.mostUsd(task));
    const reply = await opened.ask(task, signal).catch(async (error: unknown) => {
      if (error instanceof NotSent) {
        await settle(noUsage);
        throw error.cause;
      }
      // One that was cut off may have been charged.
      await settle(noUsage, signal?.aborted ? 1 : 0);
      throw error;
    });
    await settle(reply.usage, reply.uncertain);
    return reply;
  });

/**
 * A judge held to an account, and asked again for a while where it cannot be had just now.
 * Its asking rejects with RunStopped where the account, or the API for good, refuses it.
 */
export const boundedJudge = (
  judge: Judge,
  { account, modelOption, onWait, sleep, now }: JudgeBounds,
): Judge =>
  askingThrough(resending(bookedJudge(judge, account)), ({ ask }) => async (task, signal) => {
    const until = now() + patienceMs;
    for (let waitMs = firstWaitMs; ; waitMs = Math.min(longestWaitMs, waitMs * 2)) {
      const reply = await ask(task, signal);
      if (reply.ok || reply.fault !== 'unavailable') return reply;
      if (reply.mend !== undefined) throw refusal(reply.mend, reply.detail, judge.model, modelOption);
      if (!reply.passing || now() + waitMs > until) return reply;
      onWait(`Waiting for the judge: ${reply.detail}`);
      await sleep(waitMs, signal);
    }
  });
