import type { JudgeEstimate } from '#contracts/estimate.ts';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { batchesOf, type JudgeProvider, judgeOf } from '#contracts/judge-providers.ts';
import type { JudgeTask } from '../judge.ts';
import { formInWords } from './form.ts';
import type { CountTokens } from './model-client.ts';
import type { Prices } from './prices.ts';
import { instructionsFor } from './prompts/v2/digest.ts';
import { buildRequest, type ModelRequest, promptTexts, sharedPrefix } from './request.ts';
import { answerTokens, charactersPerToken } from './usual-tokens.ts';

export type EstimateInput = {
  /** The changes to measure: the run's own, or similar ones. */
  changes: GroundTruth[];
  /** How many changes the run will have. */
  replays: number;
  provider: JudgeProvider;
  model: string;
  prices: Prices;
  economy: boolean;
  /** The share of replays that the agreement judge is asked about, its model, and the prices of its provider. */
  agreement: { share: number; provider: JudgeProvider; model: string; prices: Prices } | null;
  /** The judge of another provider that writes every second change's variants, and its prices. */
  variantsAuthor: { provider: JudgeProvider; model: string; prices: Prices } | null;
  /** On how many replays the baseline is judged. */
  baselineReplays: number;
  /** Null without a key: then characters are counted. */
  countTokens: CountTokens | null;
};

/** The usual length in tokens of what follows the prompt: the oracle's claims, the key, summary and response. */
const materialTokens = { answer_key: 30, variants: 300, precision: 900, recall: 1500, reply: 500 } as const;
const replayTasks = ['answer_key', 'precision', 'recall', 'reply'] as const;
/** What is asked about another answer: the baseline's, or the oracle's again for agreement. */
const answerTasks = ['precision', 'recall', 'reply'] as const;
/** Further counts would hardly change the mean, and each is a request. */
const mostCounted = 50;
const countedAtOnce = 4;

const charactersOf = (request: ModelRequest) =>
  promptTexts(request).reduce((sum, text) => sum + text.length, 0);

/** The tokens of each change's prompt, how many of those the model's own tokeniser counted, and why not more. */
const promptTokens = async (
  changes: GroundTruth[],
  { model, form }: { model: string; form: string | null },
  countTokens: CountTokens | null,
): Promise<{ tokens: number[]; counted: number; fault: string | null }> => {
  const nonce = '0'.repeat(24);
  const requests = changes.map((change) =>
    buildRequest(model, sharedPrefix(change, nonce, 'every_task', form), { measure: 'answer_key' }, nonce),
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
        // After one failure the API is not asked again.
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

/**
 * The calls of one judge on one pull request. If the cache works, the first one writes it and the others read it;
 * `afterOthers`, all read it.
 */
const amountOf = (
  tasks: readonly JudgeTask['measure'][],
  prompt: number,
  model: string,
  { prices, economy }: Pick<EstimateInput, 'prices' | 'economy'>,
  cached: boolean,
  afterOthers = false,
): Amount =>
  tasks
    .map((task, index): Amount => {
      const stable = Math.min(instructionTokens, prompt);
      const own = prompt - stable;
      const material = materialTokens[task];
      const reads = cached && !economy;
      const first = index === 0 && !afterOthers;
      // A call in a batch carries the instructions for its own task only, and nothing is cached.
      const whole = economy ? own + tokensOfInstructions(task) : prompt;
      const tokens = {
        inputTokens: material + (reads ? 0 : whole),
        cacheWriteTokens: reads && first ? own : 0,
        cacheReadTokens: reads ? stable + (first ? 0 : own) : 0,
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

/** The prices that the figures in US dollars are based on. */
const basisOfPrices = ({ provider, economy }: Pick<EstimateInput, 'provider' | 'economy'>): string[] => {
  const { model } = judgeOf(provider);
  if (model === null) return [];
  const share =
    economy && model.batches !== null ? `, at ${100 * model.batches.priceShare} % for batches` : '';
  return [
    model.listPrices === null
      ? 'Prices are those of JUDGE_PRICES.'
      : `List prices of ${model.listPrices.asOf} unless JUDGE_PRICES says otherwise${share}.`,
  ];
};

/**
 * What judging a run would cost. `least`: each call is made once and the prompt cache works, except in economy mode,
 * which has no cache. `most`: each call is made twice and the cache never works. Changes that were not measured count
 * like the mean of those that were.
 */
export const estimateJudging = async (input: EstimateInput): Promise<JudgeEstimate> => {
  const { changes, replays, model, agreement, variantsAuthor, baselineReplays, countTokens } = input;
  const baselineShare = replays === 0 ? 0 : Math.min(1, baselineReplays / replays);
  const { tokens, counted, fault } = await promptTokens(
    changes,
    { model, form: formInWords(input.provider) },
    countTokens,
  );
  /** The calls of another judge, which may have other prices and no batches. */
  const amountBy = (
    other: NonNullable<EstimateInput['variantsAuthor']>,
    tasks: readonly JudgeTask['measure'][],
    prompt: number,
    cached: boolean,
  ) => {
    const economy = input.economy && batchesOf(other.provider) !== null;
    return amountOf(tasks, prompt, other.model, { prices: other.prices, economy }, cached);
  };
  const total = (cached: boolean) =>
    tokens
      .map((prompt) => {
        const own = amountOf(replayTasks, prompt, model, input, cached);
        const baseline = amountOf(answerTasks, prompt, model, input, cached, true);
        const first = added(own, times(baseline, baselineShare));
        const second = agreement && times(amountBy(agreement, answerTasks, prompt, cached), agreement.share);
        const variants =
          variantsAuthor && times(amountBy(variantsAuthor, ['variants'], prompt, cached), 1 / 2);
        return [second, variants].reduce<Amount>(
          (sum, more) => (more === null ? sum : added(sum, more)),
          first,
        );
      })
      .reduce(added, none);
  const scale = changes.length === 0 ? 0 : replays / changes.length;
  return {
    least: inWholeCalls(times(total(true), scale)),
    most: inWholeCalls(times(total(false), 2 * scale)),
    method: [
      `Four judge calls a change: answer key, precision, recall and reply. Three more for the baseline on ${Math.round(baselineShare * replays)} of them.${variantsAuthor === null ? '' : ' One more on every second change: another provider’s model writes its variants.'} Calls that an earlier run paid for are not repeated.`,
      counted > 0
        ? `Prompts of ${counted} changes were counted by the model’s own tokeniser.`
        : `Prompts were estimated at ${charactersPerToken} characters a token.`,
      ...(fault === null
        ? []
        : [`The tokeniser did not count ${counted > 0 ? 'the others' : 'them'}: ${fault}.`]),
      'Answers of oracle and judge are assumed to have their usual length.',
      ...basisOfPrices(input),
      input.economy
        ? 'Lower end: each call is made once. Upper end: each call is made twice. The prompt cache lowers neither: batches do not use it.'
        : 'Lower end: each call is made once and the prompt cache works. Upper end: each call is made twice and the cache never works.',
    ].join(' '),
  };
};
