import type { JudgeUsage } from '#contracts/replay.ts';
import type { Judge, JudgeReply } from '../judge.ts';
import { drawNonce, type Random } from './fence.ts';
import type { ModelClient, ModelReply } from './model-client.ts';
import { callCostUsd } from './prices.ts';
import { promptDigest } from './prompts/v1/digest.ts';
import { buildRequest, sharedPrefix } from './request.ts';

export type AnthropicJudgeOptions = {
  /** Called at the first asking: it may import the SDK. Where it rejects, the judge is unavailable. */
  client: () => Promise<ModelClient>;
  model: string;
  random: Random;
  /** Milliseconds, of any clock that goes forward. */
  now: () => number;
};

const nothingUsed: JudgeUsage = {
  calls: 0,
  inputTokens: 0,
  cacheWriteTokens: 0,
  cacheReadTokens: 0,
  outputTokens: 0,
  costUsd: 0,
};

/** The real judge: a model behind Anthropic's Messages API, asked by the prompts whose digest it names. */
export const anthropicJudge = ({ client, model, random, now }: AnthropicJudgeOptions): Judge => {
  let opening: Promise<ModelClient> | undefined;
  const openClient = (): Promise<ModelClient | null> => {
    opening ??= client();
    return opening.catch(() => {
      opening = undefined;
      return null;
    });
  };
  return {
    provider: 'anthropic',
    model,
    promptDigest,
    open(groundTruth) {
      const prefix = sharedPrefix(groundTruth, drawNonce(random));
      return {
        async ask(task, signal) {
          const startedAt = now();
          const opened = await openClient();
          const reply: ModelReply =
            opened === null
              ? {
                  kind: 'unavailable',
                  detail: 'the package @anthropic-ai/sdk could not be loaded: run npm install',
                }
              : await opened.send(buildRequest(model, prefix, task, drawNonce(random)), signal);
          return readReply(reply, model, Math.max(0, now() - startedAt));
        },
      };
    },
  };
};

function readReply(reply: ModelReply, configuredModel: string, latencyMs: number): JudgeReply {
  if (reply.kind !== 'message') {
    const fault = reply.kind === 'rejected' ? 'refused' : 'unavailable';
    return { ok: false, fault, detail: reply.detail, model: configuredModel, usage: nothingUsed, latencyMs };
  }
  const { model, stop, output, usage } = reply;
  const common = { model, latencyMs, usage: { calls: 1, ...usage, costUsd: callCostUsd(model, usage) } };
  // Also where the text happens to parse: a refusal's or a broken-off answer's verdicts are not the judge's.
  if (stop !== 'ended') return { ...common, ok: false, fault: stop, detail: '' };
  if (output === null) return { ...common, ok: false, fault: 'malformed', detail: 'no text' };
  return output.ok
    ? { ...common, ok: true, answer: output.answer }
    : { ...common, ok: false, fault: 'malformed', detail: output.detail };
}
