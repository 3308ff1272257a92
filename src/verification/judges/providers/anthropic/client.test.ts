import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { freePort } from '#db/embedded/free-port.ts';
import type { AnthropicBehaviour } from '#testing/fakes/anthropic/anthropic-fake.ts';
import { untilTimeIsUp } from '#testing/rigs/anthropic-rig.ts';
import {
  askBefore,
  judgeAt,
  longChange,
  plantedSecret,
  replyTask,
  startWithKey,
} from '#testing/rigs/judge-rig.ts';
import { emptyAnswer } from '../../judge.ts';
import { buildRequest, sharedPrefix } from '../../model/request.ts';
import { createAnthropicClient } from './client.ts';

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
    error(400, 'invalid_request_error', `${plantedSecret} is bad`),
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
    { kind: 'raw', status: 502, body: `<html>${plantedSecret}</html>` },
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
])(
  'an error of the API is reported in our own words, without a secret: %#',
  async (behaviour, fault, detail) => {
    const { answer } = await askBefore(behaviour);
    expect(answer).toMatchObject({
      ok: false,
      fault,
      detail,
      model: 'claude-sonnet-5-5',
      usage: { calls: 0, costUsd: 0 },
    });
  },
);

test('the error for a refused key names the variable to check', async () => {
  const { answer, fake } = await askBefore({ kind: 'refusal' }, { apiKey: 'sk-ant-other-secret' });
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
  'status %i (%s) says whether anything must be corrected before the next call',
  async (status, type, mend) => {
    const { answer } = await askBefore(error(status, type));
    expect('mend' in answer ? answer.mend : undefined).toBe(mend);
  },
);

test('the error for an unknown model names the variable to check', async () => {
  const { answer } = await askBefore({ kind: 'refusal' }, {}, 'claude-sonnet-1');
  expect(answer).toMatchObject({
    fault: 'unavailable',
    detail: 'the Anthropic API does not know the model claude-sonnet-1: check SCORING_MODEL',
    mend: 'model',
  });
});

test.each([
  [{ apiKey: 'sk-ant-other-secret' }, 'claude-sonnet-5-5', /^the Anthropic key was refused/],
  [{}, 'claude-sonnet-1', /^the Anthropic API does not know the model claude-sonnet-1/],
])('a failed token count gives the reason, without a secret', async (options, model, reason) => {
  const fake = await startWithKey();
  const client = createAnthropicClient({
    apiKey: plantedSecret,
    baseURL: fake.url,
    sleep: async () => {},
    ...options,
  });
  const request = buildRequest(model, sharedPrefix(longChange, '0'.repeat(24)), replyTask, '0'.repeat(24));
  const count = await client.countTokens(request);
  expect(count).toEqual({ ok: false, detail: expect.stringMatching(reason) });
  expect(JSON.stringify(count)).not.toContain('secret');
});

test('limits and overload are retried as the API asks', async () => {
  const { answer, fake } = await askBefore(
    (_, count) =>
      count === 0
        ? { kind: 'error', status: 429, type: 'rate_limit_error', retryAfter: '0.01' }
        : count === 1
          ? { kind: 'error', status: 529, type: 'overloaded_error', retryAfter: '0.01' }
          : {
              kind: 'answer',
              answer: { ...emptyAnswer, verdicts: [{ id: 'response', verdict: '1', quote: '' }] },
            },
    { maxRetries: 2 },
  );
  expect(answer.ok).toBe(true);
  expect(fake.requests).toHaveLength(3);
});

test('an API that does not answer in time is unavailable, an aborted call rejects', async () => {
  const { fetch, timeIsUp } = untilTimeIsUp();
  const { answer } = await askBefore(
    (request) => {
      timeIsUp(request);
      return { kind: 'timeout' };
    },
    { fetch },
  );
  expect(answer).toMatchObject({ fault: 'unavailable', detail: 'the Anthropic API did not answer in time' });
  const abort = new AbortController();
  const fake = await startWithKey({
    behave: () => {
      abort.abort(new Error('cancelled'));
      return { kind: 'timeout' };
    },
  });
  await expect(judgeAt(fake.url).open(longChange).ask(replyTask, abort.signal)).rejects.toThrow('cancelled');
});

test.each<[string, AnthropicBehaviour]>([
  ['answered too late', { kind: 'timeout' }],
  ['cut off', { kind: 'reset' }],
])(
  'the client does not send a request again that was %s, because it may have been charged',
  async (_, behaviour) => {
    const { fetch, timeIsUp } = untilTimeIsUp();
    const { answer, fake } = await askBefore(
      (request) => {
        if (behaviour.kind === 'timeout') timeIsUp(request);
        return behaviour;
      },
      { fetch, maxRetries: 3 },
    );
    expect(answer).toMatchObject({ ok: false, passing: true, uncertain: 1, retries: 0 });
    expect(fake.requests).toHaveLength(1);
  },
);

test('a request that was turned away is sent again, and one that was never sent is not charged', async () => {
  const { answer } = await askBefore(
    (_, count) => (count === 0 ? error(529, 'overloaded_error') : { kind: 'answer', answer: emptyAnswer }),
    { maxRetries: 3 },
  );
  expect(answer).toMatchObject({ ok: true, uncertain: 0, retries: 1 });
  const nobody = `http://127.0.0.1:${await freePort()}`;
  expect(await judgeAt(nobody).open(longChange).ask(replyTask)).toMatchObject({
    ok: false,
    uncertain: 0,
  });
});

test.each([
  ['is cut off', true],
  ['never ends', false],
])('an answer whose body %s may have been charged, and may be asked again', async (_, breaksOff) => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"id":', () => breaksOff && response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const judge = judgeAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { timeout: 200 });
  const answer = await judge.open(longChange).ask(replyTask);
  server.closeAllConnections();
  server.close();
  expect(answer).toMatchObject({ ok: false, fault: 'unavailable', passing: true, uncertain: 1 });
});

test.each([
  [
    'a message that a proxy cut off',
    '{"id":"msg_1","type":"message","content":[{"ty',
    'unavailable',
    true,
    1,
  ],
  ['a page', '<html>Welcome</html>', 'unavailable', false, 0],
])(
  '%s is recognised even if its connection ended without an error',
  async (_, body, fault, passing, uncertain) => {
    const { answer } = await askBefore({ kind: 'raw', status: 200, body });
    expect(answer).toMatchObject({ ok: false, fault, passing, uncertain });
  },
);
