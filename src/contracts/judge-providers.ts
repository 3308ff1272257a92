import { z } from 'zod';
import { storableTextSchema } from './text.ts';

const amount = z.number().nonnegative();
/**
 * US dollars per million tokens. `cacheWrite` is the price of the 5-minute cache, the only one used here. Without prices
 * of its own the cache costs what any input does.
 */
export const modelPriceSchema = z
  .strictObject({
    input: amount,
    cacheWrite: amount.optional(),
    cacheRead: amount.optional(),
    output: amount,
  })
  .transform(({ input, cacheWrite = input, cacheRead = input, output }) => ({
    input,
    cacheWrite,
    cacheRead,
    output,
  }));
export type ModelPrice = z.infer<typeof modelPriceSchema>;

export type ListPrice = ModelPrice & {
  /** A prompt longer than this, counting cache reads and writes, makes its whole call cost `price`. */
  longPrompt?: { aboveTokens: number; price: ModelPrice };
};

/** What an operator sets for a model. */
export type ModelSetting = 'key' | 'url' | 'model';

/** A judge that is a model behind an API. */
type ModelJudge = {
  /** The API's name in a sentence. */
  api: string;
  /** The client's package, loaded only if this judge is used. */
  package: string;
  /** The environment variables that configure it. Without those in `needs` it is unavailable. */
  variables: Record<ModelSetting, string>;
  needs: readonly ModelSetting[];
  /** Null: the operator names one. */
  defaultModel: string | null;
  /** It judges runs that name no judge. */
  isDefault: boolean;
  /** The operator chose the endpoint, so certificates name its origin. */
  statesEndpoint: boolean;
  /** The form of the answer stands in the prompt too, because not every endpoint holds a model to it. */
  formInWords: boolean;
  /**
   * By model name. They count as current until this table changes. Null: there is no list, so a price is unknown unless
   * the operator states it, and no limit in US dollars can be held.
   */
  listPrices: { asOf: string; models: Record<string, ListPrice> } | null;
  /** How it judges in batches (economy mode), with the texts for choosing that. Null: it has no batches. */
  batches: { api: string; priceShare: number; terms: string; advice: string } | null;
};

type ProviderEntry = {
  label: string;
  /** What it does, shown where a judge is chosen. */
  remark: string;
  /** Whether its calls cost the installation money. */
  paid: boolean;
  /** Null: the judge follows a rule and calls no model. */
  model: ModelJudge | null;
};

/** The judges. Every surface takes its texts about a provider from here. */
export const providerTable = {
  offline: {
    label: 'Offline check',
    remark:
      'Rules only on facts that code can decide: what was added, removed, renamed, moved, imported, called or set. Free, and needs no network. It does not judge meaning, so its certificates are never ranked.',
    paid: false,
    model: null,
  },
  anthropic: {
    label: 'Anthropic model',
    remark: 'Reads and understands. Each replay costs a few calls to the model.',
    paid: true,
    model: {
      api: 'the Anthropic API',
      package: '@anthropic-ai/sdk',
      variables: { key: 'ANTHROPIC_API_KEY', url: 'ANTHROPIC_BASE_URL', model: 'SCORING_MODEL' },
      needs: ['key'],
      defaultModel: 'claude-sonnet-5-5',
      isDefault: true,
      statesEndpoint: false,
      formInWords: false,
      // platform.claude.com/docs/en/about-claude/pricing: Sonnet's cache reads since their cut of 2026-10-07, Haiku
      // in its two bands.
      listPrices: {
        asOf: '2026-10-24',
        models: {
          'claude-sonnet-5-5': { input: 2, cacheWrite: 2.5, cacheRead: 0.1, output: 10 },
          'claude-opus-5-5': { input: 4, cacheWrite: 5, cacheRead: 0.2, output: 20 },
          'claude-haiku-5-5': {
            input: 0.1,
            cacheWrite: 0.125,
            cacheRead: 0.01,
            output: 0.5,
            longPrompt: {
              aboveTokens: 100_000,
              price: { input: 0.5, cacheWrite: 0.625, cacheRead: 0.05, output: 2.5 },
            },
          },
        },
      },
      batches: {
        api: 'the Message Batches API',
        priceShare: 0.5,
        terms: 'half the list price for each token, without the prompt cache; hours instead of minutes',
        advice: 'With large diffs the cache saves more.',
      },
    },
  },
  chat: {
    label: 'Chat model',
    remark:
      'Any model behind an OpenAI-compatible endpoint, hosted or on the operator’s own machines. Each replay costs a few calls to it.',
    paid: true,
    model: {
      api: 'the chat endpoint',
      package: 'openai',
      variables: { key: 'CHAT_JUDGE_API_KEY', url: 'CHAT_JUDGE_URL', model: 'CHAT_JUDGE_MODEL' },
      needs: ['url', 'model'],
      defaultModel: null,
      isDefault: false,
      statesEndpoint: true,
      formInWords: true,
      listPrices: null,
      batches: null,
    },
  },
} as const satisfies Record<string, ProviderEntry>;

export type JudgeProvider = keyof typeof providerTable;
export const judgeProviders = Object.keys(providerTable) as [JudgeProvider, ...JudgeProvider[]];

/** A provider's entry in the table. */
export const judgeOf = (provider: JudgeProvider): ProviderEntry => providerTable[provider];

/** Whether this judge's calls cost the installation money. */
export const isPaid = (provider: JudgeProvider | undefined): boolean =>
  provider !== undefined && judgeOf(provider).paid;

/** How this judge judges in batches. Null: it has no batches. */
export const batchesOf = (provider: JudgeProvider) => judgeOf(provider).model?.batches ?? null;

/** The variables that a judge cannot do without, in a sentence. */
export const variablesOf = (provider: JudgeProvider): string => {
  const { model } = judgeOf(provider);
  return model === null ? '' : model.needs.map((setting) => model.variables[setting]).join(' and ');
};

/** The providers whose judge is a model. */
export const modelJudges = judgeProviders.flatMap((provider) => {
  const { model } = judgeOf(provider);
  return model === null ? [] : [{ provider, ...model }];
});

/**
 * A model of another provider that can serve: the judge by default for what the run's own cannot do alone. One without a
 * known price cannot serve while a limit in US dollars holds.
 */
export const otherProviderThan = (
  own: JudgeProvider,
  canServe: (provider: JudgeProvider) => boolean,
): JudgeProvider | null =>
  modelJudges.find(({ provider }) => provider !== own && canServe(provider))?.provider ?? null;

/** The model judges' names in a sentence. */
export const theModelJudges = modelJudges.map(({ provider }) => `the ${provider} judge`).join(' or ');

/**
 * Which judge a certificate means: its provider, the model that was asked for, and the origin of its endpoint if the
 * operator chose that.
 */
export const judgeIdentitySchema = z.object({
  provider: z.enum(judgeProviders),
  model: storableTextSchema,
  endpoint: storableTextSchema.nullable(),
});
export type JudgeIdentity = z.infer<typeof judgeIdentitySchema>;

/** One value for each provider. */
export const byProvider = <T>(of: (provider: JudgeProvider) => T): Record<JudgeProvider, T> =>
  Object.fromEntries(judgeProviders.map((provider) => [provider, of(provider)])) as Record<JudgeProvider, T>;

/** The judge of a run that names none: an available model, else the offline check, which always is available. */
export const defaultProvider = (canBeUsed: (provider: JudgeProvider) => boolean): JudgeProvider =>
  modelJudges.find(({ provider, isDefault }) => isDefault && canBeUsed(provider))?.provider ?? 'offline';

/**
 * What a judge follows, in full: the offline check's rule, or the instructions that every call to a model begins with.
 * A certificate names it by its `promptDigest` (SHA-256, hex).
 */
export const judgeRuleSchema = z.object({
  provider: z.enum(judgeProviders),
  promptDigest: storableTextSchema,
  text: storableTextSchema,
});
export type JudgeRule = z.infer<typeof judgeRuleSchema>;
