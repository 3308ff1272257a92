import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { JudgeProvider } from '#contracts/judge-providers.ts';
import { drawNonce, type Random } from '../../text/fence.ts';
import { type CallCost, type Judge, type JudgeTask, NotSent } from '../judge.ts';
import type { BatchDesk } from './batches.ts';
import { formInWords, promptDigestOf } from './form.ts';
import type { ModelClient } from './model-client.ts';
import { ceilingCostUsd, type Prices } from './prices.ts';
import { judgeReplyOf, usageOfReply } from './reply.ts';
import { buildRequest, type ModelRequest, promptTexts, sharedPrefix } from './request.ts';
import { answerTokens, charactersPerToken } from './usual-tokens.ts';

export type ModelJudgeOptions = {
  provider: JudgeProvider;
  client: Pick<ModelClient, 'send'>;
  model: string;
  /** See `Judge`. */
  endpoint?: string | null;
  /** See `Judge`. */
  endpointDigest?: string | undefined;
  random: Random;
  prices: Prices;
  /** Where calls wait for a batch. Null: each call is made at once. */
  batches: BatchDesk | null;
  /** Milliseconds since the epoch. */
  now: () => number;
};

/**
 * How long after a call was sent the next one still finds the same prefix cached. An entry lives for 5 minutes from its
 * last use; this leaves half a minute for the request to arrive.
 */
const warmMs = 4.5 * 60_000;

/**
 * Lets one call lead while the prompt cache is cold. An entry can be read only once the answer that writes it has
 * begun, so parallel calls on a new pull request would all pay for writing it. The others wait for the leading answer.
 * If it fails, the next call leads.
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
 * The most that a call can cost, in US dollars: every token of its prompt is written to the cache, if there is one, and
 * its answer has the maximum length. No tokeniser makes more tokens of a text than half its bytes, except of texts
 * crafted for that.
 */
const mostUsd = (request: ModelRequest, prices: Prices, how = { batch: false }): number => {
  const bytes = promptTexts(request).reduce((total, text) => total + utf8ToBytes(text).length, 0);
  const promptTokens = Math.ceil(bytes / 2);
  const tokens = {
    inputTokens: how.batch ? promptTokens : 0,
    cacheWriteTokens: how.batch ? 0 : promptTokens,
    cacheReadTokens: 0,
    outputTokens: request.maxOutputTokens,
  };
  return prices.costUsd(request.model, tokens, how) ?? ceilingCostUsd(tokens);
};

/**
 * What a call usually costs, in US dollars. The answer key, or from another judge its variants, is asked for first and
 * writes the prompt to the cache, where the calls after it read it.
 */
const likelyUsd = (
  request: ModelRequest,
  { measure }: JudgeTask,
  prices: Prices,
  how = { batch: false },
): number => {
  const tokensOf = (text: string) => Math.ceil(text.length / charactersPerToken);
  const shared = tokensOf(request.instructions) + tokensOf(request.pullRequest);
  const writes = measure === 'answer_key' || measure === 'variants';
  const tokens = {
    inputTokens: tokensOf(request.question) + (how.batch ? shared : 0),
    cacheWriteTokens: !how.batch && writes ? shared : 0,
    cacheReadTokens: !how.batch && !writes ? shared : 0,
    outputTokens: answerTokens[measure],
  };
  return prices.costUsd(request.model, tokens, how) ?? ceilingCostUsd(tokens);
};

const costOf = (request: ModelRequest, task: JudgeTask, prices: Prices, how = { batch: false }): CallCost => {
  const most = mostUsd(request, prices, how);
  return { likelyUsd: Math.min(most, likelyUsd(request, task, prices, how)), mostUsd: most };
};

/** Names a call by what it asks and how often that was asked before, so that a restarted worker finds it again. */
const callNames = () => {
  const asked = new Map<string, number>();
  return (task: JudgeTask): string => {
    const digest = bytesToHex(sha256(utf8ToBytes(JSON.stringify(task)))).slice(0, 32);
    const times = (asked.get(digest) ?? 0) + 1;
    asked.set(digest, times);
    return `${task.measure}/${digest}/${times}`;
  };
};

/** A provider's model as a judge. `promptDigest` is the digest of the prompts that it is asked with. */
export const modelJudge = (options: ModelJudgeOptions): Judge => {
  const { provider, client, model, endpoint = null, endpointDigest, random, prices, batches, now } = options;
  const form = formInWords(provider);
  return {
    provider,
    model,
    endpoint,
    endpointDigest,
    promptDigest: promptDigestOf(provider),
    open(groundTruth) {
      const nonce = drawNonce(random);
      const prefix = sharedPrefix(groundTruth, nonce, 'every_task', form);
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
        const batched = request(task, sharedPrefix(groundTruth, nonce, task.measure, form));
        return batches.exchange(nameCall(task), {
          request: batched,
          cost: costOf(batched, task, prices, { batch: true }),
          single: {
            cost: costOf(request(task), task, prices),
            send: async () => {
              const reply = await sendSingly(task, signal);
              return { reply, usage: usageOfReply(reply, prices, model) };
            },
          },
        });
      };
      return {
        ask: async (task, signal) => {
          const reply = judgeReplyOf(await send(task, signal), model, prices);
          if (!reply.ok && reply.fault === 'truncated')
            brokenOff.set(task.measure, (brokenOff.get(task.measure) ?? 0) + 1);
          return reply;
        },
        costOf: (task) => costOf(request(task), task, prices),
      };
    },
  };
};
