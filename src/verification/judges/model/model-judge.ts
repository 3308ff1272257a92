import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { type JudgeUsage, noUsage } from '#contracts/replay.ts';
import { drawNonce, type Random } from '../../text/fence.ts';
import { type Judge, type JudgeReply, type JudgeTask, NotSent } from '../judge.ts';
import type { AnthropicClient, BatchDesk, ModelReply } from './model-client.ts';
import { ceilingCostUsd, type Prices } from './prices.ts';
import { promptDigest } from './prompts/v1/digest.ts';
import { buildRequest, type ModelRequest, sharedPrefix } from './request.ts';

export type AnthropicJudgeOptions = {
  /** Made by `createAnthropicClient` (client.ts), which the composition imports only where the SDK is installed. */
  client: AnthropicClient;
  model: string;
  random: Random;
  prices: Prices;
  /** Where calls wait for a batch; null where each is made at once. */
  batches: BatchDesk | null;
  /** Milliseconds since the epoch. */
  now: () => number;
};

/**
 * How long after a call was sent the next one on the same prefix finds it cached: an entry lives for 5 minutes from
 * its last use, and this leaves half a minute for the way there.
 */
const warmMs = 4.5 * 60_000;

/**
 * Lets one call lead wherever the prompt cache is cold: an entry can be read only once the answer that writes it has
 * begun, so calls sent side by side on a new pull request would all pay for writing it. The others wait for the leading
 * answer to arrive; where it fails, the next one leads.
 */
const leading = (now: () => number) => {
  let warmUntil = Number.NEGATIVE_INFINITY;
  let leader: Promise<unknown> | null = null;
  return async <T extends { kind: string }>(send: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    while (now() >= warmUntil && leader !== null) {
      await leader;
      signal?.throwIfAborted();
    }
    const sentAt = now();
    const sent = send().then((reply) => {
      if (reply.kind === 'message') warmUntil = Math.max(warmUntil, sentAt + warmMs);
      return reply;
    });
    if (sentAt < warmUntil) return sent;
    leader = sent
      .catch(() => undefined)
      .finally(() => {
        leader = null;
      });
    return sent;
  };
};

/**
 * What a call can cost at most, in US dollars: every token of its prompt written to the cache, where there is one, and
 * its answer as long as it may be. No tokeniser makes more tokens of a text than half its bytes, short of texts made
 * for it.
 */
const mostUsd = (
  { model, system, messages, max_tokens }: ModelRequest,
  prices: Prices,
  how = { batch: false },
): number => {
  const texts = [...system.map(({ text }) => text), ...messages.map(({ content }) => content)];
  const bytes = texts.reduce((total, text) => total + utf8ToBytes(text).length, 0);
  const promptTokens = Math.ceil(bytes / 2);
  const tokens = {
    inputTokens: how.batch ? promptTokens : 0,
    cacheWriteTokens: how.batch ? 0 : promptTokens,
    cacheReadTokens: 0,
    outputTokens: max_tokens,
  };
  return prices.costUsd(model, tokens, how) ?? ceilingCostUsd(tokens);
};

/** Names that a restarted worker gives to the same calls again: what is asked, and the how manieth time. */
const callNames = () => {
  const asked = new Map<string, number>();
  return (task: JudgeTask): string => {
    const digest = bytesToHex(sha256(utf8ToBytes(JSON.stringify(task)))).slice(0, 32);
    const times = (asked.get(digest) ?? 0) + 1;
    asked.set(digest, times);
    return `${task.measure}/${digest}/${times}`;
  };
};

/** The real judge: a model behind Anthropic's Messages API, asked by the prompts whose digest it names. */
export const anthropicJudge = (options: AnthropicJudgeOptions): Judge => {
  const { client, model, random, prices, batches, now } = options;
  return {
    provider: 'anthropic',
    model,
    promptDigest,
    open(groundTruth) {
      const nonce = drawNonce(random);
      const prefix = sharedPrefix(groundTruth, nonce);
      const brokenOff = new Map<JudgeTask['measure'], number>();
      const request = (task: JudgeTask, shared = prefix) =>
        buildRequest(model, shared, task, drawNonce(random), brokenOff.get(task.measure));
      const inTurn = leading(now);
      const nameCall = callNames();
      const sendSingly = async (task: JudgeTask, signal?: AbortSignal) => {
        let isSent = false;
        const send = () =>
          client.send(request(task), signal, () => {
            isSent = true;
          });
        try {
          return await inTurn(send, signal);
        } catch (error) {
          throw isSent ? error : new NotSent(error);
        }
      };
      const send = async (task: JudgeTask, signal?: AbortSignal) => {
        if (batches === null) return sendSingly(task, signal);
        const batched = request(task, sharedPrefix(groundTruth, nonce, task.measure));
        return batches.exchange(nameCall(task), {
          request: batched,
          mostUsd: mostUsd(batched, prices, { batch: true }),
          single: {
            mostUsd: mostUsd(request(task), prices),
            send: async () => {
              const reply = await sendSingly(task, signal);
              return { reply, usage: usageOf(reply, prices) };
            },
          },
        });
      };
      return {
        ask: async (task, signal) => {
          const reply = readReply(await send(task, signal), model, prices);
          if (!reply.ok && reply.fault === 'truncated')
            brokenOff.set(task.measure, (brokenOff.get(task.measure) ?? 0) + 1);
          return reply;
        },
        mostUsd: (task) => mostUsd(request(task), prices),
      };
    },
  };
};

function usageOf(reply: ModelReply, prices: Prices): JudgeUsage {
  if (reply.kind !== 'message') return noUsage;
  const { model, usage, batch } = reply;
  return { calls: 1, ...usage, costUsd: prices.costUsd(model, usage, { batch }) };
}

function readReply(reply: ModelReply, configuredModel: string, prices: Prices): JudgeReply {
  const { latencyMs, retries, uncertain } = reply;
  const took = { usage: usageOf(reply, prices), latencyMs, retries, uncertain };
  if (reply.kind !== 'message') {
    const common = { ok: false, model: configuredModel, ...took } as const;
    return reply.kind === 'rejected'
      ? { ...common, fault: reply.tooLarge ? 'refused' : 'rejected', detail: reply.detail }
      : { ...common, fault: 'unavailable', detail: reply.detail, passing: reply.passing, mend: reply.mend };
  }
  const { model, stop, output } = reply;
  const common = { model, ...took };
  // Also where the text happens to parse: a refusal's or a broken-off answer's verdicts are not the judge's.
  if (stop !== 'ended') return { ...common, ok: false, fault: stop, detail: '' };
  if (output === null) return { ...common, ok: false, fault: 'malformed', detail: 'no text' };
  return output.ok
    ? { ...common, ok: true, answer: output.answer }
    : { ...common, ok: false, fault: 'malformed', detail: output.detail };
}
