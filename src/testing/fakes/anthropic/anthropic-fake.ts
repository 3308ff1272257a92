import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { answerPlausibly } from './answers.ts';
import { type AnthropicBatchOptions, createBatches } from './batches.ts';
import { type CacheLookup, createPromptCache, promptTokens } from './cache.ts';
import { fail, misbehave, receiveJson, reply, routeOf, send, sendLines } from './http.ts';
import { createRateLimits, type RateLimitOptions } from './limits.ts';
import { type Behave, composeMessage, isMessage, type MessageBehaviour } from './message.ts';
import { type AnthropicRequest, invalid, readCountRequest, readMessageRequest, refused } from './request.ts';
import { createLedger, enterInLedger, type UsageLedger } from './usage.ts';

export type { AnthropicBehaviour } from './message.ts';
export type { AnthropicRequest } from './request.ts';

export type AnthropicFake = {
  url: string;
  /** The requests that reached a model, including items of batches. Invalid and rate-limited requests are missing. */
  requests: AnthropicRequest[];
  /** Summed over all answered messages. */
  usage: UsageLedger;
  /** The most messages open at once, including rejected ones. */
  readonly peakConcurrency: number;
  /** How many messages the limits rejected. */
  readonly rateLimited: number;
  /** Ends all open batches. Those being canceled end as canceled. */
  endBatches(): Promise<void>;
  close(): Promise<void>;
};

export type AnthropicFakeOptions = RateLimitOptions & {
  apiKey?: string;
  models?: string[];
  behave?: Behave;
  /** How long a message takes if its behaviour does not say. */
  latencyMs?: number;
  /** How many tokens a prefix needs to be cached, by model. Overrides the documented numbers. */
  minCacheableTokens?: Record<string, number>;
  batches?: AnthropicBatchOptions;
  /** Milliseconds since the epoch, for cache, limits and batches. Latencies pass in real time. */
  now?: () => number;
};

const maxMessageBytes = 32 * 1024 * 1024;
const maxBatchBytes = 256 * 1024 * 1024;

/**
 * Anthropic's Messages API on loopback, as documented: keys, request validation, errors, stop reasons, usage, prompt
 * cache, limits, token counting and batches. Without `behave` it derives its answers lexically from the request, which
 * is enough for a whole run.
 */
export const startAnthropicFake = async ({
  apiKey = 'sk-ant-test',
  models = ['claude-sonnet-5-5', 'claude-opus-5-5', 'claude-haiku-5-5'],
  behave = (request) => ({ kind: 'answer', answer: answerPlausibly(request) }),
  latencyMs = 0,
  minCacheableTokens = {},
  batches: batchOptions = {},
  now = Date.now,
  ...limitOptions
}: AnthropicFakeOptions = {}): Promise<AnthropicFake> => {
  const requests: AnthropicRequest[] = [];
  const usage = createLedger();
  const cache = createPromptCache(minCacheableTokens, now);
  const limits = createRateLimits(limitOptions, now);
  let ids = 0;
  const newId = (prefix: string) => {
    ids += 1;
    return `${prefix}_${String(ids).padStart(24, '0')}`;
  };

  const ask = async (request: AnthropicRequest) => {
    requests.push(request);
    return behave(request, requests.length - 1);
  };
  const answer = (behaviour: MessageBehaviour, request: AnthropicRequest, lookup: CacheLookup) => {
    lookup.commit();
    const message = composeMessage(behaviour, newId('msg'), request, lookup.usage);
    enterInLedger(usage, message);
    return message;
  };
  const batches = createBatches(batchOptions, { models, cache, now, baseUrl: () => url, newId, ask, answer });

  const createMessage = async (body: unknown, request: IncomingMessage, response: ServerResponse) => {
    const accepted = readMessageRequest(body, models, { headers: request.headers, batch: null });
    if (!accepted.ok) return fail(response, accepted.error);
    const entry = limits.enter();
    if (!entry.admitted) {
      const headers = { ...limits.headers(), 'retry-after': String(entry.retryAfterSeconds) };
      return fail(response, { status: 429, type: 'rate_limit_error', message: entry.message }, headers);
    }
    const { leave } = entry;
    response.once('close', leave);
    // Looked up on arrival, so it misses what others are still writing.
    const lookup = cache.lookUp(accepted.value.prompt);
    const behaviour = await ask(accepted.value.request);
    if (isMessage(behaviour)) {
      await delay(behaviour.afterMs ?? latencyMs, undefined, { ref: false });
      if (response.closed) return;
      const message = answer(behaviour, accepted.value.request, lookup);
      const {
        input_tokens: input,
        cache_creation_input_tokens: written,
        output_tokens: output,
      } = message.usage;
      limits.spend(input + (written ?? 0), output);
      leave();
      return send(response, 200, message, limits.headers());
    }
    if (behaviour.kind !== 'timeout') leave();
    misbehave(response, behaviour, limits.headers());
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    response.setHeader('request-id', newId('req'));
    const { pathname, searchParams } = new URL(request.url ?? '/', url);
    const route = routeOf(request.method ?? '', pathname);
    if (route === null) return fail(response, refused(404, 'not_found_error', 'Not found').error);
    const { headers } = request;
    const key = headers['x-api-key'] || headers.authorization?.replace(/^Bearer /, '');
    if (key !== apiKey) {
      return fail(response, refused(401, 'authentication_error', 'invalid x-api-key').error);
    }
    if (headers['anthropic-version'] === undefined) {
      return fail(response, invalid('anthropic-version: header is required').error);
    }
    switch (route.operation) {
      case 'create_message': {
        const body = await receiveJson(request, maxMessageBytes);
        return body.ok ? createMessage(body.value, request, response) : fail(response, body.error);
      }
      case 'count_tokens': {
        const body = await receiveJson(request, maxMessageBytes);
        const prompt = body.ok ? readCountRequest(body.value, models) : body;
        if (!prompt.ok) return fail(response, prompt.error);
        return send(response, 200, { input_tokens: promptTokens(prompt.value) });
      }
      case 'create_batch': {
        const body = await receiveJson(request, maxBatchBytes);
        return reply(response, body.ok ? await batches.create(body.value, headers) : body);
      }
      case 'list_batches':
        return reply(response, await batches.list(searchParams));
      case 'retrieve_batch':
        return reply(response, await batches.retrieve(route.id));
      case 'delete_batch':
        return reply(response, await batches.remove(route.id));
      case 'cancel_batch':
        return reply(response, await batches.cancel(route.id));
      case 'batch_results': {
        const results = await batches.results(route.id);
        return results.ok ? sendLines(response, results.value) : fail(response, results.error);
      }
    }
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      // A client that hung up during its request is no failure of the fake.
      if (request.complete) throw error;
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    requests,
    usage,
    get peakConcurrency() {
      return limits.counts.peakConcurrency;
    },
    get rateLimited() {
      return limits.counts.rateLimited;
    },
    endBatches: () => batches.settle(true),
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
};
