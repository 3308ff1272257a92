import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Judge } from '#verification/judges/judge.ts';
import type { CountTokens } from '#verification/judges/model/estimate.ts';
import type { AnthropicClient } from '#verification/judges/model/model-client.ts';
import { createPrices, type Prices } from '#verification/judges/model/prices.ts';
import { CommandError, UsageError } from './exit.ts';
import type { Settings } from './settings.ts';

const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
  await delay(ms, undefined, signal && { signal });
};

const anthropicClient = async (settings: Settings): Promise<AnthropicClient> => {
  if (settings.anthropicApiKey === null)
    throw new UsageError(
      'The anthropic judge needs a key: set ANTHROPIC_API_KEY, or use --judge offline, which needs none.',
    );
  // Loaded only where it is wanted: the offline judge works where the SDK is not installed.
  const { createAnthropicClient } = await import('#verification/judges/providers/anthropic/client.ts').catch(
    () => {
      throw new CommandError(
        'The package @anthropic-ai/sdk is missing. Run npm install, or use --judge offline.',
      );
    },
  );
  return createAnthropicClient({
    apiKey: settings.anthropicApiKey,
    baseURL: settings.anthropicBaseUrl ?? undefined,
    sleep,
  });
};

/** The judge of a run, the one that a share of it is judged by again, and what an estimate is made with. */
export type Judges = {
  judge: Judge;
  agreement: { judge: Judge; share: number } | null;
  prices: Prices;
  countTokens: CountTokens | null;
};

export type JudgeChoice = {
  judge?: 'anthropic' | 'offline';
  model?: string;
  agreementSample?: number;
  agreementModel?: string;
  maxCost?: number;
};

/** The judge asked for, else the installation's default: anthropic where a key is configured. */
export const judgesFor = async (asked: JudgeChoice, settings: Settings): Promise<Judges> => {
  const prices = createPrices(settings.judgePrices);
  const provider = asked.judge ?? (settings.anthropicApiKey === null ? 'offline' : 'anthropic');
  const share = asked.agreementSample ?? 0;
  if (asked.agreementModel !== undefined && share === 0)
    throw new UsageError(
      '--agreement-model needs --agreement-sample, above 0: the share of the replays that this model judges as well.',
    );
  if (provider === 'anthropic') {
    const client = await anthropicClient(settings);
    const { anthropicJudge } = await import('#verification/judges/model/model-judge.ts');
    const open = (model: string) =>
      anthropicJudge({
        client,
        model,
        random: (bytes) => randomBytes(bytes),
        prices,
        batches: null,
        now: Date.now,
      });
    const model = asked.model ?? settings.scoringModel;
    return {
      judge: open(model),
      agreement: share > 0 ? { judge: open(asked.agreementModel ?? model), share } : null,
      prices,
      countTokens: (request) => client.countTokens(request),
    };
  }
  if (asked.model !== undefined || asked.agreementModel !== undefined)
    throw new UsageError(
      '--model and --agreement-model are for the anthropic judge; the offline judge has no model to choose.',
    );
  if (share > 0)
    throw new UsageError(
      '--agreement-sample is for the anthropic judge; the offline judge says the same whenever it is asked.',
    );
  if (asked.maxCost !== undefined)
    throw new UsageError('--max-cost is for the anthropic judge; the offline judge costs nothing.');
  const { offlineJudge } = await import('#verification/judges/offline/judge.ts');
  return { judge: offlineJudge(), agreement: null, prices, countTokens: null };
};
