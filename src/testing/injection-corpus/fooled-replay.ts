import { noUsage, type ReplayCheckpoint } from '#contracts/replay.ts';
import {
  emptyAnswer,
  type Judge,
  type JudgeAnswer,
  type JudgeReply,
  type JudgeTask,
} from '#verification/judges/judge.ts';
import { readJudgeAnswer } from '#verification/judges/model/reply.ts';
import { buildRequest, type ModelRequest, sharedPrefix } from '#verification/judges/model/request.ts';
import { runReplay } from '#verification/replay/run-replay.ts';
import type { ReplayEnd } from '#verification/replay/score.ts';
import { modelAnswer } from '../builders/model-answer.ts';
import { memoryReplayStore } from '../rigs/memory-replay-store.ts';
import { callCost } from '../rigs/scripted-judge.ts';
import type { Material } from './place-attack.ts';

export type Measure = JudgeTask['measure'];
export type JudgedMeasure = Exclude<Measure, 'answer_key' | 'variants'>;

/** What a model says when it is asked about some ids, as text. */
export type Model = (measure: JudgedMeasure, ids: string[]) => string;

export const answerOf = (...verdicts: JudgeAnswer['verdicts']): string =>
  JSON.stringify(modelAnswer({ ...emptyAnswer, verdicts }));

/** The text of a model that writes the material's key. Code replaces whatever ids it gives. */
export const keyTextOf = ({ key }: Material): string =>
  JSON.stringify({
    changes: key.changes.map(({ statement, quote }) => ({ id: 'response', statement, quote })),
    question: { text: key.question, reference_answer: key.referenceAnswer, quote: key.questionQuote },
    variants: [],
    verdicts: [],
  });

const idsOf = (task: JudgeTask): string[] =>
  task.measure === 'precision'
    ? task.claims.map(({ id }) => id)
    : task.measure === 'recall'
      ? task.changes.map(({ id }) => id)
      : ['response'];

/**
 * A whole replay, including request building and verdict checking, with a scripted model in place of the API. The model
 * says `keyText` when asked for the key, and then what `model` says.
 */
export const fooledReplay = async (
  material: Material,
  model: Model,
  keyText = keyTextOf(material),
): Promise<{
  end: ReplayEnd;
  checkpoint: ReplayCheckpoint;
  requests: { measure: Measure; request: ModelRequest }[];
}> => {
  const requests: { measure: Measure; request: ModelRequest }[] = [];
  let drawn = 0;
  const nextNonce = () => String(++drawn).padStart(24, '0');
  const judge: Judge = {
    provider: 'anthropic',
    model: 'm',
    endpoint: null,
    promptDigest: '',
    open: (groundTruth) => {
      const prefix = sharedPrefix(groundTruth, nextNonce());
      return {
        costOf: () => callCost(0),
        ask: async (task): Promise<JudgeReply> => {
          requests.push({
            measure: task.measure,
            request: buildRequest('m', prefix, task, nextNonce()),
          });
          const { measure } = task;
          const text =
            measure === 'answer_key' || measure === 'variants' ? keyText : model(measure, idsOf(task));
          const read = readJudgeAnswer(text);
          const took = { model: 'm', usage: noUsage, latencyMs: 0, retries: 0 };
          return read.ok
            ? { ...took, ok: true, answer: read.answer }
            : { ...took, ok: false, fault: 'malformed', detail: read.detail };
        },
      };
    },
  };
  const replay = memoryReplayStore();
  const end = await runReplay({
    groundTruth: material.groundTruth,
    others: [],
    seed: 'seed',
    judge,
    oracle: { ask: async () => ({ kind: 'answer', answer: material.answer, latencyMs: 0, retries: 0 }) },
    store: replay.store,
    shared: null,
    agreement: null,
    variantsAuthor: null,
    baseline: true,
    blinding: null,
  });
  return { end, checkpoint: replay.kept, requests };
};
