import type { JudgeUsage } from '#contracts/replay.ts';
import type { Judge, JudgeReply } from '../judge.ts';
import { drawNonce, type Random } from './fence.ts';
import type { AnthropicClient, ModelReply } from './model-client.ts';
import { callCostUsd } from './prices.ts';
import { promptDigest } from './prompts/v1/digest.ts';
import { buildRequest, sharedPrefix } from './request.ts';

export type AnthropicJudgeOptions = {
  /** Made by `createAnthropicClient` (client.ts), which the composition imports only where the SDK is installed. */
  client: AnthropicClient;
  model: string;
  random: Random;
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
export const anthropicJudge = ({ client, model, random }: AnthropicJudgeOptions): Judge => {
  return {
    provider: 'anthropic',
    model,
    promptDigest,
    open(groundTruth) {
      const prefix = sharedPrefix(groundTruth, drawNonce(random));
      return {
        async ask(task, signal) {
          const reply = await client.send(buildRequest(model, prefix, task, drawNonce(random)), signal);
          return readReply(reply, model);
        },
      };
    },
  };
};

function readReply(reply: ModelReply, configuredModel: string): JudgeReply {
  const { latencyMs } = reply;
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
