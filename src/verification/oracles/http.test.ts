import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import type { OracleRequest } from '#contracts/oracle.ts';
import { freePort } from '#db/embedded/free-port.ts';
import { type OracleBehaviour, startOracleFake } from '#testing/fakes/oracles/http-fake.ts';
import { inTurn, networkRuleError, notingPorts, waitingPorts } from '#testing/rigs/exchange-ports.ts';
import { type HttpOracleOptions, httpOracle } from './http.ts';

const request: OracleRequest = {
  pr: { id: '142', title: 'T', description: 'D', diff_content: '+x\ud800', files_changed: ['a.ts'] },
  follow_up_question: 'Why?',
};
const good: OracleBehaviour = { kind: 'answer', answer: { summary: 'fine' } };

/** The oracle with the fake's behaviours in turn (the last one repeats). Waits are recorded instead of waited. */
const oracleOver = async (
  behaviours: OracleBehaviour[],
  options: Partial<HttpOracleOptions> = {},
  limitEndsAt?: () => boolean,
) => {
  const fake = await startOracleFake(inTurn(behaviours, good));
  onTestFinished(fake.close);
  const timeoutMs = options.timeoutMs ?? 600_000;
  const { ports, waits } = notingPorts((ms) => ms === timeoutMs, limitEndsAt);
  const oracle = httpOracle(ports, { url: `${fake.url}?key=hush`, headers: {}, ...options, timeoutMs });
  return { oracle, fake, waits };
};

const ask = async (...over: Parameters<typeof oracleOver>) => {
  const { oracle, fake, waits } = await oracleOver(...over);
  return { outcome: await oracle.ask(request), fake, waits };
};

test('an oracle gets the request of the wire contract, and nothing reveals that it is being verified', async () => {
  const { outcome, fake } = await ask([good]);
  expect(outcome).toMatchObject({ kind: 'answer', answer: { summary: 'fine' }, retries: 0 });
  const [received] = fake.requests;
  expect(received?.method).toBe('POST');
  expect(received?.body).toEqual({ ...request, pr: { ...request.pr, diff_content: '+x\ud800' } });
  expect(received?.headers['content-type']).toBe('application/json');
  expect(JSON.stringify(received?.headers)).not.toMatch(/echelon|verify"/i);
});

test('configured headers are sent, but those that frame the request stay the client’s', async () => {
  const { fake } = await ask([good], {
    headers: {
      Authorization: 'Bearer hush',
      'Content-Type': 'text/plain',
      HOST: 'other.example',
      'content-length': '1',
      'Transfer-Encoding': 'chunked',
    },
  });
  const headers = fake.requests[0]?.headers ?? {};
  expect(headers).toMatchObject({ authorization: 'Bearer hush', 'content-type': 'application/json' });
  expect(headers.host).toMatch(/^127\.0\.0\.1:/);
  expect(Number(headers['content-length'])).toBeGreaterThan(100);
  expect(headers['transfer-encoding']).toBeUndefined();
});

test.each<[string, OracleBehaviour, object]>([
  [
    'an error status',
    { kind: 'status', status: 500 },
    { reason: 'status', detail: 'The oracle answered 500.' },
  ],
  ['a door that is closed', { kind: 'status', status: 402 }, { reason: 'status', status: 402 }],
  [
    'a used-up quota, which comes with 429',
    { kind: 'status', status: 429, body: '{"error": {"code": "insufficient_quota"}}' },
    { reason: 'quota_exhausted', status: 429 },
  ],
  ['an error in place of an answer', { kind: 'answer', answer: { error: 'busy' } }, { reason: 'malformed' }],
  [
    'a redirect, which is not followed',
    { kind: 'status', status: 302, headers: { location: 'http://127.0.0.1:1/elsewhere' } },
    {
      reason: 'status',
      detail: 'The oracle answered 302, a redirect, which is not followed: give its final address.',
    },
  ],
  ['malformed JSON', { kind: 'body', body: '{"summary": "a"' }, { reason: 'malformed' }],
  ['a wrong type', { kind: 'answer', answer: { summary: 3 } }, { reason: 'malformed' }],
  [
    'bytes that are not UTF-8',
    { kind: 'body', body: new Uint8Array([0x22, 0xff, 0x22]) },
    { reason: 'malformed' },
  ],
  ['an empty body', { kind: 'body', body: '' }, { reason: 'malformed' }],
  [
    'broken compression',
    { kind: 'body', body: 'plain', headers: { 'content-encoding': 'gzip' } },
    { reason: 'malformed', detail: "The answer's content encoding is broken." },
  ],
  [
    'a body that says it is too large',
    { kind: 'huge', bytes: 70_000, declared: true },
    { reason: 'too_large' },
  ],
  [
    'a body that grows too large',
    { kind: 'huge', bytes: 5_000_000, declared: false },
    { reason: 'too_large' },
  ],
  [
    'a small body that unpacks to a large one',
    { kind: 'body', body: gzipSync('x'.repeat(1_000_000)), headers: { 'content-encoding': 'gzip' } },
    { reason: 'too_large' },
  ],
  [
    'a connection that breaks within the answer',
    { kind: 'cut' },
    { reason: 'connection', detail: 'The connection broke before the answer was complete.' },
  ],
])('%s has its own reason, is final, and counts as an HTTP answer', async (_, behaviour, expected) => {
  const { outcome, fake } = await ask([behaviour], { maxBytes: 65_536 });
  expect(outcome).toMatchObject({ kind: 'failure', httpAnswered: true, retries: 0, ...expected });
  expect(JSON.stringify(outcome)).not.toMatch(/hush|127\.0\.0\.1/);
  expect(fake.requests).toHaveLength(1);
});

test('the time limit applies to an answer that never comes and to one that never ends', async () => {
  const slow = await ask([{ kind: 'answer', answer: {}, afterMs: 600_000 }], { timeoutMs: 150 });
  expect(slow.outcome).toMatchObject({
    reason: 'timeout',
    detail: 'No answer came within 0.15 seconds.',
    httpAnswered: false,
    retries: 0,
  });
  const stalled = await ask([{ kind: 'stalled' }], { timeoutMs: 150 }, () => true);
  expect(stalled.outcome).toMatchObject({
    reason: 'timeout',
    detail: 'The answer was not complete within 0.15 seconds.',
    httpAnswered: true,
  });
});

test('a missing HTTP answer is retried twice, and the retries are counted', async () => {
  const { outcome, fake, waits } = await ask([{ kind: 'reset' }]);
  expect(outcome).toMatchObject({ kind: 'failure', reason: 'connection', httpAnswered: false, retries: 2 });
  expect(fake.requests).toHaveLength(3);
  expect(waits).toEqual([500, 2000]);

  const healed = await ask([{ kind: 'reset' }, good]);
  expect(healed.outcome).toMatchObject({ kind: 'answer', retries: 1 });
});

test('each connection failure has its own words', async () => {
  const nobody = `http://127.0.0.1:${await freePort()}/verify`;
  const garbage = await ask([{ kind: 'garbage' }]);
  const refused = await ask([good], { url: nobody });
  const noTls = await ask([good], { url: garbage.fake.url.replace('http:', 'https:') });
  expect(garbage.outcome).toMatchObject({ detail: 'The server does not speak HTTP.', retries: 2 });
  expect(refused.outcome).toMatchObject({
    detail: 'The connection was refused: nothing is listening at this address.',
    retries: 2,
  });
  expect(noTls.outcome).toMatchObject({
    reason: 'connection',
    detail: expect.stringContaining('Is it an http address?'),
    retries: 2,
  });
  const blocked = await ask([good], { url: 'http://127.0.0.1:9/' });
  expect(blocked.outcome).toMatchObject({
    reason: 'connection',
    detail: expect.stringContaining('Give another port.'),
  });
});

const busy = (retryAfter: string, status = 429): OracleBehaviour => ({
  kind: 'status',
  status,
  headers: { 'retry-after': retryAfter },
});

test('429 and 503 with Retry-After are waited for, in seconds or until a date', async () => {
  const { outcome, waits } = await ask([
    busy('7'),
    busy(new Date(Date.UTC(2026, 0, 1, 0, 0, 30)).toUTCString(), 503),
    busy('0'),
    good,
  ]);
  expect(outcome).toMatchObject({ kind: 'answer', retries: 3 });
  expect(waits).toEqual([7000, 30_000, 1000]);
});

test('waits are bounded, and an oracle that is always busy fails', async () => {
  const { outcome, waits } = await ask([busy('50')]);
  expect(outcome).toMatchObject({ reason: 'status', httpAnswered: true, retries: 2 });
  expect(waits).toEqual([50_000, 50_000]);
  expect((await ask([busy('121')])).outcome).toMatchObject({ reason: 'status', retries: 0 });
  expect((await ask([busy('5', 500)])).outcome).toMatchObject({ reason: 'status', retries: 0 });
});

test.each([429, 502, 503, 504, 529])(
  '%i that does not say when to come back is asked again with back-off, within a bound',
  async (status) => {
    const passing: OracleBehaviour = { kind: 'status', status, body: '<html>' };
    const healed = await ask([passing, busy('soon', status), good]);
    expect(healed.outcome).toMatchObject({ kind: 'answer', retries: 2 });
    expect(healed.waits).toEqual([1000, 2000]);
    const { outcome, waits } = await ask([passing]);
    expect(outcome).toMatchObject({ reason: 'status', status, retries: 6 });
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000]);
  },
);

test('an oracle that answered once has answered, whatever happens later', async () => {
  const { outcome } = await ask([busy('1'), { kind: 'reset' }]);
  expect(outcome).toMatchObject({ reason: 'connection', httpAnswered: true, retries: 3 });
});

test('a refusal by the network rule has its own reason and is not retried', async () => {
  let calls = 0;
  const oracle = httpOracle(
    waitingPorts(() => {
      calls += 1;
      return Promise.reject(
        new TypeError('fetch failed', { cause: new AggregateError([networkRuleError()]) }),
      );
    }),
    { url: 'http://10.0.0.1/', headers: {} },
  );
  expect(await oracle.ask(request)).toMatchObject({
    reason: 'refused_by_network_rule',
    detail: 'Not on the public internet.',
    httpAnswered: false,
    retries: 0,
  });
  expect(calls).toBe(1);
});

test('an aborted call rejects instead of giving an outcome', async () => {
  const { oracle } = await oracleOver([{ kind: 'stalled' }]);
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error('cancelled')), 50);
  await expect(oracle.ask(request, abort.signal)).rejects.toThrow('cancelled');
  await expect(oracle.ask(request, AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
});

test('a 50 MB answer is read only up to the limit and one chunk', async () => {
  const fake = await startOracleFake(() => ({ kind: 'huge', bytes: 50_000_000, declared: false }));
  onTestFinished(fake.close);
  let taken = 0;
  const counting: typeof fetch = async (url, init) => {
    const response = await fetch(url, init);
    const counted = response.body?.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>(
        {
          transform: (chunk, controller) => {
            taken += chunk.byteLength;
            controller.enqueue(chunk);
          },
        },
        undefined,
        { highWaterMark: 0 },
      ),
    );
    return new Response(counted ?? null, { status: response.status, headers: response.headers });
  };
  const oracle = httpOracle(waitingPorts(counting), { url: fake.url, headers: {} });
  expect(await oracle.ask(request)).toMatchObject({ kind: 'failure', reason: 'too_large' });
  expect(taken).toBeLessThan(1024 * 1024 + 512 * 1024);
});
