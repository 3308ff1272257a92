import { z } from 'zod';

const amount = z.number().nonnegative();
/** US dollars per million tokens; `cacheWrite` is the 5-minute cache's, the only one used here. */
export const modelPriceSchema = z.strictObject({
  input: amount,
  cacheWrite: amount,
  cacheRead: amount,
  output: amount,
});
export type ModelPrice = z.infer<typeof modelPriceSchema>;

export type ListPrice = ModelPrice & {
  /** Where a prompt (cache reads and writes included) is longer than this, its call costs `long` throughout. */
  longPrompt?: { aboveTokens: number; price: ModelPrice };
};

/** A judge that is a model behind an API. */
type ModelJudge = {
  /** As a sentence names it. */
  api: string;
  /** What its client needs; loaded only where this judge is used. */
  package: string;
  /** The environment variables that configure it. Without a key it cannot be used. */
  variables: { key: string; url: string; model: string };
  defaultModel: string;
  /** By the model's name. They are assumed to hold until this table says otherwise. */
  listPrices: { asOf: string; models: Record<string, ListPrice> };
  /** How it judges in batches (economy mode), and what to say to whoever chooses it; null where it does not. */
  batches: { api: string; priceShare: number; terms: string; advice: string } | null;
};

type ProviderEntry = {
  label: string;
  /** What it does, for whoever chooses between judges. */
  remark: string;
  /** Whether an installation pays for its calls. */
  paid: boolean;
  /** Null where the judge goes by a rule of its own. */
  model: ModelJudge | null;
};

/** Who can judge. Every surface has what it says of a provider from here. */
export const providerTable = {
  offline: {
    label: 'Offline (lexical baseline)',
    remark:
      'Compares words, names and numbers; free, needs no network. Its certificates say so and are not ranked.',
    paid: false,
    model: null,
  },
  anthropic: {
    label: 'Anthropic model',
    remark: 'Reads and understands; each replay costs a few calls to the model.',
    paid: true,
    model: {
      api: 'the Anthropic API',
      package: '@anthropic-ai/sdk',
      variables: { key: 'ANTHROPIC_API_KEY', url: 'ANTHROPIC_BASE_URL', model: 'SCORING_MODEL' },
      defaultModel: 'claude-sonnet-5-5',
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
        advice: 'On input of large diffs that cache saves more.',
      },
    },
  },
} as const satisfies Record<string, ProviderEntry>;

export type JudgeProvider = keyof typeof providerTable;
export const judgeProviders = Object.keys(providerTable) as [JudgeProvider, ...JudgeProvider[]];

/** What the table says of a provider. */
export const judgeOf = (provider: JudgeProvider): ProviderEntry => providerTable[provider];

/** Whether an installation pays for this judge's calls. */
export const isPaid = (provider: JudgeProvider | undefined): boolean =>
  provider !== undefined && judgeOf(provider).paid;

/** How this judge judges in batches; null where it does not. */
export const batchesOf = (provider: JudgeProvider) => judgeOf(provider).model?.batches ?? null;

/** The providers whose judge is a model. */
export const modelJudges = judgeProviders.flatMap((provider) => {
  const { model } = judgeOf(provider);
  return model === null ? [] : [{ provider, ...model }];
});

/** The judges that are models, as a sentence names them. */
export const theModelJudges = modelJudges.map(({ provider }) => `the ${provider} judge`).join(' or ');

/** One value for each provider. */
export const byProvider = <T>(of: (provider: JudgeProvider) => T): Record<JudgeProvider, T> =>
  Object.fromEntries(judgeProviders.map((provider) => [provider, of(provider)])) as Record<JudgeProvider, T>;

/** Who judges where no judge is named: a model that can be used, else the judge that always can. */
export const defaultProvider = (canBeUsed: (provider: JudgeProvider) => boolean): JudgeProvider =>
  modelJudges.find(({ provider }) => canBeUsed(provider))?.provider ?? 'offline';

/**
 * What a judge goes by, in full: the offline judge's rule, or the instructions that every call to a model begins with.
 * A certificate names it by its `promptDigest` (SHA-256, hex).
 */
export const judgeRuleSchema = z.object({
  provider: z.enum(judgeProviders),
  promptDigest: z.string(),
  text: z.string(),
});
export type JudgeRule = z.infer<typeof judgeRuleSchema>;
