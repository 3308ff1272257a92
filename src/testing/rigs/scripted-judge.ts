import type { JudgeUsage } from '#contracts/replay.ts';
import {
  type CallCost,
  emptyAnswer,
  type Judge,
  type JudgeAnswer,
  type JudgeReply,
  type JudgeTask,
  type PullRequestJudge,
} from '#verification/judges/judge.ts';

export const usageOfOneCall: JudgeUsage = {
  calls: 1,
  estimatedCalls: 0,
  inputTokens: 100,
  cacheWriteTokens: 20,
  cacheReadTokens: 30,
  outputTokens: 10,
  costUsd: 0.5,
};

/** The cost of a call whose likely cost, where none is given, is the most that it can cost. */
export const callCost = (mostUsd: number, likelyUsd = mostUsd): CallCost => ({ likelyUsd, mostUsd });

type Fault = Extract<JudgeReply, { ok: false }>['fault'];
export type ScriptedReply = Partial<JudgeAnswer> | { fault: Fault; detail?: string };

const common = { model: 'answering-model', usage: usageOfOneCall, latencyMs: 7, retries: 0 };

const replyOf = (scripted: ScriptedReply): JudgeReply => {
  if (!('fault' in scripted)) return { ...common, ok: true, answer: { ...emptyAnswer, ...scripted } };
  const { fault, detail = '' } = scripted;
  return fault === 'unavailable'
    ? { ...common, ok: false, fault, detail, passing: false }
    : { ...common, ok: false, fault, detail };
};

/** A judge that replies by its script, in order, and notes what it was asked. The script must be long enough. */
export const scriptedJudge = (
  ...script: (ScriptedReply | ((task: JudgeTask) => ScriptedReply))[]
): PullRequestJudge & { tasks: JudgeTask[] } => {
  const tasks: JudgeTask[] = [];
  return {
    tasks,
    ask: async (task) => {
      const next = script[tasks.length];
      tasks.push(task);
      if (next === undefined)
        throw new Error(`Asked ${tasks.length} times, but the script has ${script.length} replies.`);
      return replyOf(typeof next === 'function' ? next(task) : next);
    },
    costOf: () => callCost(0),
  };
};

/** A model judge that opens the same for every change. */
export const judgeOpening = (opened: PullRequestJudge): Judge => ({
  provider: 'anthropic',
  model: 'm',
  endpoint: null,
  promptDigest: '',
  open: () => opened,
});

/**
 * A model judge whose reply or error depends on how often it was asked before, with that count. There must be a reply
 * each time.
 */
export const judgeReplying = (replyTo: (asked: number) => JudgeReply | Error | undefined, mostUsd = 0) => {
  let asked = 0;
  const judge = judgeOpening({
    ask: async () => {
      const reply = replyTo(asked);
      asked += 1;
      if (reply === undefined) throw new Error(`There is no reply for call number ${asked}.`);
      if (reply instanceof Error) throw reply;
      return reply;
    },
    costOf: () => callCost(mostUsd),
  });
  return { judge, asked: () => asked };
};
