import { expect, test } from 'vitest';
import { type Params, paramsOf } from '../../rigs/anthropic-rig.ts';
import { batchRig, dayMs, hourMs, itemsOf } from '../../rigs/batch-rig.ts';

const nobody = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 };

test('a batch is in progress until its time has passed; then each item has a result under its id', async () => {
  const { fake, batches, resultsOf, get, wait } = await batchRig({ batches: { afterMs: hourMs } });
  const created = await batches.create({ requests: itemsOf(5) });
  expect(created).toEqual({
    id: expect.stringMatching(/^msgbatch_/),
    type: 'message_batch',
    processing_status: 'in_progress',
    request_counts: { ...nobody, processing: 5 },
    created_at: '2026-01-01T00:00:00.000Z',
    expires_at: '2026-01-02T00:00:00.000Z',
    ended_at: null,
    cancel_initiated_at: null,
    archived_at: null,
    results_url: null,
  });
  wait(hourMs - 1);
  expect(await batches.retrieve(created.id)).toEqual(created);
  await expect(batches.results(created.id)).rejects.toThrow('Has it finished processing?');
  expect((await get(`/${created.id}/results`)).status).toBe(404);
  expect(fake.requests).toHaveLength(0);

  wait(1);
  expect(await batches.retrieve(created.id)).toEqual({
    ...created,
    processing_status: 'ended',
    request_counts: { ...nobody, succeeded: 5 },
    ended_at: '2026-01-01T01:00:00.000Z',
    results_url: `${fake.url}/v1/messages/batches/${created.id}/results`,
  });
  const results = await resultsOf(created.id);
  for (const index of [0, 1, 2, 3, 4]) {
    expect(results.get(`item-${index}`)).toMatchObject({
      type: 'succeeded',
      message: {
        content: [{ type: 'text', text: `Answer to q${index}` }],
        usage: { service_tier: 'batch', input_tokens: 1 },
      },
    });
  }
  expect(fake.requests.map(({ batch }) => batch)).toEqual(
    itemsOf(5).map(({ custom_id }) => ({ id: created.id, customId: custom_id })),
  );
});

test('results come in a different order than the items, and always in the same one', async () => {
  const { batches, get } = await batchRig();
  const { id } = await batches.create({ requests: itemsOf(20) });
  const [first, again] = [await get(`/${id}/results`), await get(`/${id}/results`)];
  expect(again).toEqual(first);
  const ids = first.body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).custom_id);
  expect(ids).not.toEqual(itemsOf(20).map(({ custom_id }) => custom_id));
  expect(new Set(ids).size).toBe(20);
});

test('a manual batch stays in progress until endBatches', async () => {
  const { fake, batches, wait } = await batchRig({ batches: { manual: true } });
  const { id } = await batches.create({ requests: itemsOf(1) });
  wait(dayMs - 1);
  expect((await batches.retrieve(id)).processing_status).toBe('in_progress');
  const later = await batches.create({ requests: itemsOf(1) });
  await fake.endBatches();
  expect(fake.requests.map(({ batch }) => batch?.id)).toEqual([id, later.id]);
  expect((await batches.retrieve(id)).request_counts).toEqual({ ...nobody, succeeded: 1 });
});

test('concurrent polls end a batch once', async () => {
  const { fake, batches } = await batchRig({
    behave: async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return { kind: 'text', text: '{}' };
    },
  });
  const { id } = await batches.create({ requests: itemsOf(3) });
  await Promise.all([1, 2, 3].map(() => batches.retrieve(id)));
  expect(fake.requests).toHaveLength(3);
});

test('an error in one item is only that item’s result', async () => {
  const { batches, resultsOf } = await batchRig({
    behave: ({ user }) => {
      switch (user) {
        case 'expires':
          return { kind: 'expired' };
        case 'errs':
          return { kind: 'errored', type: 'api_error', message: 'Broken' };
        case 'is overloaded':
          return { kind: 'error', status: 529, type: 'overloaded_error' };
        case 'is refused':
          return { kind: 'refusal' };
        default:
          return { kind: 'reset' };
      }
    },
  });
  const requests = [
    { custom_id: 'expired', params: paramsOf('expires') },
    { custom_id: 'errored', params: paramsOf('errs') },
    { custom_id: 'overloaded', params: paramsOf('is overloaded') },
    { custom_id: 'refusal', params: paramsOf('is refused') },
    { custom_id: 'reset', params: paramsOf('is reset') },
    { custom_id: 'invalid', params: paramsOf('x', { temperature: 0 } as Partial<Params>) },
    { custom_id: 'unknown-model', params: paramsOf('x', { model: 'gpt' }) },
  ];
  const { id } = await batches.create({ requests });
  const results = await resultsOf(id);
  const errored = (type: string, message: string) => ({
    type: 'errored',
    error: { type: 'error', error: { type, message }, request_id: null },
  });
  expect(results.get('expired')).toEqual({ type: 'expired' });
  expect(results.get('errored')).toEqual(errored('api_error', 'Broken'));
  expect(results.get('overloaded')).toEqual(errored('overloaded_error', 'overloaded_error'));
  expect(results.get('refusal')).toMatchObject({ type: 'succeeded', message: { stop_reason: 'refusal' } });
  expect(results.get('reset')).toEqual(errored('api_error', 'Internal server error'));
  expect(results.get('invalid')).toEqual(
    errored('invalid_request_error', 'temperature: Extra inputs are not permitted'),
  );
  expect(results.get('unknown-model')).toEqual(errored('not_found_error', 'model: gpt'));
  expect((await batches.retrieve(id)).request_counts).toEqual({
    ...nobody,
    succeeded: 1,
    errored: 5,
    expired: 1,
  });
});

const [item] = itemsOf(1);
test.each<[string, unknown]>([
  ['no items', []],
  ['an id twice', [item, item]],
  ['an empty id', [{ ...item, custom_id: '' }]],
  ['an id of other characters', [{ ...item, custom_id: 'a.b' }]],
  ['an id of 65 characters', [{ ...item, custom_id: 'a'.repeat(65) }]],
  ['an unknown field', [{ ...item, method: 'POST' }]],
  ['params that are no object', [{ ...item, params: 'x' }]],
  ['100,001 items', Array.from({ length: 100_001 }, (_, index) => ({ custom_id: `${index}`, params: {} }))],
])('a batch with %s is refused as a whole', async (_, requests) => {
  const { batches } = await batchRig();
  const created = batches.create({ requests: requests as never });
  await expect(created).rejects.toMatchObject({ status: 400, type: 'invalid_request_error' });
  expect((await batches.list()).data).toEqual([]);
});

test('a canceled batch keeps the items that were done, and the rest are canceled', async () => {
  const { batches, resultsOf, wait } = await batchRig({ batches: { afterMs: hourMs } });
  const { id } = await batches.create({ requests: itemsOf(4) });
  wait(hourMs / 2);
  const canceling = await batches.cancel(id);
  expect(canceling).toMatchObject({
    processing_status: 'canceling',
    cancel_initiated_at: '2026-01-01T00:30:00.000Z',
    request_counts: { ...nobody, processing: 4 },
    results_url: null,
  });
  wait(1000);
  const ended = await batches.retrieve(id);
  expect(ended).toMatchObject({
    processing_status: 'ended',
    ended_at: '2026-01-01T00:30:01.000Z',
    cancel_initiated_at: '2026-01-01T00:30:00.000Z',
    request_counts: { ...nobody, succeeded: 2, canceled: 2 },
  });
  const results = await resultsOf(id);
  expect(results.get('item-1')?.type).toBe('succeeded');
  expect(results.get('item-2')).toEqual({ type: 'canceled' });
  await expect(batches.cancel(id)).rejects.toMatchObject({ status: 400, type: 'invalid_request_error' });
});

test('a manual batch that is canceled stays canceling until endBatches', async () => {
  const { fake, batches } = await batchRig({ batches: { manual: true } });
  const { id } = await batches.create({ requests: itemsOf(2) });
  await batches.cancel(id);
  expect((await batches.cancel(id)).processing_status).toBe('canceling');
  await fake.endBatches();
  expect((await batches.retrieve(id)).request_counts).toEqual({ ...nobody, canceled: 2 });
  expect(fake.requests).toHaveLength(0);
});

test.each([1, 3])('items not done after 24 hours have expired when polled after %i days', async (days) => {
  const { batches, wait } = await batchRig({ batches: { afterMs: 2 * dayMs } });
  const { id } = await batches.create({ requests: itemsOf(6) });
  wait(days * dayMs);
  expect(await batches.retrieve(id)).toMatchObject({
    processing_status: 'ended',
    ended_at: '2026-01-02T00:00:00.000Z',
    request_counts: { ...nobody, succeeded: 3, expired: 3 },
  });
});

test('results are available for 29 days', async () => {
  const { batches, get, wait } = await batchRig();
  const { id } = await batches.create({ requests: itemsOf(1) });
  wait(29 * dayMs - 1);
  expect((await get(`/${id}/results`)).status).toBe(200);
  wait(1);
  expect((await get(`/${id}/results`)).status).toBe(404);
  expect(await batches.retrieve(id)).toMatchObject({
    archived_at: '2026-01-30T00:00:00.000Z',
    results_url: null,
  });
});

test('only an ended batch can be deleted, and then it is not found', async () => {
  const { fake, batches, get } = await batchRig({ batches: { manual: true } });
  const { id } = await batches.create({ requests: itemsOf(1) });
  await expect(batches.delete(id)).rejects.toMatchObject({ status: 400 });
  await fake.endBatches();
  expect(await batches.delete(id)).toEqual({ id, type: 'message_batch_deleted' });
  for (const gone of [batches.retrieve(id), batches.cancel(id), batches.delete(id)]) {
    await expect(gone).rejects.toMatchObject({ status: 404, type: 'not_found_error' });
  }
  expect((await get(`/${id}/results`)).status).toBe(404);
});

test('batches are listed newest first, in pages that go both ways', async () => {
  const { batches } = await batchRig();
  const ids: string[] = [];
  for (const _ of Array(5)) ids.unshift((await batches.create({ requests: itemsOf(1) })).id);
  const page = await batches.list({ limit: 2 });
  expect(page.data.map(({ id }) => id)).toEqual(ids.slice(0, 2));
  expect([page.has_more, page.first_id, page.last_id]).toEqual([true, ids[0], ids[1]]);
  const listed: string[] = [];
  for await (const { id } of batches.list({ limit: 2 })) listed.push(id);
  expect(listed).toEqual(ids);
  const newer = await batches.list({ limit: 2, before_id: ids[3] ?? '' });
  expect([newer.data.map(({ id }) => id), newer.has_more]).toEqual([ids.slice(1, 3), true]);
  const newest = await batches.list({ limit: 2, before_id: ids[1] ?? '' });
  expect([newest.data.map(({ id }) => id), newest.has_more]).toEqual([ids.slice(0, 1), false]);
  await expect(batches.list({ limit: 1001 })).rejects.toMatchObject({ status: 400 });
  await expect(batches.list({ after_id: 'msgbatch_other' })).rejects.toMatchObject({ status: 400 });
});
