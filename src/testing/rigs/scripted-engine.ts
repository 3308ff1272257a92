import type { GroundTruth, GroundTruthDraw } from '#contracts/ground-truth.ts';
import type { OracleFailure, OracleOutcome, OracleRequest } from '#contracts/oracle.ts';
import type { JudgeUsage } from '#contracts/replay.ts';
import type { RunConfig, RunSecrets } from '#contracts/run.ts';
import type { Engine } from '#platform/open-ports.ts';
import { noBoundary } from '#platform/python/python-boundary.ts';
import {
  emptyAnswer,
  type JudgeAnswer,
  type JudgeReply,
  type JudgeTask,
} from '#verification/judges/judge.ts';
import { createPrices } from '#verification/judges/model/prices.ts';
import type { DrawRequest } from '#verification/sources/source.ts';

/** A change of two added lines. Each can be quoted. */
export const changeNumber = (number: number): GroundTruth => ({
  id: String(number),
  title: `Bound the retries of job ${number}`,
  description: 'Jobs retried for ever.',
  diff: [
    `diff --git a/src/job-${number}.ts b/src/job-${number}.ts`,
    `--- a/src/job-${number}.ts`,
    `+++ b/src/job-${number}.ts`,
    '@@ -1,1 +1,3 @@',
    ' import queue from "./queue";',
    `+export const retryLimit${number} = 25;`,
    `+export const backoffSeconds${number} = 15;`,
    '',
  ].join('\n'),
  filesChanged: [`src/job-${number}.ts`],
  mergedAt: '2026-01-05T10:00:00Z',
  mergeCommit: null,
  labels: [],
  author: 'ada',
  url: null,
  repository: 'owner/name',
});

export const changeNumbers = (count: number, from = 1): GroundTruth[] =>
  Array.from({ length: count }, (_, index) => changeNumber(from + index));

export const drawOf = (drawn: GroundTruth[], reserve: GroundTruth[] = []): GroundTruthDraw => ({
  drawn,
  reserve,
  listed: drawn.length + reserve.length + 1,
  excluded: { too_small: 1 },
  source: 'github:owner/name',
  commitRange: 'abc..def',
  private: false,
});

const free: JudgeUsage = {
  calls: 1,
  estimatedCalls: 0,
  inputTokens: 100,
  cacheWriteTokens: 0,
  cacheReadTokens: 0,
  outputTokens: 10,
  costUsd: 0,
};

const quotesOf = (number: string) => [
  `export const retryLimit${number} = 25;`,
  `export const backoffSeconds${number} = 15;`,
];

/** The answers of a judge that finds everything it is asked about. */
const contentAnswer = (task: JudgeTask, { id }: GroundTruth): JudgeAnswer => {
  const [limitLine = '', backoffLine = ''] = quotesOf(id);
  switch (task.measure) {
    case 'answer_key':
      return {
        changes: [
          { id: 'k1', statement: 'Retries are limited to 25.', quote: limitLine },
          { id: 'k2', statement: 'Back-off is 15 seconds.', quote: backoffLine },
        ],
        question: { text: 'How many retries are left to a job?', reference_answer: '25', quote: limitLine },
        variants: [],
        verdicts: [],
      };
    case 'variants':
      return {
        ...emptyAnswer,
        variants: task.changes.map((change, index) => ({
          id: change.id,
          way: 'true',
          text: `A job knows its bound before it starts, number ${index === 0 ? 25 : 15}.`,
        })),
      };
    case 'precision':
      return {
        changes: [],
        question: null,
        variants: [],
        verdicts: task.claims.map((claim) => ({ id: claim.id, verdict: 'supported', quote: limitLine })),
      };
    case 'recall':
      return {
        changes: [],
        question: null,
        variants: [],
        verdicts: task.changes.map((change, index) => ({
          id: change.id,
          verdict: index === 0 ? 'surfaced' : 'not_surfaced',
          quote: index === 0 ? task.summary : '',
        })),
      };
    case 'reply':
      return {
        changes: [],
        question: null,
        variants: [],
        verdicts: [{ id: 'reply', verdict: '0.75', quote: limitLine }],
      };
  }
};

const contentOracle = (): OracleOutcome => ({
  kind: 'answer',
  answer: {
    summary: 'A job gives up after a bounded number of attempts.',
    keyClaims: [
      { claim: 'Attempts of a job are now bounded', confidence: 0.9 },
      { claim: 'Waiting grows between attempts', confidence: null },
    ],
    followUpResponse: 'Twenty-five.',
  },
  latencyMs: 5,
  retries: 0,
});

/** Whether the baseline is judged, which repeats the pull request's title and description. */
const isAboutBaseline = (task: JudgeTask, { title, description }: GroundTruth) => {
  if (task.measure === 'recall') return task.summary.includes(title);
  if (task.measure === 'reply') return task.response === description;
  return (
    task.measure === 'precision' &&
    task.claims.every(({ text }) => title.includes(text) || description.includes(text))
  );
};

/** How the engine differs from one where everything goes well. Undefined: as usual. */
export type Script = {
  draw?: (config: RunConfig, secrets: RunSecrets, request: DrawRequest) => Promise<GroundTruthDraw>;
  oracle?: (
    request: OracleRequest,
    secrets: RunSecrets,
    signal?: AbortSignal,
  ) => Promise<OracleOutcome | undefined>;
  /** What a look at the oracle finds. Without it the oracle can only be asked. */
  look?: () => Promise<OracleFailure | null>;
  judge?: (task: JudgeTask, groundTruth: GroundTruth) => Promise<JudgeReply | undefined>;
  /** The cost of every judge call, in US dollars. */
  costUsd?: number;
};

/** The scripted judge's reply with this answer, at no cost. */
export const offlineReply = (answer: Partial<JudgeAnswer>): JudgeReply => ({
  ok: true,
  model: 'offline-1',
  usage: free,
  latencyMs: 10,
  retries: 0,
  answer: { changes: [], question: null, variants: [], verdicts: [], ...answer },
});

/** A judge that makes no answer key for these changes, because it quotes nothing from their diffs. */
export const noAnswerKeyFor =
  (...ids: string[]): NonNullable<Script['judge']> =>
  async ({ measure }, { id }) =>
    measure === 'answer_key' && ids.includes(id) ? offlineReply({}) : undefined;

/** Ports that follow a script and record their calls as `measure:id`. */
export const scriptedEngine = (script: Script) => {
  const calls: string[] = [];
  const engine: Engine = {
    source: (config, secrets) => ({
      draw: async (request) => {
        calls.push('draw');
        const draw = script.draw
          ? await script.draw(config, secrets, request)
          : drawOf(changeNumbers(config.limit));
        // As every source asks once it has listed the changes.
        if (typeof request.seed !== 'string') await request.seed(draw.listed);
        return draw;
      },
    }),
    oracle: (_config, secrets) => ({
      ask: async (request, signal) => {
        calls.push(`oracle:${request.pr.id}`);
        return (await script.oracle?.(request, secrets, signal)) ?? contentOracle();
      },
      ...(script.look && { look: script.look }),
    }),
    endOracle: async () => {
      calls.push('end');
    },
    prices: createPrices,
    countTokens: () => null,
    batches: new Map(),
    hasJudge: () => true,
    pythonBoundary: async () => noBoundary(),
    close: async () => undefined,
    judge: (judge) => ({
      provider: judge.provider,
      model: judge.model,
      endpoint: null,
      promptDigest: 'd'.repeat(64),
      open: (groundTruth) => ({
        ask: async (task) => {
          calls.push(
            `${isAboutBaseline(task, groundTruth) ? 'baseline-' : ''}${task.measure}:${groundTruth.id}`,
          );
          const scripted = await script.judge?.(task, groundTruth);
          if (scripted) return scripted;
          return {
            ok: true,
            model: judge.model,
            usage: { ...free, costUsd: script.costUsd ?? 0 },
            latencyMs: 10,
            retries: 0,
            answer: contentAnswer(task, groundTruth),
          };
        },
        costOf: () => ({ likelyUsd: script.costUsd ?? 0, mostUsd: script.costUsd ?? 0 }),
      }),
    }),
  };
  return { engine, calls };
};

/** A reply that says the judge is unavailable. */
export const unavailable = (detail: string): JudgeReply => ({
  ok: false,
  fault: 'unavailable',
  detail,
  passing: false,
  model: 'offline-1',
  usage: { ...free, calls: 0, inputTokens: 0, outputTokens: 0 },
  latencyMs: 1,
  retries: 0,
});
