import { createHash, randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type JudgeProvider, judgeOf, type ModelSetting } from '#contracts/judge-providers.ts';
import type { Judge } from '#verification/judges/judge.ts';
import type { BatchClient, BatchDesk } from '#verification/judges/model/batches.ts';
import type { CountTokens, ModelClient } from '#verification/judges/model/model-client.ts';
import { createPrices, type PriceOverrides } from '#verification/judges/model/prices.ts';
import { steadyNow } from './steady-clock.ts';

/** An installation's settings for one provider. The provider's entry names the variables. */
export type JudgeSettings = {
  key: string | null;
  url: string | null;
  /** The default model, or the rule's name for a judge that follows a rule. Null: no model is configured. */
  model: string | null;
};

/** An open provider. */
export type OpenJudge = {
  /**
   * @param model ignored by a judge that follows a rule.
   * @param batches for a judge whose calls wait for a batch; null: each call is made at once.
   */
  judge(model: string, batches: BatchDesk | null): Judge;
  countTokens: CountTokens | null;
  batches: BatchClient | null;
};

type Ports = {
  prices: PriceOverrides;
  /** The limit for simultaneous calls to a provider. */
  maxConcurrent?: number | undefined;
  fetch: typeof fetch;
};

const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
  await delay(ms, undefined, signal && { signal });
};

const required = (provider: JudgeProvider, settings: JudgeSettings, part: ModelSetting): string => {
  const value = settings[part];
  if (value === null) throw new Error(`The ${provider} judge was opened without its ${part}.`);
  return value;
};

/** The origin that certificates name; null where the provider has its own endpoint. */
export const endpointOf = (provider: JudgeProvider, { url }: JudgeSettings): string | null =>
  judgeOf(provider).model?.statesEndpoint && url !== null ? new URL(url).origin : null;

/** @param address the whole of it, of a provider whose endpoint the operator chose. */
const openModel = async (
  provider: JudgeProvider,
  client: ModelClient,
  settings: JudgeSettings,
  { prices, address }: Ports & { address?: object },
): Promise<OpenJudge> => {
  const { modelJudge } = await import('#verification/judges/model/model-judge.ts');
  const ports = {
    client,
    endpoint: endpointOf(provider, settings),
    endpointDigest: address && createHash('sha256').update(JSON.stringify(address)).digest('hex'),
    random: randomBytes,
    prices: createPrices(provider, prices),
    now: steadyNow,
  };
  return {
    judge: (model, batches) => modelJudge({ ...ports, provider, model, batches }),
    countTokens: client.countTokens,
    batches: client.batches,
  };
};

/** Opens each provider. A provider is loaded only when used, because its package may be missing elsewhere. */
const openers = {
  offline: async () => {
    const { offlineJudge } = await import('#verification/judges/offline/judge.ts');
    return { judge: offlineJudge, countTokens: null, batches: null };
  },
  anthropic: async (settings, ports) => {
    const { createAnthropicClient } = await import('#verification/judges/providers/anthropic/client.ts');
    const client = createAnthropicClient({
      apiKey: required('anthropic', settings, 'key'),
      baseURL: settings.url ?? undefined,
      maxConcurrent: ports.maxConcurrent,
      fetch: ports.fetch,
      now: steadyNow,
      sleep,
    });
    return openModel('anthropic', client, settings, ports);
  },
  chat: async (settings, ports) => {
    const { chatAddressOf, createChatClient } = await import('#verification/judges/providers/chat/client.ts');
    const url = required('chat', settings, 'url');
    const client = createChatClient({
      apiKey: settings.key,
      url,
      maxConcurrent: ports.maxConcurrent,
      fetch: ports.fetch,
      now: steadyNow,
      sleep,
    });
    return openModel('chat', client, settings, { ...ports, address: chatAddressOf(url) });
  },
} satisfies Record<JudgeProvider, (settings: JudgeSettings, ports: Ports) => Promise<OpenJudge>>;

/** Opens a provider that has everything it needs (`missingFor`), for worker and command line alike. */
export const openJudge = (
  provider: JudgeProvider,
  settings: JudgeSettings,
  ports: Ports,
): Promise<OpenJudge> => openers[provider](settings, ports);

/** What a judge still needs before it can be used. */
export type MissingPart = { part: 'package' | ModelSetting; name: string };

const isInstalled = (name: string, projectDir: string): boolean => {
  try {
    createRequire(join(projectDir, 'package.json')).resolve(name);
    return true;
  } catch {
    return false;
  }
};

/**
 * Null if this judge can be used, otherwise what is missing: its package below `projectDir`, or the variable of a
 * setting.
 */
export const missingFor = (
  provider: JudgeProvider,
  settings: JudgeSettings,
  projectDir: string,
): MissingPart | null => {
  const { model } = judgeOf(provider);
  if (model === null) return null;
  if (!isInstalled(model.package, projectDir)) return { part: 'package', name: model.package };
  const part = model.needs.find((setting) => settings[setting] === null);
  return part === undefined ? null : { part, name: model.variables[part] };
};
