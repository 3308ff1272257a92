import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '#db/embedded/free-port.ts';
import type { CompletionsBehaviour } from '#testing/fakes/chat/completions-fake.ts';
import type { ErrorStyle } from '#testing/fakes/chat/request.ts';
import { untilTimeIsUp } from '#testing/rigs/anthropic-rig.ts';
import { askChat, chatEndpoint, chatJudgeAt, chatSecret } from '#testing/rigs/chat-judge-rig.ts';
import { longChange, replyTask } from '#testing/rigs/judge-rig.ts';
import { emptyAnswer, type JudgeAnswer } from '../../judge.ts';

const verdicts: JudgeAnswer['verdicts'] = [{ id: 'response', verdict: '0.5', quote: '' }];
const judged: JudgeAnswer = { ...emptyAnswer, verdicts };
const good: CompletionsBehaviour = { kind: 'answer', answer: judged };
const completionOf = (message: object, more: object = {}): CompletionsBehaviour => ({
  kind: 'body',
  body: JSON.stringify({
    object: 'chat.completion',
    model: 'model-1',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop', ...more }],
  }),
});

test('a request carries instructions, form, material, model, longest answer and nothing else', async () => {
  const { answer, fake } = await askChat(good);
  expect(answer).toMatchObject({ ok: true, model: 'model-1', form: 'json_schema', answer: judged });
  const [request] = fake.requests;
  expect(request).toMatchObject({ model: 'model-1', form: 'json_schema', maxTokens: 3000 });
  expect(request?.system).toContain('"required":["changes","question","variants","verdicts"]');
  expect(request?.system).not.toContain(longChange.diff);
  for (const part of [longChange.title, longChange.diff, '# Task: reply'])
    expect(request?.user).toContain(part);
  expect(request?.headers.authorization).toBe(`Bearer ${chatSecret}`);
});

test.each<[string, (url: string) => string]>([
  ['with its version', (url) => url],
  ['with a slash at its end', (url) => `${url}/`],
  ['bare', (url) => new URL(url).origin],
  ['as the whole path', (url) => `${url}/chat/completions`],
  ['with a query', (url) => `${url}?api-version=1`],
])('the endpoint’s address may be given %s', async (_, written) => {
  const fake = await chatEndpoint({ behave: () => good });
  expect(await chatJudgeAt(written(fake.url)).open(longChange).ask(replyTask)).toMatchObject({ ok: true });
  expect(fake.requests[0]?.url.startsWith('/v1/chat/completions')).toBe(true);
  expect(fake.requests[0]?.url.includes('api-version=1')).toBe(written(fake.url).includes('?'));
});

test('an endpoint without a key is sent none', async () => {
  const { answer, fake } = await askChat(good, { fake: { apiKey: null }, client: { apiKey: null } });
  expect(answer.ok).toBe(true);
  expect(fake.requests[0]?.headers.authorization).toBeUndefined();
});

const error = (status: number, message = 'planted', code?: string): CompletionsBehaviour => ({
  kind: 'error',
  status,
  message: `${message} ${chatSecret}`,
  ...(code && { code }),
});

test.each<[string, CompletionsBehaviour, object]>([
  [
    '402',
    error(402),
    { fault: 'unavailable', passing: false, detail: 'the account at the chat endpoint has no credit left' },
  ],
  [
    'a used-up quota',
    error(429, '', 'insufficient_quota'),
    { fault: 'unavailable', passing: false, detail: 'the account at the chat endpoint has no credit left' },
  ],
  ['403', error(403), { fault: 'unavailable', passing: false, mend: 'key' }],
  ['403 for what was asked', error(403, 'Your input was flagged'), { fault: 'rejected' }],
  ['404', error(404), { fault: 'unavailable', passing: false, mend: 'model' }],
  [
    '400 for an unknown model',
    error(400, 'Invalid model name', 'model_not_found'),
    { fault: 'unavailable', mend: 'model' },
  ],
  ['413', error(413), { fault: 'refused', detail: 'the pull request is too large for the model' }],
  [
    '400',
    error(400),
    { fault: 'rejected', detail: 'the chat endpoint answered 400 (invalid_request_error)' },
  ],
  [
    '429',
    error(429),
    {
      fault: 'unavailable',
      passing: true,
      detail: 'the rate limit of the chat endpoint outlasted the retries',
    },
  ],
  ['500', error(500), { fault: 'unavailable', passing: true }],
  ['501', error(501), { fault: 'unavailable', passing: false }],
  [
    '503',
    error(503),
    {
      fault: 'unavailable',
      passing: true,
      detail: 'the chat endpoint was overloaded for longer than the retries',
    },
  ],
  ['529', error(529), { fault: 'unavailable', passing: true }],
  [
    'a page',
    { kind: 'body', body: `<html>${chatSecret}</html>`, headers: { 'content-type': 'text/html' } },
    {
      fault: 'unavailable',
      passing: false,
      detail: 'what answered is no chat-completions endpoint: check CHAT_JUDGE_URL',
    },
  ],
  [
    'another API',
    { kind: 'body', body: '{"hello": "world"}' },
    {
      fault: 'unavailable',
      passing: false,
      detail: 'what answered is no chat-completions endpoint: check CHAT_JUDGE_URL',
    },
  ],
  [
    'a proxy’s page with 502',
    { kind: 'body', status: 502, body: '<html>' },
    { fault: 'unavailable', passing: true },
  ],
  ['a reset', { kind: 'reset' }, { fault: 'unavailable', passing: true, uncertain: 1 }],
  ['a body that is cut off', { kind: 'cut' }, { fault: 'unavailable', passing: true, uncertain: 1 }],
])('%s has its own fault, in our own words and without a secret', async (_, behaviour, expected) => {
  const { answer } = await askChat(behaviour);
  expect(answer).toMatchObject({ ok: false, model: 'model-1', usage: { calls: 0, costUsd: 0 }, ...expected });
});

test.each<ErrorStyle>(['openai', 'vllm', 'llama.cpp', 'litellm', 'words'])(
  'a prompt that is too long is recognised in the words of %s',
  async (errorStyle) => {
    const { answer } = await askChat(good, { fake: { contextTokens: 500, errorStyle } });
    expect(answer).toMatchObject({ fault: 'refused', detail: 'the pull request is too large for the model' });
  },
);

test('a refused key, a missing one and an unknown model name the variable to check', async () => {
  const refused = await askChat(good, { client: { apiKey: 'sk-other-secret' } });
  expect(refused.answer).toMatchObject({
    fault: 'unavailable',
    detail: 'the key of the chat endpoint was refused: check CHAT_JUDGE_API_KEY',
    mend: 'key',
  });
  const missing = await askChat(good, { client: { apiKey: null } });
  expect(missing.answer).toMatchObject({
    detail: 'the chat endpoint asks for a key: set CHAT_JUDGE_API_KEY',
    mend: 'key',
  });
  const unknown = await askChat(good, { judge: { model: 'model-2' } });
  expect(unknown.answer).toMatchObject({
    fault: 'unavailable',
    detail: expect.stringContaining('check CHAT_JUDGE_MODEL and CHAT_JUDGE_URL'),
    mend: 'model',
  });
});

test('a redirect is not followed, so the key goes nowhere else', async () => {
  let followed = 0;
  const elsewhere = createServer((_, response) => {
    followed += 1;
    response.end('{}');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void elsewhere.close());
  await once(elsewhere, 'listening');
  const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/v1/chat/completions`;
  for (const status of [301, 302, 307, 308]) {
    const { answer } = await askChat({ kind: 'body', status, body: '', headers: { location } });
    expect(answer).toMatchObject({
      fault: 'unavailable',
      passing: false,
      detail: expect.stringContaining('a redirect, which is not followed'),
    });
  }
  expect(followed).toBe(0);
});

const inBody = (body: unknown): CompletionsBehaviour => ({ kind: 'body', body: JSON.stringify(body) });
test.each<[string, CompletionsBehaviour]>([
  ['429', error(429)],
  ['429 with Retry-After', { kind: 'error', status: 429, headers: { 'retry-after': '0.01' } }],
  ['429 with retry-after-ms', { kind: 'error', status: 429, headers: { 'retry-after-ms': '10' } }],
  ['500', error(500)],
  ['503', error(503)],
  ['529', error(529)],
  ['408', error(408)],
  ['a rate limit with 200, as OpenRouter writes it', inBody({ error: { message: 'Rate limit', code: 429 } })],
  [
    'a rate limit with 200, by OpenAI’s name',
    inBody({ error: { message: '', code: 'rate_limit_exceeded' } }),
  ],
  [
    'an overload with 200, as vLLM writes it',
    inBody({ object: 'error', message: '', type: 'ServiceUnavailableError', code: 503 }),
  ],
  [
    'a limit with 200 in a list, as Google writes it',
    inBody([{ error: { code: 429, status: 'RESOURCE_EXHAUSTED' } }]),
  ],
  ['an error in words with 200', inBody({ error: 'the model runner has stopped' })],
  [
    'finish_reason error with a code in the choice',
    completionOf({ content: '{"cha' }, { finish_reason: 'error', error: { code: 502, message: 'gone' } }),
  ],
])('what passes is asked again, and counted: %s', async (_, behaviour) => {
  const { answer, fake } = await askChat((_request, count) => (count === 0 ? behaviour : good), {
    client: { maxRetries: 2 },
  });
  expect(answer).toMatchObject({ ok: true, answer: judged, retries: 1, uncertain: 0 });
  expect(fake.requests).toHaveLength(2);
});

test.each([
  ['a used-up quota with 429', error(429, '', 'insufficient_quota')],
  ['a used-up quota with 200', inBody({ error: { code: 'insufficient_quota', message: '' } })],
  ['401 with 200', inBody({ error: { code: 401, message: 'No auth credentials found' } })],
  ['501', error(501)],
])('what does not pass is not asked again: %s', async (_, behaviour) => {
  const { answer, fake } = await askChat(behaviour, { client: { maxRetries: 3 } });
  expect(answer).toMatchObject({ ok: false, fault: 'unavailable', passing: false, retries: 0 });
  expect(fake.requests).toHaveLength(1);
});

test('a wait that is longer than the client bears is left to those who wait for the judge', async () => {
  const { answer, fake } = await askChat(
    { kind: 'error', status: 429, headers: { 'retry-after': '3600' } },
    { client: { maxRetries: 3 } },
  );
  expect(answer).toMatchObject({ fault: 'unavailable', passing: true, retries: 0 });
  expect(fake.requests).toHaveLength(1);
});

test.each<[string, CompletionsBehaviour]>([
  ['answered too late', { kind: 'timeout' }],
  ['reset', { kind: 'reset' }],
  ['cut off', { kind: 'cut' }],
])(
  'a request that was %s is not sent again by the client, because it may have been charged',
  async (_, behaviour) => {
    const { fetch, timeIsUp } = untilTimeIsUp();
    const { answer, fake } = await askChat(
      (request) => {
        if (behaviour.kind === 'timeout') timeIsUp(request);
        return behaviour;
      },
      { client: { fetch, maxRetries: 3 } },
    );
    expect(answer).toMatchObject({ ok: false, passing: true, uncertain: 1, retries: 0 });
    expect(fake.requests).toHaveLength(1);
  },
);

test('an endpoint that does not run was sent nothing, and may be asked later', async () => {
  const answer = await chatJudgeAt(`http://127.0.0.1:${await freePort()}/v1`)
    .open(longChange)
    .ask(replyTask);
  expect(answer).toMatchObject({
    ok: false,
    passing: true,
    uncertain: 0,
    detail: 'the chat endpoint could not be reached: check that it runs, and CHAT_JUDGE_URL',
  });
});

test('an aborted call rejects', async () => {
  const abort = new AbortController();
  const fake = await chatEndpoint({
    behave: () => {
      abort.abort(new Error('cancelled'));
      return { kind: 'timeout' };
    },
  });
  await expect(chatJudgeAt(fake.url).open(longChange).ask(replyTask, abort.signal)).rejects.toThrow(
    'cancelled',
  );
});
