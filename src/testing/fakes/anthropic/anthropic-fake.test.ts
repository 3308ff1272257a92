import { request as httpRequest } from 'node:http';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { anthropicRig, paramsOf } from '../../rigs/anthropic-rig.ts';
import type { AnthropicFakeOptions } from './anthropic-fake.ts';

const start = (options: AnthropicFakeOptions = {}) =>
  anthropicRig({ behave: () => ({ kind: 'text', text: '{}' }), ...options });

type Rig = Awaited<ReturnType<typeof start>>;
let fake: Rig['fake'];
let sdk: Rig['sdk'];
beforeEach(async () => {
  ({ fake, sdk } = await start());
});

const good = paramsOf('Hello', { max_tokens: 10 });
const post = async (body: unknown, headers: Record<string, string> = {}, path = '/v1/messages') => {
  const response = await fetch(`${fake.url}${path}`, {
    method: 'POST',
    headers: { 'x-api-key': 'sk-ant-test', 'anthropic-version': '2023-06-01', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
};
const cached = (text: string, ttl: '5m' | '1h' = '5m') => ({
  type: 'text',
  text,
  cache_control: { type: 'ephemeral', ttl },
});

test('a valid request is answered, with the key in either header', async () => {
  expect(await post(good)).toMatchObject({ status: 200, body: { type: 'message', stop_reason: 'end_turn' } });
  const bearer = { 'x-api-key': '', authorization: 'Bearer sk-ant-test' };
  expect((await post(good, bearer)).status).toBe(200);
});

const invalidRequests: [string, unknown, number, string][] = [
  ['a sampling parameter', { ...good, temperature: 0 }, 400, 'invalid_request_error'],
  ['no message', { ...good, messages: [] }, 400, 'invalid_request_error'],
  ['an empty block', { ...good, system: [{ type: 'text', text: '' }] }, 400, 'invalid_request_error'],
  [
    'an answer that is prefilled for the model',
    { ...good, messages: [...good.messages, { role: 'assistant', content: '{' }] },
    400,
    'invalid_request_error',
  ],
  ['five breakpoints', { ...good, system: Array(5).fill(cached('a')) }, 400, 'invalid_request_error'],
  [
    'a longer time to live after a shorter one',
    { ...good, system: [cached('a'), cached('b', '1h')] },
    400,
    'invalid_request_error',
  ],
  ['an unknown model', { ...good, model: 'gpt' }, 404, 'not_found_error'],
  [
    'a schema that leaves objects open',
    {
      ...good,
      output_config: { format: { type: 'json_schema', schema: { type: 'object', properties: {} } } },
    },
    400,
    'invalid_request_error',
  ],
  [
    'a bound that structured outputs do not support',
    { ...good, output_config: { format: { type: 'json_schema', schema: { type: 'string', maxLength: 3 } } } },
    400,
    'invalid_request_error',
  ],
];

test.each([
  ...invalidRequests,
  ['no max_tokens', { ...good, max_tokens: undefined }, 400, 'invalid_request_error'],
  ['no JSON', '{', 400, 'invalid_request_error'],
])('%s is refused with the API’s error', async (_, body, status, type) => {
  expect(await post(body)).toMatchObject({ status, body: { type: 'error', error: { type } } });
});

test.each(invalidRequests)('%s is refused by token counting too', async (_, body, status, type) => {
  const { max_tokens: __, ...rest } = body as typeof good;
  const refused = await post(rest, {}, '/v1/messages/count_tokens');
  expect(refused).toMatchObject({ status, body: { type: 'error', error: { type } } });
});

test('four breakpoints are accepted if the longer times to live come first', async () => {
  const system = [cached('a', '1h'), cached('b', '1h'), cached('c'), cached('d')];
  expect((await post({ ...good, system })).status).toBe(200);
});

test('a wrong key is refused', async () => {
  const unauthenticated = {
    status: 401,
    body: { error: { type: 'authentication_error', message: 'invalid x-api-key' } },
  };
  expect(await post(good, { 'x-api-key': 'sk-ant-wrong' })).toMatchObject(unauthenticated);
  expect(await post({}, { 'x-api-key': 'sk-ant-wrong' }, '/v1/messages/batches')).toMatchObject(
    unauthenticated,
  );
});

test.each([
  ['/v1/messages', 32],
  ['/v1/messages/count_tokens', 32],
  ['/v1/messages/batches', 256],
])('%s accepts at most %i MB', async (path, megabytes) => {
  const sent = httpRequest(`${fake.url}${path}`, {
    method: 'POST',
    headers: {
      'x-api-key': 'sk-ant-test',
      'anthropic-version': '2023-06-01',
      'content-length': megabytes * 1024 * 1024 + 1,
    },
  });
  sent.flushHeaders();
  const status = await new Promise((resolve) =>
    sent.on('response', (response) => resolve(response.statusCode)),
  );
  sent.destroy();
  expect(status).toBe(413);
});

test('a body that is too large is refused even if its length was not announced', async () => {
  const failed = await post(JSON.stringify({ ...good, system: 'x'.repeat(33 * 1024 * 1024) }));
  expect(failed).toMatchObject({ status: 413, body: { error: { type: 'request_too_large' } } });
});

test('a client that hangs up in the middle of its request does no harm', async () => {
  const sent = httpRequest(`${fake.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': 'sk-ant-test', 'anthropic-version': '2023-06-01', 'content-length': 100 },
  });
  sent.on('error', () => undefined);
  sent.write('{');
  await new Promise((resolve) => setTimeout(resolve, 20));
  sent.destroy();
  expect((await post(good)).status).toBe(200);
});

test('token counting agrees with what a message is charged, schema included', async () => {
  const client = sdk();
  const { max_tokens: _, ...counted } = good;
  // "Hello" is 5 characters, 2 tokens of 4; 11 characters of system prompt are 3.
  expect(await client.messages.countTokens(counted)).toEqual({ input_tokens: 2 });
  const system = 'Be quite so';
  expect(await client.messages.countTokens({ ...counted, system })).toEqual({ input_tokens: 5 });
  const output_config = { format: zodOutputFormat(z.object({ ok: z.boolean() })) };
  const { input_tokens } = await client.messages.countTokens({ ...counted, system, output_config });
  const { usage } = await client.messages.create({ ...good, system, output_config });
  expect(usage.input_tokens).toBe(input_tokens);
  expect(input_tokens).toBeGreaterThan(5);
  expect(await post(good, {}, '/v1/messages/count_tokens')).toMatchObject({
    status: 400,
    body: { error: { message: 'max_tokens: Extra inputs are not permitted' } },
  });
  expect(fake.requests).toHaveLength(1);
});

test('the SDK parses an answer by the schema it sent', async () => {
  const parsed = await start({ behave: () => ({ kind: 'text', text: '{"ok":true}' }) });
  const output_config = { format: zodOutputFormat(z.object({ ok: z.boolean() })) };
  const message = await parsed.sdk().messages.parse({ ...good, output_config });
  expect(message.parsed_output).toEqual({ ok: true });
  expect(parsed.fake.requests[0]?.schema).toMatchObject({ additionalProperties: false, required: ['ok'] });
});

test('an answer longer than max_tokens is cut off there', async () => {
  const long = await start({ behave: () => ({ kind: 'text', text: 'x'.repeat(41) }) });
  const message = await long.sdk().messages.create(good);
  expect(message).toMatchObject({
    stop_reason: 'max_tokens',
    content: [{ text: 'x'.repeat(40) }],
    usage: { output_tokens: 10 },
  });
});

test('the SDK’s retries are counted in its headers', async () => {
  const busy = await start({
    behave: (_, count) =>
      count < 2
        ? { kind: 'error', status: 529, type: 'overloaded_error', retryAfter: '0.01' }
        : { kind: 'text', text: '{}' },
  });
  await busy.sdk({ maxRetries: 2 }).messages.create(good);
  expect(busy.fake.requests.map(({ headers }) => headers['x-stainless-retry-count'])).toEqual([
    '0',
    '1',
    '2',
  ]);
});

test('the ledger sums the usage of messages and nothing else', async () => {
  const summed = await start({
    minCacheableTokens: { [good.model]: 1 },
    behave: (_, count) =>
      count === 2 ? { kind: 'error', status: 500, type: 'api_error' } : { kind: 'text', text: 'abcde' },
  });
  const client = summed.sdk();
  const system = [
    {
      type: 'text' as const,
      text: 'Hour',
      cache_control: { type: 'ephemeral' as const, ttl: '1h' as const },
    },
    { type: 'text' as const, text: 'Five minutes', cache_control: { type: 'ephemeral' as const } },
  ];
  await client.messages.create({ ...good, system });
  await client.messages.create({ ...good, system });
  await expect(client.messages.create({ ...good, system })).rejects.toThrow();
  // Two messages: each 2 tokens for "Hello" and 2 for "abcde". The system prompt's 1 + 3 are written, then read.
  expect(summed.fake.usage).toEqual({
    standard: {
      messages: 2,
      inputTokens: 4,
      cacheWriteTokens: 4,
      cacheWrite1hTokens: 1,
      cacheReadTokens: 4,
      outputTokens: 4,
    },
    batch: {
      messages: 0,
      inputTokens: 0,
      cacheWriteTokens: 0,
      cacheWrite1hTokens: 0,
      cacheReadTokens: 0,
      outputTokens: 0,
    },
  });
});
