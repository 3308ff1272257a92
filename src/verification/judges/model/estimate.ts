import type { JudgeEstimate } from '#contracts/estimate.ts';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { type JudgeProvider, judgeOf } from '#contracts/judge-providers.ts';
import type { JudgeTask } from '../judge.ts';
import type { CountTokens } from './model-client.ts';
import type { Prices } from './prices.ts';
import { instructionsFor } from './prompts/v1/digest.ts';
import { buildRequest, type ModelRequest, promptTexts, sharedPrefix } from './request.ts';

export type EstimateInput = {
  /** The changes that are measured: the run's own, or some like them. */
  changes: GroundTruth[];
  /** How many changes the run is to have. */
  replays: number;
  provider: JudgeProvider;
  model: string;
  prices: Prices;
  economy: boolean;
  /** The share of replays that a second judge is asked about, and its model. */
  agreement: { share: number; model: string } | null;
  /** Null where there is no key to ask with: then characters are counted. */
  countTokens: CountTokens | null;
};

/** Source code comes to about three characters a token, prose to four: the lower one overstates a little. */
const charactersPerToken = 3;
/** Beside the prompt: the oracle's claims, the key, summary and response, by their usual length, in tokens. */
const materialTokens = { answer_key: 30, precision: 900, recall: 1500, reply: 500 } as const;
const answerTokens = { answer_key: 1500, precision: 1500, recall: 800, reply: 150 } as const;
/** What a replay asks for, the baseline's verdicts among it. */
const replayTasks = ['answer_key', 'precision', 'recall', 'reply', 'precision', 'recall'] as const;
const secondTasks = ['precision', 'recall', 'reply'] as const;
/** More counts than these tell hardly more of the mean, and each is a request. */
const mostCounted = 50;
const countedAtOnce = 4;

const charactersOf = (request: ModelRequest) =>
  promptTexts(request).reduce((sum, text) => sum + text.length, 0);

/** The tokens of each change's prompt, how many of them are the model's own count, and why no more are. */
const promptTokens = async (
  changes: GroundTruth[],
  model: string,
  countTokens: CountTokens | null,
): Promise<{ tokens: number[]; counted: number; fault: string | null }> => {
  const requests = changes.map((change) =>
    buildRequest(model, sharedPrefix(change, '0'.repeat(24)), { measure: 'answer_key' }, '0'.repeat(24)),
  );
  const counts = new Map<number, number>();
  const places = countTokens === null ? [] : [...requests.keys()].slice(0, mostCounted);
  let fault: string | null = null;
  const countOn = async () => {
    for (let place = places.shift(); place !== undefined; place = places.shift()) {
      const request = requests[place];
      const count = request && (await countTokens?.(request));
      if (count?.ok) counts.set(place, count.tokens);
      else {
        // An API that cannot be asked once need not be asked again.
        places.length = 0;
        fault ??= count?.detail ?? null;
      }
    }
  };
  await Promise.all(Array.from({ length: countedAtOnce }, countOn));
  const countedCharacters = requests.reduce(
    (sum, request, place) => sum + (counts.has(place) ? charactersOf(request) : 0),
    0,
  );
  const countedTokens = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const ratio = counts.size === 0 ? charactersPerToken : countedCharacters / countedTokens;
  return {
    tokens: requests.map((request, place) => counts.get(place) ?? Math.ceil(charactersOf(request) / ratio)),
    counted: counts.size,
    fault,
  };
};

type Amount = JudgeEstimate['least'];
const none: Amount = { calls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 };

const added = (a: Amount, b: Amount): Amount => ({
  calls: a.calls + b.calls,
  inputTokens: a.inputTokens + b.inputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  costUsd: a.costUsd === null || b.costUsd === null ? null : a.costUsd + b.costUsd,
});

const times = (amount: Amount, factor: number): Amount => ({
  calls: amount.calls * factor,
  inputTokens: amount.inputTokens * factor,
  outputTokens: amount.outputTokens * factor,
  costUsd: amount.costUsd === null ? null : amount.costUsd * factor,
});

const inWholeCalls = ({ calls, inputTokens, outputTokens, costUsd }: Amount): Amount => ({
  calls: Math.round(calls),
  inputTokens: Math.round(inputTokens),
  outputTokens: Math.round(outputTokens),
  costUsd,
});

const tokensOfInstructions = (task: JudgeTask['measure'] | 'every_task') =>
  Math.ceil(instructionsFor(task).length / charactersPerToken);
const instructionTokens = tokensOfInstructions('every_task');

/** The calls of one kind on one pull request; where the cache serves, the first of them writes and the others read. */
const amountOf = (
  tasks: readonly JudgeTask['measure'][],
  prompt: number,
  model: string,
  { prices, economy }: Pick<EstimateInput, 'prices' | 'economy'>,
  cached: boolean,
): Amount =>
  tasks
    .map((task, index): Amount => {
      const stable = Math.min(instructionTokens, prompt);
      const own = prompt - stable;
      const material = materialTokens[task];
      const reads = cached && !economy;
      // A batch's call has the instructions for its own task alone, and nothing of it is cached.
      const whole = economy ? own + tokensOfInstructions(task) : prompt;
      const tokens = {
        inputTokens: material + (reads ? 0 : whole),
        cacheWriteTokens: reads && index === 0 ? own : 0,
        cacheReadTokens: reads ? stable + (index > 0 ? own : 0) : 0,
        outputTokens: answerTokens[task],
      };
      return {
        calls: 1,
        inputTokens: whole + material,
        outputTokens: tokens.outputTokens,
        costUsd: prices.costUsd(model, tokens, { batch: economy }),
      };
    })
    .reduce(added, none);

/** What the figures in US dollars go by. */
const basisOfPrices = ({ provider, economy }: Pick<EstimateInput, 'provider' | 'economy'>): string[] => {
  const { model } = judgeOf(provider);
  if (model === null) return [];
  const share =
    economy && model.batches !== null ? `, at ${100 * model.batches.priceShare} % for batches` : '';
  return [`List prices of ${model.listPrices.asOf} unless JUDGE_PRICES says otherwise${share}.`];
};

/**
 * What judging a run would take. `least`: each call is asked once and the prompt cache serves, save in economy
 * mode, which has none. `most`: each call is asked twice and the cache never serves. Changes that were not measured are taken to be like those that were.
 */
export const estimateJudging = async (input: EstimateInput): Promise<JudgeEstimate> => {
  const { changes, replays, model, agreement, countTokens } = input;
  const { tokens, counted, fault } = await promptTokens(changes, model, countTokens);
  const total = (cached: boolean) =>
    tokens
      .map((prompt) => {
        const first = amountOf(replayTasks, prompt, model, input, cached);
        if (agreement === null) return first;
        const second = amountOf(secondTasks, prompt, agreement.model, input, cached);
        return added(first, times(second, agreement.share));
      })
      .reduce(added, none);
  const scale = changes.length === 0 ? 0 : replays / changes.length;
  return {
    least: inWholeCalls(times(total(true), scale)),
    most: inWholeCalls(times(total(false), 2 * scale)),
    method: [
      `Six judge calls a change: answer key, precision, recall and reply, and precision and recall of the baseline; those that an earlier run paid for are not needed again.`,
      counted > 0
        ? `Prompts of ${counted} changes were counted by the model’s own tokeniser.`
        : `Prompts were counted at ${charactersPerToken} characters a token.`,
      ...(fault === null
        ? []
        : [`The tokeniser did not count ${counted > 0 ? 'the others' : 'them'}: ${fault}.`]),
      'What oracle and judge will say is taken by its usual length.',
      ...basisOfPrices(input),
      input.economy
        ? 'The lower end: each call is asked once; the upper end: each is asked twice. The prompt cache serves neither: batches go without it.'
        : 'The lower end: each call is asked once and the prompt cache serves; the upper end: each is asked twice and it never does.',
    ].join(' '),
  };
};
