import { expect, onTestFinished, test } from 'vitest';
import type { OracleRequest } from '#contracts/oracle.ts';
import { type ChatBehaviour, startChatFake } from '#testing/fakes/oracles/chat-fake.ts';
import { inTurn, notingPorts } from '#testing/rigs/exchange-ports.ts';
import { type ChatOracleOptions, chatOracle } from './chat.ts';

const request: OracleRequest = {
  pr: {
    id: '142',
    title: 'Raise the limit',
    description: 'It was low.',
    diff_content: '+limit = 5\ud800',
    files_changed: ['a.ts', 'b.ts'],
  },
  follow_up_question: 'Which limit?',
};
const json = '{"summary": "fine", "key_claims": ["The limit is 5."], "follow_up_response": "5"}';
const good: ChatBehaviour = { kind: 'content', content: json };
const goodAnswer = {
  summary: 'fine',
  keyClaims: [{ claim: 'The limit is 5.', confidence: null }],
  followUpResponse: '5',
};

/** A completion with this message, as servers send it. */
const completionOf = (message: object, more: object = {}) => ({
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop', ...more }],
});

/** Asks through the fake's behaviours in turn (the last one repeats), and records waits instead of waiting. */
const ask = async (
  behaviours: ChatBehaviour[],
  options: Partial<ChatOracleOptions> = {},
  limitEndsAt?: () => boolean,
) => {
  const fake = await startChatFake(inTurn(behaviours, good));
  onTestFinished(fake.close);
  const timeoutMs = options.timeoutMs ?? 600_000;
  const { ports, waits } = notingPorts((ms) => ms === timeoutMs, limitEndsAt);
  const oracle = chatOracle(ports, {
    url: `${fake.url}?key=hush`,
    headers: {},
    model: 'model-1',
    ...options,
    timeoutMs,
  });
  return { outcome: await oracle.ask(request), fake, waits };
};

test('a model is asked only with fields that every endpoint accepts, and nothing reveals that it is being verified', async () => {
  const { outcome, fake } = await ask([good], { headers: { Authorization: 'Bearer hush' } });
  expect(outcome).toMatchObject({ kind: 'answer', answer: goodAnswer, retries: 0 });
  const [received] = fake.requests;
  expect(received?.url).toBe('/v1/chat/completions?key=hush');
  expect(received?.headers).toMatchObject({
    authorization: 'Bearer hush',
    'content-type': 'application/json',
    'user-agent': 'node',
  });
  expect(Object.keys(received?.body ?? {}).sort()).toEqual(['messages', 'model', 'stream']);
  expect(received?.body.messages.map(({ role }) => role)).toEqual(['system', 'user']);
  const asked = JSON.stringify(received);
  for (const part of ['Raise the limit', 'It was low.', '+limit = 5', 'a.ts\\nb.ts', 'Which limit?']) {
    expect(asked).toContain(part);
  }
  expect(asked).not.toMatch(/echelon|verif|certif|benchmark|evaluat|judge|oracle|\btest|142/i);
});

test.each<[string, ChatBehaviour]>([
  ['a string', good],
  [
    'text parts',
    {
      kind: 'content',
      content: [
        { type: 'text', text: json.slice(0, 9) },
        { type: 'text', text: json.slice(9) },
      ],
    },
  ],
  [
    'parts beside the model’s reasoning',
    {
      kind: 'content',
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: '{"summary": "draft"}' }] },
        { type: 'text', text: json },
      ],
    },
  ],
  ['parts that are plain strings', { kind: 'content', content: [json] }],
  [
    'a message with fields for reasoning',
    { kind: 'answer', answer: completionOf({ content: json, reasoning_content: '{"summary": "draft"}' }) },
  ],
  [
    'a message with an empty list of tools',
    { kind: 'answer', answer: completionOf({ content: json, tool_calls: [] }) },
  ],
  [
    'a completion whose error is null',
    { kind: 'answer', answer: { ...completionOf({ content: json }), error: null } },
  ],
  ['a wrapper', { kind: 'content', content: `{"answer": ${json}}` }],
  ['after reasoning', { kind: 'content', content: `<thinking>{"summary": "draft"}</thinking>${json}` }],
  ['a fence', { kind: 'content', content: `\`\`\`json\n${json}\n\`\`\`` }],
])('the contract’s JSON is read from %s', async (_, behaviour) => {
  expect((await ask([behaviour])).outcome).toMatchObject({ kind: 'answer', answer: goodAnswer });
});

test.each<[string, ChatBehaviour]>([
  ['as content', { kind: 'content', content: 'I will not.' }],
  ['in a field of its own', { kind: 'content', content: null, refusal: 'I will not.' }],
  ['among the parts', { kind: 'content', content: [{ type: 'refusal', refusal: 'I will not.' }] }],
])('prose is the summary, and so is a refusal in words: %s', async (_, behaviour) => {
  expect((await ask([behaviour])).outcome).toMatchObject({
    kind: 'answer',
    answer: { summary: 'I will not.', keyClaims: [], followUpResponse: '' },
  });
});

test.each<[string, ChatBehaviour, object]>([
  [
    'a readable answer that was cut off at the length limit',
    { kind: 'content', content: json, finishReason: 'length' },
    { reason: 'malformed', detail: 'The answer was cut off at the length limit (finish_reason length).' },
  ],
  [
    'a filtered answer',
    { kind: 'content', content: '', finishReason: 'content_filter' },
    { reason: 'malformed', detail: expect.stringContaining('content_filter') },
  ],
  [
    'no content',
    { kind: 'content', content: null },
    { reason: 'malformed', detail: 'The message has no content.' },
  ],
  [
    'empty content',
    { kind: 'content', content: [{ type: 'image', hush: 1 }] },
    { reason: 'malformed', detail: 'The answer contains no text.' },
  ],
  [
    'a call of a tool',
    { kind: 'answer', answer: completionOf({ content: null, tool_calls: [{ id: 'x', type: 'function' }] }) },
    { reason: 'malformed', detail: expect.stringContaining('called a tool') },
  ],
  [
    'an answer that was broken off',
    { kind: 'content', content: json, finishReason: 'error' },
    { reason: 'malformed', detail: expect.stringContaining('finish_reason error') },
  ],
  [
    'a completion without a message',
    { kind: 'answer', answer: { choices: [{ finish_reason: 'stop' }] } },
    { reason: 'malformed', detail: expect.stringContaining('choices[0].message is missing') },
  ],
  ['content of a wrong type', { kind: 'content', content: 7 }, { reason: 'malformed' }],
  [
    'JSON that breaks in the content',
    { kind: 'content', content: '{"summary": "hush' },
    { reason: 'malformed' },
  ],
  ['a wrong type in the content', { kind: 'content', content: '{"summary": 7}' }, { reason: 'malformed' }],
  ['no choices', { kind: 'answer', answer: { choices: [] } }, { reason: 'malformed' }],
  ['another API’s answer', { kind: 'answer', answer: ['hush'] }, { reason: 'malformed' }],
  [
    'an error object with status 200',
    { kind: 'error', status: 200, code: 'server_error' },
    { reason: 'status', detail: 'The oracle answered with an error of code 500.', status: 500 },
  ],
  [
    'an error object with its own status',
    { kind: 'error', status: 401, code: 'invalid_api_key' },
    { reason: 'status', detail: 'The oracle answered 401.' },
  ],
  [
    'a used-up quota, which comes with 429',
    { kind: 'error', status: 429, code: 'insufficient_quota' },
    { reason: 'quota_exhausted', status: 429 },
  ],
  [
    'a redirect, which is not followed',
    { kind: 'status', status: 307, headers: { location: 'http://127.0.0.1:1/hush' } },
    { reason: 'status', detail: expect.stringContaining('a redirect, which is not followed') },
  ],
  ['a body that is not JSON', { kind: 'body', body: '<html>hush' }, { reason: 'malformed' }],
  ['bytes that are not UTF-8', { kind: 'body', body: new Uint8Array([0x7b, 0xff]) }, { reason: 'malformed' }],
  [
    'a body that grows too large',
    { kind: 'huge', bytes: 5_000_000, declared: false },
    { reason: 'too_large' },
  ],
  ['a connection that breaks within the answer', { kind: 'cut' }, { reason: 'connection' }],
])('%s has its own reason, is final, and counts as an HTTP answer', async (_, behaviour, expected) => {
  const { outcome, fake } = await ask([behaviour], { maxBytes: 65_536 });
  expect(outcome).toMatchObject({ kind: 'failure', httpAnswered: true, retries: 0, ...expected });
  expect(JSON.stringify(outcome)).not.toMatch(/hush|127\.0\.0\.1/);
  expect(fake.requests).toHaveLength(1);
});

test('when the endpoint does not know the model, the error says what to check', async () => {
  const { outcome } = await ask([good], { model: 'model-2' });
  expect(outcome).toMatchObject({
    reason: 'status',
    detail: "The oracle answered 404. Check the model's name, and that the address is the full endpoint.",
  });
});

test('the time limit includes the body', async () => {
  const { outcome } = await ask([{ kind: 'stalled' }], { timeoutMs: 150 }, () => true);
  expect(outcome).toMatchObject({ reason: 'timeout', httpAnswered: true, retries: 0 });
});

test('a missing HTTP answer is retried twice, and a rate limit is waited for', async () => {
  const limited: ChatBehaviour = {
    kind: 'error',
    status: 429,
    code: 'rate_limit_exceeded',
    headers: { 'retry-after': '7' },
  };
  const healed = await ask([limited, { kind: 'reset' }, good]);
  expect(healed.outcome).toMatchObject({ kind: 'answer', retries: 2 });
  expect(healed.waits).toEqual([7000, 500]);
  const { outcome, waits } = await ask([{ kind: 'reset' }]);
  expect(outcome).toMatchObject({ reason: 'connection', httpAnswered: false, retries: 2 });
  expect(waits).toEqual([500, 2000]);
});

test.each<[string, unknown]>([
  ['OpenAI', { error: { message: 'hush', type: 'requests', param: null, code: 'rate_limit_exceeded' } }],
  ['OpenRouter', { error: { message: 'Rate limit exceeded', code: 429 } }],
  [
    'OpenRouter, in the choice',
    completionOf({ content: '{"summ' }, { finish_reason: 'error', error: { code: 502, message: 'hush' } }),
  ],
  ['vLLM', { object: 'error', message: 'hush', type: 'ServiceUnavailableError', param: null, code: 503 }],
  ['llama.cpp', { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } }],
  ['Google', [{ error: { code: 429, message: 'hush', status: 'RESOURCE_EXHAUSTED' } }]],
])('an error that passes is asked again although it came with status 200: %s', async (_, body) => {
  const { outcome, waits } = await ask([{ kind: 'answer', answer: body }, good]);
  expect(outcome).toMatchObject({ kind: 'answer', answer: goodAnswer, retries: 1 });
  expect(waits).toEqual([1000]);
});

test.each([429, 502, 503, 504, 529])(
  '%i without Retry-After is asked again with back-off',
  async (status) => {
    const { outcome, waits } = await ask([{ kind: 'status', status }, { kind: 'status', status }, good]);
    expect(outcome).toMatchObject({ kind: 'answer', retries: 2 });
    expect(waits).toEqual([1000, 2000]);
  },
);

test('an error in words is malformed, and its owner reads the words', async () => {
  const { outcome } = await ask([{ kind: 'answer', answer: { error: 'Unexpected endpoint or method.' } }]);
  expect(outcome).toMatchObject({
    reason: 'malformed',
    detail: expect.stringContaining('“Unexpected endpoint or method.”'),
  });
});
