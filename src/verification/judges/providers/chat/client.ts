import OpenAI, { APIError } from 'openai';
import type { ModelClient } from '../../model/model-client.ts';
import type { ModelReply } from '../../model/reply.ts';
import type { ModelRequest } from '../../model/request.ts';
import { createSending, saidInShort } from '../../model/sending.ts';
import { completionParams, readChatMessage, type Way } from './completions.ts';
import { chatFaultOf, lostChatFault, saidIn } from './faults.ts';
import { chatLimitNewsOf } from './rate-limits.ts';
import { sentenceIn, understood } from './refusals.ts';
import { createWays, type Refusal } from './ways.ts';

/** Only this folder loads the SDK, when a judge is needed. */
export type ChatClientOptions = {
  /** Null: the endpoint needs none, as on a machine of the operator's own. */
  apiKey: string | null;
  /** The endpoint's address: with its version, bare, or the whole path to completions. */
  url: string;
  fetch?: typeof fetch;
  /** Retries of what was turned away, with the SDK's back-off, which obeys `Retry-After`. */
  maxRetries?: number;
  /** Milliseconds for one request, its body included. */
  timeout?: number;
  /** Milliseconds since the epoch. */
  now?: () => number;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** The most calls that are under way at once; see `createLimiter`. */
  maxConcurrent?: number | undefined;
};

/**
 * A small server works on one request after another, so this is long. Node's fetch gives up after 5 minutes without a
 * byte, and would not say that time was up.
 */
const longestAnswerMs = 290_000;

/** Where the endpoint is, as the vendor's client takes it. */
type Address = { baseURL: string; query: Record<string, string> };

/**
 * Servers document their address with its version (`http://host/v1`), as the whole path to completions, or bare. All
 * of them answer below `/v1`, so that is what a bare one means.
 */
export const chatAddressOf = (url: string): Address => {
  const { origin, pathname, searchParams } = new URL(url);
  const path = pathname.replace(/\/+$/, '');
  return {
    baseURL: `${origin}${path === '' ? '/v1' : path.replace(/\/chat\/completions$/, '')}`,
    query: Object.fromEntries(searchParams),
  };
};

/**
 * A model behind a chat-completions endpoint. The vendor's SDK has the requests, the back-off and the types; what other
 * servers write in another way is put into its form before it reads it (`understood`).
 */
export const createChatClient = ({
  apiKey,
  url,
  fetch: send = fetch,
  maxRetries = 5,
  timeout = longestAnswerMs,
  now = Date.now,
  sleep,
  maxConcurrent = 64,
}: ChatClientOptions): ModelClient => {
  const sending = createSending({
    fetch: send,
    now,
    sleep,
    maxConcurrent,
    limitsOf: chatLimitNewsOf,
    understood,
  });
  const { baseURL, query } = chatAddressOf(url);
  // Set everything here that the SDK would otherwise read from the environment.
  const openai = new OpenAI({
    apiKey: apiKey ?? 'none',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL,
    defaultQuery: query,
    ...(apiKey === null && { defaultHeaders: { authorization: null } }),
    fetch: send,
    maxRetries,
    logLevel: 'off',
  });
  /** What is learnt of one model does not hold for another behind the same endpoint. */
  const waysByModel = new Map<string, ReturnType<typeof createWays>>();
  const waysOf = (model: string) => {
    const known = waysByModel.get(model) ?? createWays();
    waysByModel.set(model, known);
    return known;
  };

  const sendOnce = async (
    request: ModelRequest,
    way: Way,
    signal: AbortSignal | undefined,
    onSent: (() => void) | undefined,
  ): Promise<{ reply: ModelReply; refusal: Refusal | null }> => {
    let refusal: Refusal | null = null;
    const reply = await sending.send({
      timeoutMs: timeout,
      signal,
      onSent,
      ask: async (attempt, until) => {
        const completion = await openai
          .withOptions({ fetch: attempt })
          .chat.completions.create(completionParams(request, way), { signal: until, timeout });
        return readChatMessage(completion, request, way);
      },
      faultOf: (error) => {
        const named = chatFaultOf(error, request.model, apiKey !== null);
        const said = saidInShort(sentenceIn(saidIn(error)), apiKey);
        const fault = named.kind === 'rejected' && said !== '' ? { ...named, said } : named;
        if (error instanceof APIError && error.status !== undefined)
          refusal = { fault, status: error.status, said: saidIn(error) };
        return fault;
      },
      lostFault: lostChatFault,
    });
    return { reply, refusal };
  };

  return {
    async send(request, signal, onSent) {
      const ways = waysOf(request.model);
      let way = ways.first();
      let refused: ModelReply | null = null;
      let [latencyMs, retries] = [0, 0];
      for (;;) {
        const { reply: last, refusal } = await sendOnce(request, way, signal, onSent);
        latencyMs += last.latencyMs;
        retries += last.retries;
        const reply = { ...last, latencyMs, retries };
        if (reply.kind === 'message') {
          // An answer that was cut off may be so by a bound that this way has learnt wrongly.
          if (reply.stop === 'ended') ways.answered(way);
          return reply;
        }
        refused ??= reply;
        const next = refusal === null ? null : ways.next(way, refusal);
        // What the endpoint said to the way that it takes says more than what it said to the others.
        if (next === null) return refusal === null ? reply : { ...refused, latencyMs, retries };
        way = next;
      }
    },
    // Most endpoints have no call for it; an estimate counts characters.
    countTokens: null,
    batches: null,
  };
};
