import { type AnswerForm, type JudgeUsage, noUsage } from '#contracts/replay.ts';
import type { JudgeAnswer, JudgeReply, JudgeTask, PullRequestJudge } from '../judges/judge.ts';
import { totalUsage } from '../judges/judge-usage.ts';

/** How often a judge is asked for one measure or one answer key, the first time included. */
export const maxAsks = 4;

/** What asking has cost so far. `model` is the one that answered last, and `form` how it was held to its answer's form. */
export type Asked = {
  asks: number;
  retries: number;
  latencyMs: number;
  usage: JudgeUsage;
  model: string;
  form?: AnswerForm | undefined;
};

/**
 * `outlived`: the budget is used up. `rejected` then says that the API rejected the last question, and `said` with what
 * words.
 * `unavailable`: asking again is useless, because the verifier itself cannot ask (no key, no connection, no budget).
 */
export type AskOutcome =
  | { kind: 'settled' }
  | { kind: 'outlived'; fault: string; rejected: boolean; said?: string | undefined }
  | { kind: 'unavailable'; detail: string };

const faultNames = {
  refused: 'the judge refused to answer',
  truncated: "the judge's answer was cut off",
  malformed: "the judge's answer was malformed",
  rejected: 'the request to the judge was rejected',
} as const;

const faultOf = (reply: Extract<JudgeReply, { fault: keyof typeof faultNames }>) =>
  `${faultNames[reply.fault]}${reply.detail === '' ? '' : ` (${reply.detail})`}`;

/**
 * Asks until `read` returns null or the budget is used up. `nextTask` is called before each question, so that only what
 * is missing is asked again. `read` takes the usable part of an answer and returns what is still wrong, or null.
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
  let form: AnswerForm | undefined;
  const asked = (outcome: AskOutcome) => ({
    outcome,
    asks: usages.length,
    retries,
    latencyMs,
    usage: totalUsage(usages),
    model,
    ...formOf(form),
  });
  let fault = '';
  let rejected = false;
  let said: string | undefined;
  while (usages.length < budget) {
    signal?.throwIfAborted();
    const reply = await judge.ask(nextTask(), signal);
    usages.push(reply.usage);
    latencyMs += reply.latencyMs;
    retries += reply.retries;
    if (reply.ok) {
      ({ model, form } = reply);
      const wrong = read(reply.answer);
      if (wrong === null) return asked({ kind: 'settled' });
      fault = wrong;
      rejected = false;
      said = undefined;
    } else if (reply.fault === 'unavailable') {
      return asked({ kind: 'unavailable', detail: reply.detail });
    } else {
      fault = faultOf(reply);
      rejected = reply.fault === 'rejected';
      ({ said } = reply);
    }
  }
  return asked({ kind: 'outlived', fault, rejected, ...(said !== undefined && { said }) });
};

/** For decisions that code makes without asking. */
export const notAsked = (model: string): Asked => ({
  asks: 0,
  retries: 0,
  latencyMs: 0,
  usage: noUsage,
  model,
});

const formOf = (form: AnswerForm | undefined) => (form === undefined ? {} : { form });

/** The sum of two. The model is the later one's. */
export const bothAsked = (first: Asked, second: Asked): Asked => ({
  asks: first.asks + second.asks,
  retries: first.retries + second.retries,
  latencyMs: first.latencyMs + second.latencyMs,
  usage: totalUsage([first.usage, second.usage]),
  model: second.model,
  ...formOf(second.form ?? first.form),
});

export const withoutOutcome = ({ asks, retries, latencyMs, usage, model, form }: Asked): Asked => ({
  asks,
  retries,
  latencyMs,
  usage,
  model,
  ...formOf(form),
});
