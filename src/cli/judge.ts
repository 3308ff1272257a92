import { randomBytes } from 'node:crypto';
import type { Judge } from '#verification/judges/judge.ts';
import { CommandError, UsageError } from './exit.ts';
import type { Settings } from './settings.ts';

const anthropic = async (model: string, settings: Settings): Promise<Judge> => {
  if (settings.anthropicApiKey === null)
    throw new UsageError(
      'The anthropic judge needs a key: set ANTHROPIC_API_KEY, or use --judge offline, which needs none.',
    );
  // Loaded only where it is wanted: the offline judge works where the SDK is not installed.
  const { createAnthropicClient } = await import('#verification/judges/anthropic/client.ts').catch(() => {
    throw new CommandError(
      'The package @anthropic-ai/sdk is missing. Run npm install, or use --judge offline.',
    );
  });
  const { anthropicJudge } = await import('#verification/judges/anthropic/judge.ts');
  const client = createAnthropicClient({
    apiKey: settings.anthropicApiKey,
    baseURL: settings.anthropicBaseUrl ?? undefined,
  });
  return anthropicJudge({ client, model, random: (bytes) => randomBytes(bytes) });
};

/** The judge asked for, else the installation's default: anthropic where a key is configured. */
export const judgeFor = async (
  asked: { judge?: 'anthropic' | 'offline'; model?: string },
  settings: Settings,
): Promise<Judge> => {
  const provider = asked.judge ?? (settings.anthropicApiKey === null ? 'offline' : 'anthropic');
  if (provider === 'anthropic') return anthropic(asked.model ?? settings.scoringModel, settings);
  if (asked.model !== undefined)
    throw new UsageError('--model is for the anthropic judge; the offline judge has no model to choose.');
  const { offlineJudge } = await import('#verification/judges/offline/judge.ts');
  return offlineJudge();
};
