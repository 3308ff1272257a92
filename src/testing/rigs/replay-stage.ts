import type { OracleOutcome, OracleRequest } from '#contracts/oracle.ts';
import type { ReplayCheckpoint } from '#contracts/replay.ts';
import type { Judge, JudgeTask, PullRequestJudge } from '#verification/judges/judge.ts';
import type { Oracle } from '#verification/oracles/oracle.ts';
import { type ReplayStore, runReplay } from '#verification/replay/run-replay.ts';
import type { SharedJudgments } from '#verification/replay/shared-judgments.ts';
import { withStep } from '#verification/replay/with-step.ts';
import { changeNumber } from './scripted-engine.ts';
import { type ScriptedReply, scriptedJudge } from './scripted-judge.ts';

/** The change that the stage replays. */
export const groundTruth = changeNumber(1);
const quote = 'export const retryLimit1 = 25;';

/** What the judge answers when all goes well. */
export const content = (task: JudgeTask): ScriptedReply => {
  switch (task.measure) {
    case 'answer_key':
      return {
        changes: [{ id: '1', statement: 'Retries are limited.', quote }],
        question: { text: 'How many?', reference_answer: '25', quote },
      };
    case 'variants':
      return {
        variants: task.changes.map(({ id }) => ({ id, way: 'true', text: 'A job is run again 25 times.' })),
      };
    case 'precision':
      return { verdicts: task.claims.map(({ id }) => ({ id, verdict: 'supported', quote })) };
    case 'recall':
      return { verdicts: task.changes.map(({ id }) => ({ id, verdict: 'surfaced', quote: task.summary })) };
    case 'reply':
      return { verdicts: [{ id: 'response', verdict: '0.75', quote: '' }] };
  }
};

const answered: OracleOutcome = {
  kind: 'answer',
  answer: {
    summary: 'Failing jobs stop at a bound.',
    keyClaims: [{ claim: 'Failing jobs give up eventually', confidence: null }],
    followUpResponse: 'Twenty-five',
  },
  latencyMs: 5,
  retries: 0,
};
/** An oracle that answered too late. */
export const failed: OracleOutcome = {
  kind: 'failure',
  reason: 'timeout',
  detail: 'No answer came.',
  httpAnswered: false,
  latencyMs: 5,
  retries: 0,
};

/** One replay over a checkpoint, with everything that it asked and stored. */
export const stage = ({
  checkpoint = {},
  respond = content,
  outcome = answered,
  refuseToSave,
  shared = null,
  agreement = null,
  author = null,
  baseline = true,
  holdUntil = async () => {},
}: {
  checkpoint?: ReplayCheckpoint;
  respond?: (task: JudgeTask) => ScriptedReply;
  outcome?: OracleOutcome;
  refuseToSave?: string;
  shared?: SharedJudgments | null;
  agreement?: { share: number; respond: (task: JudgeTask) => ScriptedReply } | null;
  /** What another provider's judge answers that is to write the variants. The stage's change is one of those it gets. */
  author?: ((task: JudgeTask) => ScriptedReply) | null;
  baseline?: boolean;
  /** Each answer of the judge waits for this. */
  holdUntil?: (task: JudgeTask) => Promise<void>;
} = {}) => {
  const opened = scriptedJudge(...Array.from({ length: 20 }, () => respond));
  const events: string[] = [];
  let kept = checkpoint;
  const requests: OracleRequest[] = [];
  const second = scriptedJudge(...Array.from({ length: 20 }, () => agreement?.respond ?? respond));
  const other = scriptedJudge(...Array.from({ length: 20 }, () => author ?? respond));
  const judgeOf = (pullRequestJudge: PullRequestJudge): Judge => ({
    provider: 'offline',
    model: 'configured-model',
    endpoint: null,
    promptDigest: '',
    open: () => pullRequestJudge,
  });
  const judge = judgeOf({
    ...opened,
    ask: async (task, signal) => {
      const reply = await opened.ask(task, signal);
      await holdUntil(task);
      return reply;
    },
  });
  const oracle: Oracle = {
    ask: async (request) => {
      requests.push(request);
      events.push('ask oracle');
      return outcome;
    },
  };
  const store: ReplayStore = {
    checkpoint,
    save: async (step, value) => {
      if (step === refuseToSave) throw new Error(`${step} is another's`);
      events.push(`save ${step}`);
      kept = withStep(kept, step, value);
    },
    dealCanaries: async (choose) => {
      const canaries = choose([]);
      if (refuseToSave === 'canaries') throw new Error("canaries is another's");
      events.push('save canaries');
      kept = withStep(kept, 'canaries', canaries);
      return canaries;
    },
    beforeOracleCall: async () => {
      events.push('before oracle');
    },
  };
  const run = (signal?: AbortSignal) =>
    runReplay({
      groundTruth,
      others: [],
      seed: 'seed',
      judge,
      oracle,
      store,
      shared,
      baseline,
      agreement: agreement && { share: agreement.share, judge: judgeOf(second) },
      variantsAuthor: author && judgeOf(other),
      blinding: null,
      signal,
    });
  return {
    run,
    events,
    requests,
    get kept() {
      return kept;
    },
    measures: () => opened.tasks.map(({ measure }) => measure),
    /** What the author was asked. */
    writing: other.tasks,
  };
};
