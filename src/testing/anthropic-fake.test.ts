import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AnthropicFake, startAnthropicFake } from './anthropic-fake.ts';

let fake: AnthropicFake;
beforeAll(async () => {
  fake = await startAnthropicFake({ behave: () => ({ kind: 'text', text: '{}' }) });
});
afterAll(() => fake.close());

const good = { model: 'claude-sonnet-5-5', max_tokens: 10, messages: [{ role: 'user', content: 'Hello' }] };
const post = async (body: unknown, headers: Record<string, string> = {}) => {
  const response = await fetch(`${fake.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': 'sk-ant-test', 'anthropic-version': '2023-06-01', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
};

test('a request as the API takes it is answered, by either way of giving the key', async () => {
  expect(await post(good)).toMatchObject({ status: 200, body: { type: 'message', stop_reason: 'end_turn' } });
  const bearer = { 'x-api-key': '', authorization: 'Bearer sk-ant-test' };
  expect((await post(good, bearer)).status).toBe(200);
});

test.each<[string, unknown, number, string]>([
  ['a sampling parameter', { ...good, temperature: 0 }, 400, 'invalid_request_error'],
  ['no limit', { ...good, max_tokens: undefined }, 400, 'invalid_request_error'],
  ['no message', { ...good, messages: [] }, 400, 'invalid_request_error'],
  ['an empty block', { ...good, system: [{ type: 'text', text: '' }] }, 400, 'invalid_request_error'],
  ['an unknown model', { ...good, model: 'gpt' }, 404, 'not_found_error'],
  ['no JSON', '{', 400, 'invalid_request_error'],
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
])('%s is refused as the API refuses it', async (_, body, status, type) => {
  expect(await post(body)).toMatchObject({ status, body: { type: 'error', error: { type } } });
});

test('a wrong key is refused', async () => {
  expect(await post(good, { 'x-api-key': 'sk-ant-wrong' })).toMatchObject({
    status: 401,
    body: { error: { type: 'authentication_error', message: 'invalid x-api-key' } },
  });
});
