import type { IncomingHttpHeaders } from 'node:http';
import type {
  MessageBatch,
  MessageBatchIndividualResponse,
  MessageBatchResult,
} from '@anthropic-ai/sdk/resources/messages';
import type { ErrorObject } from '@anthropic-ai/sdk/resources/shared';
import { z } from 'zod';
import type { CacheLookup, PromptCache } from './cache.ts';
import { digestOf, draw } from './draw.ts';
import { type AnthropicBehaviour, isMessage, type MessageBehaviour } from './message.ts';
import {
  type AcceptedRequest,
  type AnthropicRequest,
  invalid,
  type Read,
  readBy,
  readMessageRequest,
  refused,
} from './request.ts';

export type AnthropicBatchOptions = {
  /** How long a batch takes, by the fake's clock. It is checked on each request about batches. */
  afterMs?: number;
  /** Batches end only by `endBatches`, or after their 24 hours. */
  manual?: boolean;
  /**
   * The share of items that may read what earlier items of their batch wrote (`none`: 0, `all`: 1). The documentation
   * promises only best effort. Every item may read what was written before the batch began.
   */
  cacheHits?: 'none' | 'all' | number;
};

const dayMs = 24 * 60 * 60_000;
const resultsKeptMs = 29 * dayMs;

/** Params are checked when the batch is processed. An error in them is that item's result. */
const createSchema = z.strictObject({
  requests: z
    .array(
      z.strictObject({
        custom_id: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, "String should match '^[a-zA-Z0-9_-]{1,64}$'"),
        params: z.record(z.string(), z.unknown()),
      }),
    )
    .min(1, 'at least one request is required')
    .max(100_000, 'at most 100000 requests are allowed'),
});

/** `before` is what the cache held when the batch began. */
type Item = { customId: string; accepted: Read<AcceptedRequest & { before: CacheLookup }> };
type Batch = {
  id: string;
  items: Item[];
  createdAt: number;
  cancelledAt: number | null;
  endedAt: number | null;
  results: MessageBatchIndividualResponse[];
};

type BatchPorts = {
  models: readonly string[];
  cache: PromptCache;
  now: () => number;
  baseUrl: () => string;
  newId: (prefix: string) => string;
  ask: (request: AnthropicRequest) => Promise<AnthropicBehaviour>;
  answer: (
    behaviour: MessageBehaviour,
    request: AnthropicRequest,
    lookup: CacheLookup,
  ) => Extract<MessageBatchResult, { type: 'succeeded' }>['message'];
};

const errored = (type: string, message: string): MessageBatchResult => ({
  type: 'errored',
  error: { type: 'error', error: { type, message } as ErrorObject, request_id: null },
});

/** The Message Batches API, a function for each verb. Each returns a body or the API's error. */
export const createBatches = (
  { afterMs = 0, manual = false, cacheHits = 'none' }: AnthropicBatchOptions,
  { models, cache, now, baseUrl, newId, ask, answer }: BatchPorts,
) => {
  const batches: Batch[] = [];
  const share = cacheHits === 'none' ? 0 : cacheHits === 'all' ? 1 : cacheHits;

  const settleItem = async (batch: Batch, item: Item): Promise<MessageBatchResult> => {
    const { accepted } = item;
    if (!accepted.ok) return errored(accepted.error.type, accepted.error.message);
    const { request, prompt, before } = accepted.value;
    const behaviour = await ask(request);
    if (isMessage(behaviour)) {
      const seesNeighbours = draw('cache', batch.id, item.customId) < share;
      const lookup = seesNeighbours ? cache.lookUp(prompt, batch.createdAt) : before;
      return { type: 'succeeded', message: answer(behaviour, request, lookup) };
    }
    if (behaviour.kind === 'expired' || behaviour.kind === 'timeout') return { type: 'expired' };
    if (behaviour.kind === 'errored' || behaviour.kind === 'error') {
      return errored(behaviour.type, behaviour.message ?? behaviour.type);
    }
    return errored('api_error', 'Internal server error');
  };

  /** How many items are done at a time, if all take equally long. */
  const doneAt = ({ createdAt, items }: Batch, at: number) => {
    if (manual) return 0;
    return afterMs === 0 ? items.length : Math.floor(items.length * Math.min(1, (at - createdAt) / afterMs));
  };

  const end = async (batch: Batch, at: number, done: number, rest: 'canceled' | 'expired') => {
    const results: MessageBatchIndividualResponse[] = [];
    for (const [index, item] of batch.items.entries()) {
      const result: MessageBatchResult = index < done ? await settleItem(batch, item) : { type: rest };
      results.push({ custom_id: item.customId, result });
    }
    const places = new Map(results.map((each) => [each, digestOf(batch.id, each.custom_id)]));
    batch.results = results.sort((a, b) => ((places.get(a) ?? '') < (places.get(b) ?? '') ? -1 : 1));
    batch.endedAt = at;
  };

  const settleAll = async (byHand: boolean) => {
    // The oldest first.
    for (const batch of batches.filter(({ endedAt }) => endedAt === null).reverse()) {
      const { createdAt, cancelledAt, items } = batch;
      const expiresAt = createdAt + dayMs;
      const dueAt = manual ? Number.POSITIVE_INFINITY : createdAt + afterMs;
      if (cancelledAt !== null) {
        if (byHand || !manual) await end(batch, now(), doneAt(batch, cancelledAt), 'canceled');
      } else if (byHand) await end(batch, now(), items.length, 'expired');
      else if (dueAt <= now() && dueAt <= expiresAt) await end(batch, dueAt, items.length, 'expired');
      else if (expiresAt <= now()) await end(batch, expiresAt, doneAt(batch, expiresAt), 'expired');
    }
  };
  // One at a time, so that two polls do not end a batch twice.
  let settled: Promise<void> = Promise.resolve();
  const settle = (byHand = false) => {
    settled = settled.then(() => settleAll(byHand));
    return settled;
  };

  const archivedAt = ({ createdAt }: Batch) =>
    createdAt + resultsKeptMs <= now() ? createdAt + resultsKeptMs : null;
  const rfc3339 = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  const described = (batch: Batch): MessageBatch => {
    const { id, items, createdAt, cancelledAt, endedAt, results } = batch;
    const count = (type: MessageBatchResult['type']) =>
      results.filter(({ result }) => result.type === type).length;
    const hasResults = endedAt !== null && archivedAt(batch) === null;
    return {
      id,
      type: 'message_batch',
      processing_status: endedAt !== null ? 'ended' : cancelledAt !== null ? 'canceling' : 'in_progress',
      request_counts: {
        processing: endedAt === null ? items.length : 0,
        succeeded: count('succeeded'),
        errored: count('errored'),
        canceled: count('canceled'),
        expired: count('expired'),
      },
      created_at: new Date(createdAt).toISOString(),
      expires_at: new Date(createdAt + dayMs).toISOString(),
      ended_at: rfc3339(endedAt),
      cancel_initiated_at: rfc3339(cancelledAt),
      archived_at: rfc3339(archivedAt(batch)),
      results_url: hasResults ? `${baseUrl()}/v1/messages/batches/${id}/results` : null,
    };
  };

  const find = async (id: string): Promise<Read<Batch>> => {
    await settle();
    const batch = batches.find((each) => each.id === id);
    return batch === undefined
      ? refused(404, 'not_found_error', `Message batch ${id} not found.`)
      : { ok: true, value: batch };
  };

  return {
    settle,

    async create(body: unknown, headers: IncomingHttpHeaders): Promise<Read<MessageBatch>> {
      const read = readBy(createSchema, body);
      if (!read.ok) return read;
      const { requests } = read.value;
      const ids = new Set(requests.map(({ custom_id }) => custom_id));
      if (ids.size < requests.length) return invalid('requests: custom_id must be unique within a batch');
      await settle();
      const id = newId('msgbatch');
      const createdAt = now();
      const items = requests.map(({ custom_id: customId, params }): Item => {
        const accepted = readMessageRequest(params, models, { headers, batch: { id, customId } });
        if (!accepted.ok) return { customId, accepted };
        const before = cache.lookUp(accepted.value.prompt, createdAt);
        return { customId, accepted: { ok: true, value: { ...accepted.value, before } } };
      });
      const batch: Batch = { id, items, createdAt, cancelledAt: null, endedAt: null, results: [] };
      batches.unshift(batch);
      return { ok: true, value: described(batch) };
    },

    async retrieve(id: string): Promise<Read<MessageBatch>> {
      const found = await find(id);
      return found.ok ? { ok: true, value: described(found.value) } : found;
    },

    async cancel(id: string): Promise<Read<MessageBatch>> {
      const found = await find(id);
      if (!found.ok) return found;
      const batch = found.value;
      if (batch.endedAt !== null) return invalid(`Message batch ${id} has ended and cannot be canceled.`);
      batch.cancelledAt ??= now();
      return { ok: true, value: described(batch) };
    },

    async remove(id: string): Promise<Read<{ id: string; type: 'message_batch_deleted' }>> {
      const found = await find(id);
      if (!found.ok) return found;
      if (found.value.endedAt === null)
        return invalid(`Message batch ${id} must be canceled before it is deleted.`);
      batches.splice(batches.indexOf(found.value), 1);
      return { ok: true, value: { id, type: 'message_batch_deleted' } };
    },

    async results(id: string): Promise<Read<MessageBatchIndividualResponse[]>> {
      const found = await find(id);
      if (!found.ok) return found;
      const { endedAt, results } = found.value;
      return endedAt === null || archivedAt(found.value) !== null
        ? refused(404, 'not_found_error', `Message batch ${id} has no available results.`)
        : { ok: true, value: results };
    },

    /** The newest first. `after_id` leads to older ones, `before_id` to newer ones. */
    async list(query: URLSearchParams) {
      await settle();
      const limit = Number(query.get('limit') ?? 20);
      if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
        return invalid('limit: Input should be between 1 and 1000');
      }
      const afterId = query.get('after_id');
      const beforeId = query.get('before_id');
      if (afterId !== null && beforeId !== null) return invalid('before_id and after_id exclude each other');
      const cursor = afterId ?? beforeId;
      const at = batches.findIndex(({ id }) => id === cursor);
      if (cursor !== null && at < 0) return invalid(`Message batch ${cursor} not found.`);
      const from = beforeId === null ? at + 1 : Math.max(0, at - limit);
      const page = batches.slice(from, beforeId === null ? from + limit : at);
      const hasMore = beforeId === null ? from + limit < batches.length : from > 0;
      const value = {
        data: page.map(described),
        has_more: hasMore,
        first_id: page[0]?.id ?? null,
        last_id: page.at(-1)?.id ?? null,
      };
      return { ok: true as const, value };
    },
  };
};
