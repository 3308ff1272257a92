import { digestOf } from './draw.ts';

type CacheTtl = '5m' | '1h';

/** What a model reads, in order. A block with a `ttl` ends in a breakpoint. */
export type Prompt = {
  model: string;
  schema: unknown;
  effort: string | null;
  blocks: { role: string; text: string; ttl: CacheTtl | null }[];
};

export type PromptUsage = {
  /** The tokens after the last breakpoint that can be cached. */
  inputTokens: number;
  readTokens: number;
  write5mTokens: number;
  write1hTokens: number;
};

/** `commit` writes what the request missed and renews what it read. It is called when the answer begins, if it does. */
export type CacheLookup = { usage: PromptUsage; commit(): void };

const ttlMs: Record<CacheTtl, number> = { '5m': 5 * 60_000, '1h': 60 * 60_000 };

/** A breakpoint looks back over this many blocks, its own included. */
const lookbackBlocks = 20;

/**
 * By model, the tokens below which a prefix is not cached, from
 * platform.claude.com/docs/en/build-with-claude/prompt-caching. Opus 5.5 and Sonnet 5.5 are assumed to have their
 * predecessors' numbers.
 */
const documentedMinimums: Record<string, number> = {
  'claude-opus-5-5': 512,
  'claude-sonnet-5-5': 1024,
  'claude-haiku-5-5': 512,
  'claude-opus-5': 512,
  'claude-sonnet-5': 1024,
  'claude-haiku-4-5': 4096,
};
const otherwiseMinimum = 1024;

/** Four UTF-16 code units a token. Each text is rounded up separately, so that prefixes add up. */
export const tokensOf = (text: string): number => Math.ceil(text.length / 4);

/** The API puts the answer's schema before the prompt and counts it. */
const schemaTokens = ({ schema }: Prompt) => (schema === undefined ? 0 : tokensOf(JSON.stringify(schema)));

export const promptTokens = (prompt: Prompt): number =>
  prompt.blocks.reduce((sum, { text }) => sum + tokensOf(text), schemaTokens(prompt));

/**
 * The prompt cache. A breakpoint's key is the model, the answer's schema, the effort, and every block up to it. A
 * request reads the longest prefix that an earlier one wrote, and writes the rest up to its last breakpoint. An entry's
 * time to live counts from the start of the request that wrote or last read it. `now` is in milliseconds.
 */
export const createPromptCache = (minimums: Record<string, number>, now: () => number) => {
  const entries = new Map<string, { ttlMs: number; expiresAt: number }>();
  const minimumOf = (model: string) => {
    const known = { ...documentedMinimums, ...minimums };
    return known[model] ?? known[model.replace(/-\d{8}$/, '')] ?? otherwiseMinimum;
  };

  /** What a request that starts at `startedAt` finds in the cache as it is now. */
  const lookUp = (prompt: Prompt, startedAt = now()): CacheLookup => {
    const prefixes: { key: string; tokens: number; ttl: CacheTtl | null }[] = [];
    let key = digestOf(prompt.model, JSON.stringify([prompt.schema, prompt.effort]));
    let tokens = schemaTokens(prompt);
    for (const { role, text, ttl } of prompt.blocks) {
      key = digestOf(key, role, text);
      tokens += tokensOf(text);
      prefixes.push({ key, tokens, ttl });
    }
    const minimum = minimumOf(prompt.model);
    const breakpoints = prefixes.flatMap((prefix, index) =>
      prefix.ttl !== null && prefix.tokens >= minimum ? [{ ...prefix, ttl: prefix.ttl, index }] : [],
    );
    const readTokens = Math.max(
      0,
      ...breakpoints
        .flatMap(({ index }) => prefixes.slice(Math.max(0, index + 1 - lookbackBlocks), index + 1))
        .filter((prefix) => (entries.get(prefix.key)?.expiresAt ?? 0) > startedAt)
        .map((prefix) => prefix.tokens),
    );
    const end = breakpoints.at(-1)?.tokens ?? 0;
    const longEnd = Math.max(readTokens, breakpoints.findLast(({ ttl }) => ttl === '1h')?.tokens ?? 0);
    return {
      usage: {
        inputTokens: tokens - end,
        readTokens,
        write5mTokens: end - longEnd,
        write1hTokens: longEnd - readTokens,
      },
      commit() {
        for (const { key: prefix, tokens: length, ttl } of prefixes) {
          const entry = entries.get(prefix);
          const isUsed = length === readTokens || (ttl !== null && length < readTokens);
          if (entry !== undefined && isUsed)
            entry.expiresAt = Math.max(entry.expiresAt, startedAt + entry.ttlMs);
        }
        for (const prefix of breakpoints.filter((each) => each.tokens > readTokens)) {
          const life = ttlMs[prefix.ttl];
          const expiresAt = Math.max(entries.get(prefix.key)?.expiresAt ?? 0, startedAt + life);
          entries.set(prefix.key, { ttlMs: life, expiresAt });
        }
      },
    };
  };
  return { lookUp };
};

export type PromptCache = ReturnType<typeof createPromptCache>;
