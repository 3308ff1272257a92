import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { replayCheckpointSchema } from '#contracts/replay.ts';
import { fencedPieces, measureOf } from '#testing/anthropic-answers.ts';
import {
  type AnthropicBehaviour,
  type AnthropicFake,
  type AnthropicFakeOptions,
  type AnthropicRequest,
  startAnthropicFake,
} from '#testing/anthropic-fake.ts';
import { memoryReplayStore } from '#testing/memory-replay-store.ts';
import { describeChange } from '#testing/oracle-fake.ts';
import { changeNumber } from '#testing/scripted-engine.ts';
import { runReplay } from '../../replay/run-replay.ts';
import type { JudgeAnswer, JudgeTask } from '../judge.ts';
import { type AnthropicClientOptions, createAnthropicClient } from './client.ts';
import { anthropicJudge } from './judge.ts';
import { createPrices } from './prices.ts';
import { buildRequest, sharedPrefix } from './request.ts';

const secret = 'sk-ant-very-secret';
const groundTruth = {
  ...changeNumber(1),
  description: `Jobs retried for ever. ${'More of it. '.repeat(300)}`,
};
const empty: JudgeAnswer = { changes: [], question: null, verdicts: [] };
const reply: JudgeTask = { measure: 'reply', question: 'Q', referenceAnswer: 'R', response: 'S' };

const fakes: AnthropicFake[] = [];
afterEach(async () => {
  await Promise.all(fakes.splice(0).map((fake) => fake.close()));
});

const start = async (options: AnthropicFakeOptions = {}) => {
  const fake = await startAnthropicFake({ apiKey: secret, ...options });
  fakes.push(fake);
  return fake;
};

const judgeAt = (
  baseURL: string,
  options: Partial<AnthropicClientOptions> = {},
  model = 'claude-sonnet-5-5',
) =>
  anthropicJudge({
    client: createAnthropicClient({
      apiKey: secret,
      baseURL,
      maxRetries: 0,
      sleep: async (ms) => {
        await delay(ms);
      },
      ...options,
    }),
    model,
    random: randomBytes,
    prices: createPrices(),
    batches: null,
    now: Date.now,
  });

const ask = async (
  behave: AnthropicBehaviour | ((request: AnthropicRequest, count: number) => AnthropicBehaviour),
  options: Partial<AnthropicClientOptions> = {},
  model?: string,
) => {
  const fake = await start({ behave: typeof behave === 'function' ? behave : () => behave });
  const answer = await judgeAt(fake.url, options, model).open(groundTruth).ask(reply);
  expect(JSON.stringify(answer)).not.toContain('secret');
  return { answer, fake };
};

test('an answer arrives with the model that gave it, its tokens and its cost', async () => {
  const verdicts: JudgeAnswer['verdicts'] = [{ id: 'response', verdict: '0.5', quote: '' }];
  const { answer, fake } = await ask({
    kind: 'answer',
    answer: { ...empty, verdicts },
    model: 'claude-sonnet-5-5-20260929',
  });
  expect(answer).toMatchObject({
    ok: true,
    model: 'claude-sonnet-5-5-20260929',
    answer: { ...empty, verdicts },
    usage: { calls: 1, cacheReadTokens: 0 },
  });
  const { inputTokens, cacheWriteTokens, outputTokens, costUsd } = answer.usage;
  expect(cacheWriteTokens).toBeGreaterThan(1024);
  expect(costUsd).toBeCloseTo((inputTokens * 2 + cacheWriteTokens * 2.5 + outputTokens * 10) / 1e6, 12);
  expect(answer.latencyMs).toBeGreaterThan(0);
  expect(fake.requests[0]).toMatchObject({ model: 'claude-sonnet-5-5', maxTokens: 3000 });
});

test('the calls of one replay share a cached prefix and its nonce; oracle material has a fresh one each time', async () => {
  const fake = await start();
  const judge = judgeAt(fake.url);
  const opened = judge.open(groundTruth);
  const first = await opened.ask({ measure: 'answer_key' });
  const second = await opened.ask(reply);
  const third = await opened.ask(reply);
  await judge.open(groundTruth).ask(reply);
  expect(first.usage.cacheWriteTokens).toBeGreaterThan(0);
  expect([second.usage.cacheReadTokens, third.usage.cacheWriteTokens]).toEqual([
    first.usage.cacheWriteTokens,
    0,
  ]);
  const [schema] = fake.requests.map((request) => JSON.stringify(request.schema));
  expect(fake.requests.every((request) => JSON.stringify(request.schema) === schema)).toBe(true);
  const noncesOf = (text = '') =>
    new Set([...text.matchAll(/<untrusted-([0-9a-f]{24}) /g)].map(([, nonce]) => nonce));
  const shared = fake.requests.map(({ system }) => [...noncesOf(system.join('\n'))].join());
  expect(new Set(shared.slice(0, 3)).size).toBe(1);
  expect(shared[3]).not.toBe(shared[0]);
  const fresh = fake.requests.slice(1).map(({ user }) => [...noncesOf(user)].join());
  expect(new Set([...fresh, ...shared]).size).toBe(5);
});

test.each<[string, AnthropicBehaviour, object]>([
  ['a refusal', { kind: 'refusal' }, { fault: 'refused' }],
  ['an answer that breaks off', { kind: 'max_tokens' }, { fault: 'truncated' }],
  ['text that is no JSON', { kind: 'text', text: 'I think' }, { fault: 'malformed', detail: 'not JSON' }],
  [
    'JSON of another form',
    {
      kind: 'text',
      text: '{"changes": [], "question": null, "verdicts": [{"id": "x", "verdict": "maybe", "quote": ""}]}',
    },
    { fault: 'malformed', detail: 'not of the form asked for: verdicts.0.verdict' },
  ],
])('%s is told apart, and what it cost is kept', async (_, behaviour, expected) => {
  const { answer } = await ask(behaviour);
  expect(answer).toMatchObject({ ok: false, ...expected, usage: { calls: 1 } });
  expect(answer.usage.costUsd).toBeGreaterThan(0);
});

const error = (status: number, type: string, message?: string): AnthropicBehaviour =>
  message === undefined ? { kind: 'error', status, type } : { kind: 'error', status, type, message };

test.each<[AnthropicBehaviour, string, string]>([
  [
    error(403, 'permission_error'),
    'unavailable',
    'the Anthropic key may not be used for this: check ANTHROPIC_API_KEY',
  ],
  [error(402, 'billing_error'), 'unavailable', 'the Anthropic account has no credit left'],
  [
    error(400, 'invalid_request_error', 'Your credit balance is too low to access the API.'),
    'unavailable',
    'the Anthropic account has no credit left',
  ],
  [
    error(400, 'invalid_request_error', 'prompt is too long: 1200000 tokens > 1000000 maximum'),
    'refused',
    'the pull request is too large for the model',
  ],
  [error(413, 'request_too_large'), 'refused', 'the pull request is too large for the model'],
  [
    error(400, 'invalid_request_error', `${secret} is bad`),
    'rejected',
    'the Anthropic API answered 400 (invalid_request_error)',
  ],
  [
    error(429, 'rate_limit_error'),
    'unavailable',
    'the rate limit of the Anthropic API outlasted the retries',
  ],
  [
    error(529, 'overloaded_error'),
    'unavailable',
    'the Anthropic API was overloaded for longer than the retries',
  ],
  [error(500, 'api_error'), 'unavailable', 'the Anthropic API answered 500 (api_error)'],
  [
    { kind: 'raw', status: 502, body: `<html>${secret}</html>` },
    'unavailable',
    'the Anthropic API answered 502',
  ],
  [
    { kind: 'raw', status: 200, body: '<html>Welcome</html>' },
    'unavailable',
    'what answered is not the Anthropic API: check ANTHROPIC_BASE_URL, if it is set',
  ],
  [
    { kind: 'reset' },
    'unavailable',
    'the Anthropic API could not be reached: check the network and ANTHROPIC_BASE_URL, if it is set',
  ],
])('an error of the API is said in our own words, without a secret: %#', async (behaviour, fault, detail) => {
  const { answer } = await ask(behaviour);
  expect(answer).toMatchObject({
    ok: false,
    fault,
    detail,
    model: 'claude-sonnet-5-5',
    usage: { calls: 0, costUsd: 0 },
  });
});

test('a refused key says which variable to look at', async () => {
  const { answer, fake } = await ask({ kind: 'refusal' }, { apiKey: 'sk-ant-other-secret' });
  expect(answer).toMatchObject({
    fault: 'unavailable',
    detail: 'the Anthropic key was refused: check ANTHROPIC_API_KEY',
    mend: 'key',
  });
  expect(fake.requests).toHaveLength(0);
});

test.each([
  [403, 'permission_error', 'key'],
  [404, 'not_found_error', 'model'],
  [402, 'billing_error', undefined],
  [529, 'overloaded_error', undefined],
])(
  'status %i (%s) says whether anything is to be mended before the next call',
  async (status, type, mend) => {
    const { answer } = await ask(error(status, type));
    expect('mend' in answer ? answer.mend : undefined).toBe(mend);
  },
);

test('an unknown model says which variable to look at', async () => {
  const { answer } = await ask({ kind: 'refusal' }, {}, 'claude-sonnet-1');
  expect(answer).toMatchObject({
    fault: 'unavailable',
    detail: 'the Anthropic API does not know the model claude-sonnet-1: check SCORING_MODEL',
    mend: 'model',
  });
});

test.each([
  [{ apiKey: 'sk-ant-other-secret' }, 'claude-sonnet-5-5', /^the Anthropic key was refused/],
  [{}, 'claude-sonnet-1', /^the Anthropic API does not know the model claude-sonnet-1/],
])(
  'tokens that could not be counted come with the reason, without a secret',
  async (options, model, reason) => {
    const fake = await start();
    const client = createAnthropicClient({
      apiKey: secret,
      baseURL: fake.url,
      sleep: async () => {},
      ...options,
    });
    const request = buildRequest(model, sharedPrefix(groundTruth, '0'.repeat(24)), reply, '0'.repeat(24));
    const count = await client.countTokens(request);
    expect(count).toEqual({ ok: false, detail: expect.stringMatching(reason) });
    expect(JSON.stringify(count)).not.toContain('secret');
  },
);

test('limits and overload are retried as the API asks', async () => {
  const { answer, fake } = await ask(
    (_, count) =>
      count === 0
        ? { kind: 'error', status: 429, type: 'rate_limit_error', retryAfter: '0.01' }
        : count === 1
          ? { kind: 'error', status: 529, type: 'overloaded_error', retryAfter: '0.01' }
          : { kind: 'answer', answer: { ...empty, verdicts: [{ id: 'response', verdict: '1', quote: '' }] } },
    { maxRetries: 2 },
  );
  expect(answer.ok).toBe(true);
  expect(fake.requests).toHaveLength(3);
});

test('an API that does not answer in time is unavailable, an aborted call rejects', async () => {
  const slow: AnthropicBehaviour = { kind: 'answer', answer: empty, afterMs: 3000 };
  const { answer } = await ask(slow, { timeout: 50 });
  expect(answer).toMatchObject({ fault: 'unavailable', detail: 'the Anthropic API did not answer in time' });
  const fake = await start({ behave: () => slow });
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error('cancelled')), 30);
  await expect(judgeAt(fake.url).open(groundTruth).ask(reply, abort.signal)).rejects.toThrow('cancelled');
});

test.each<[string, AnthropicBehaviour]>([
  ['answered too late', { kind: 'answer', answer: empty, afterMs: 3000 }],
  ['cut off', { kind: 'reset' }],
])(
  'a request that was %s is told and not sent again by the client, since it may have been charged',
  async (_, behaviour) => {
    const { answer, fake } = await ask(behaviour, { timeout: 100, maxRetries: 3 });
    expect(answer).toMatchObject({ ok: false, passing: true, uncertain: 1, retries: 0 });
    expect(fake.requests).toHaveLength(1);
  },
);

test('what was turned away is sent again, what was never sent is not charged', async () => {
  const { answer } = await ask(
    (_, count) => (count === 0 ? error(529, 'overloaded_error') : { kind: 'answer', answer: empty }),
    { maxRetries: 3 },
  );
  expect(answer).toMatchObject({ ok: true, uncertain: 0, retries: 1 });
  const closed = await startAnthropicFake();
  await closed.close();
  expect(await judgeAt(closed.url).open(groundTruth).ask(reply)).toMatchObject({ ok: false, uncertain: 0 });
});

test.each([
  ['breaks off', true],
  ['never ends', false],
])('an answer whose body %s may have been charged, and passes', async (_, breaksOff) => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"id":', () => breaksOff && response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const judge = judgeAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { timeout: 200 });
  const answer = await judge.open(groundTruth).ask(reply);
  server.closeAllConnections();
  server.close();
  expect(answer).toMatchObject({ ok: false, fault: 'unavailable', passing: true, uncertain: 1 });
});

test('an answer that breaks off is asked for again with twice the room, and booked accordingly', async () => {
  const fake = await start({
    behave: (_, count) => (count < 4 ? { kind: 'max_tokens' } : { kind: 'answer', answer: empty }),
  });
  const opened = judgeAt(fake.url).open(groundTruth);
  const booked: number[] = [];
  for (let asked = 0; asked < 5; asked += 1) {
    booked.push(opened.mostUsd(reply));
    await opened.ask(reply);
  }
  expect(fake.requests.map(({ maxTokens }) => maxTokens)).toEqual([3000, 6000, 10_000, 10_000, 10_000]);
  // By hand: 3,000 further tokens at 10 dollars a million.
  expect((booked[1] ?? 0) - (booked[0] ?? 0)).toBeCloseTo(0.03, 9);
  await opened.ask({ measure: 'answer_key' });
  expect(fake.requests.at(-1)).toMatchObject({ maxTokens: 5000 });
});

test('what Postgres cannot store is not in an answer', async () => {
  const text = String.raw`{"changes": [], "question": null, "verdicts": [{"id": "a\u0000\ud800", "verdict": "1", "quote": ""}]}`;
  const { answer } = await ask({ kind: 'text', text });
  expect(answer).toMatchObject({ ok: true, answer: { verdicts: [{ id: 'a\ufffd\ufffd' }] } });
});

test('a whole replay runs against the API from key to verdicts', async () => {
  const fake = await start();
  const replay = memoryReplayStore();
  const end = await runReplay({
    groundTruth,
    others: [],
    seed: 'seed',
    shared: null,
    agreement: null,
    blinding: null,
    judge: judgeAt(fake.url),
    oracle: {
      ask: async (request) => {
        const { summary, key_claims, follow_up_response } = describeChange(request);
        const keyClaims = key_claims.map((claim) => ({ claim, confidence: null }));
        const answer = { summary, keyClaims, followUpResponse: follow_up_response };
        return { kind: 'answer', answer, latencyMs: 1, retries: 0 };
      },
    },
    store: replay.store,
  });
  expect(end).toEqual({ outcome: 'scored', reason: null });
  const { kept } = replay;
  expect(replayCheckpointSchema.parse(kept)).toEqual(kept);
  expect(kept).toMatchObject({
    answerKey: { key: { changes: [{ id: 'c1' }, { id: 'c2' }] } },
    recall: { asks: 1 },
  });
  expect(fake.requests.map(({ user }) => measureOf(user)).sort()).toEqual([
    'answer_key',
    'precision',
    'precision',
    'recall',
    'recall',
    'reply',
  ]);
  const [, ...verdictCalls] = fake.requests;
  for (const { user } of verdictCalls) expect(fencedPieces(user).length).toBeGreaterThan(0);
});
