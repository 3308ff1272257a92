import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type JudgeProvider, judgeOf } from '#contracts/judge-providers.ts';
import type { Judge } from '#verification/judges/judge.ts';
import type { BatchClient, BatchDesk } from '#verification/judges/model/batches.ts';
import type { CountTokens, ModelClient } from '#verification/judges/model/model-client.ts';
import { createPrices, type PriceOverrides } from '#verification/judges/model/prices.ts';

/** What an installation configures of one provider; the variables are named in the provider's entry. */
export type JudgeSettings = {
  key: string | null;
  url: string | null;
  /** What is asked unless a run names another; of a judge that goes by a rule, the rule's name. */
  model: string;
};

/** What a provider gives once it is open. */
export type OpenJudge = {
  /**
   * @param model a judge that goes by a rule has its own.
   * @param batches where the judge's calls wait for a batch; null where each is made at once.
   */
  judge(model: string, batches: BatchDesk | null): Judge;
  countTokens: CountTokens | null;
  batches: BatchClient | null;
};

type Ports = {
  prices: PriceOverrides;
  /** No more calls to a provider than this are under way at once. */
  maxConcurrent?: number | undefined;
};

const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
  await delay(ms, undefined, signal && { signal });
};

const keyOf = (provider: JudgeProvider, { key }: JudgeSettings): string => {
  if (key === null) throw new Error(`The ${provider} judge was opened without a key.`);
  return key;
};

const openModel = async (
  provider: JudgeProvider,
  client: ModelClient,
  { prices }: Ports,
): Promise<OpenJudge> => {
  const { modelJudge } = await import('#verification/judges/model/model-judge.ts');
  const ports = { client, random: randomBytes, prices: createPrices(provider, prices), now: Date.now };
  return {
    judge: (model, batches) => modelJudge({ ...ports, provider, model, batches }),
    countTokens: client.countTokens,
    batches: client.batches,
  };
};

/** What opens each provider. Loaded only where it is used: its package may be missing elsewhere. */
const openers = {
  offline: async () => {
    const { offlineJudge } = await import('#verification/judges/offline/judge.ts');
    return { judge: offlineJudge, countTokens: null, batches: null };
  },
  anthropic: async (settings, ports) => {
    const { createAnthropicClient } = await import('#verification/judges/providers/anthropic/client.ts');
    const client = createAnthropicClient({
      apiKey: keyOf('anthropic', settings),
      baseURL: settings.url ?? undefined,
      maxConcurrent: ports.maxConcurrent,
      sleep,
    });
    return openModel('anthropic', client, ports);
  },
} satisfies Record<JudgeProvider, (settings: JudgeSettings, ports: Ports) => Promise<OpenJudge>>;

/** The judges of a provider that is not missing anything (`missingFor`), for worker and command line alike. */
export const openJudge = (
  provider: JudgeProvider,
  settings: JudgeSettings,
  ports: Ports,
): Promise<OpenJudge> => openers[provider](settings, ports);

/** What a judge cannot be used without. */
export type MissingPart = { part: 'package' | 'key'; name: string };

const isInstalled = (name: string, projectDir: string): boolean => {
  try {
    createRequire(join(projectDir, 'package.json')).resolve(name);
    return true;
  } catch {
    return false;
  }
};

/**
 * Null where this judge can be used, else what is missing: its package below `projectDir`, or the variable of its key.
 */
export const missingFor = (
  provider: JudgeProvider,
  { key }: JudgeSettings,
  projectDir: string,
): MissingPart | null => {
  const { model } = judgeOf(provider);
  if (model === null) return null;
  if (!isInstalled(model.package, projectDir)) return { part: 'package', name: model.package };
  return key === null ? { part: 'key', name: model.variables.key } : null;
};
