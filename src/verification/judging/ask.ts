import { type JudgeUsage, noUsage } from '#contracts/replay.ts';
import type { JudgeAnswer, JudgeReply, JudgeTask, PullRequestJudge } from '../judges/judge.ts';
import { totalUsage } from '../judges/judge-usage.ts';

/** How often a judge is asked for one measure or one answer key, the first time included. */
export const maxAsks = 4;

/** What asking cost so far; `model` is the one that last answered. */
export type Asked = { asks: number; retries: number; latencyMs: number; usage: JudgeUsage; model: string };

/**
 * `outlived`: the budget is used up; `rejected` says that the last asking did not reach the judge at all.
 * `unavailable`: asking again is of no use, the verifier itself cannot ask (no key, no connection, no budget).
 */
export type AskOutcome =
  | { kind: 'settled' }
  | { kind: 'outlived'; fault: string; rejected: boolean }
  | { kind: 'unavailable'; detail: string };

const faultNames = {
  refused: 'the judge refused to answer',
  truncated: "the judge's answer broke off",
  malformed: "the judge's answer was malformed",
  rejected: 'the request to the judge was rejected',
} as const;

const faultOf = (reply: Extract<JudgeReply, { fault: keyof typeof faultNames }>) =>
  `${faultNames[reply.fault]}${reply.detail === '' ? '' : ` (${reply.detail})`}`;

/**
 * Asks until `read` is content or the budget is used up. `nextTask` is called before each asking, so that only what
 * is missing need be asked again; `read` takes what is good of an answer and says what is still wrong, null when
 * nothing is.
 */
export const askWithinBudget = async (
  judge: PullRequestJudge,
  configuredModel: string,
  nextTask: () => JudgeTask,
  read: (answer: JudgeAnswer) => string | null,
  { signal, budget = maxAsks }: { signal?: AbortSignal | undefined; budget?: number } = {},
): Promise<Asked & { outcome: AskOutcome }> => {
  const usages: JudgeUsage[] = [];
  let latencyMs = 0;
  let retries = 0;
  let model = configuredModel;
  const asked = (outcome: AskOutcome) => ({
    outcome,
    asks: usages.length,
    retries,
    latencyMs,
    usage: totalUsage(usages),
    model,
  });
  let fault = '';
  let rejected = false;
  while (usages.length < budget) {
    signal?.throwIfAborted();
    const reply = await judge.ask(nextTask(), signal);
    usages.push(reply.usage);
    latencyMs += reply.latencyMs;
    retries += reply.retries;
    if (reply.ok) {
      model = reply.model;
      const wrong = read(reply.answer);
      if (wrong === null) return asked({ kind: 'settled' });
      fault = wrong;
      rejected = false;
    } else if (reply.fault === 'unavailable') {
      return asked({ kind: 'unavailable', detail: reply.detail });
    } else {
      fault = faultOf(reply);
      rejected = reply.fault === 'rejected';
    }
  }
  return asked({ kind: 'outlived', fault, rejected });
};

/** What was decided by code, without asking. */
export const notAsked = (model: string): Asked => ({
  asks: 0,
  retries: 0,
  latencyMs: 0,
  usage: noUsage,
  model,
});

/** What two askings took together; the model is the later one's. */
export const bothAsked = (first: Asked, second: Asked): Asked => ({
  asks: first.asks + second.asks,
  retries: first.retries + second.retries,
  latencyMs: first.latencyMs + second.latencyMs,
  usage: totalUsage([first.usage, second.usage]),
  model: second.model,
});

export const withoutOutcome = ({ asks, retries, latencyMs, usage, model }: Asked): Asked => ({
  asks,
  retries,
  latencyMs,
  usage,
  model,
});
