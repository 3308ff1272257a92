import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openDoorRig } from '#testing/rigs/door-rig.ts';
import type { DoorSettings } from './door.ts';

const kilobyte = 1024;
const megabyte = 1024 * kilobyte;
const unknown = { status: 401, detail: 'Sign in.', headers: { 'www-authenticate': 'Bearer' } };

const chunked = (bytes: number) => `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n0\r\n\r\n`;
const sent = { 'Transfer-Encoding': 'chunked' };

test('a body is bounded before anything parses it, declared or chunked', async () => {
  const { ask, reached } = await openDoorRig();
  for (const [line, limit] of [
    ['POST /api/auth/callback/wallet', 64 * kilobyte],
    ['POST /runs', 64 * kilobyte],
    ['GET /certificates', 64 * kilobyte],
    ['POST /api/trpc/auth.walletSignIn', 64 * kilobyte],
    ['POST /api/trpc/run.create', megabyte],
    ['POST /api/v1/verification/runs', megabyte],
    ['POST /api/demo-oracle/lazy', megabyte],
  ] as const) {
    expect((await ask(line, { 'Content-Length': String(limit + 1) }, 'x'.repeat(limit + 1))).status).toBe(
      413,
    );
    expect((await ask(line, sent, chunked(limit + 1))).status).toBe(413);
    expect((await ask(line, { 'Content-Length': '99999999999' })).status).toBe(413);
    expect(reached.splice(0)).toEqual([]);
    for (const [headers, body] of [
      [{ 'Content-Length': String(limit) }, 'x'.repeat(limit)],
      [sent, chunked(limit)],
    ] as const) {
      const answer = await ask(line, headers, body);
      expect(answer.status).toBe(200);
      // Whatever way it came, a handler knows its length.
      expect(reached.splice(0)[0]?.headers).toMatchObject({ 'content-length': String(limit) });
    }
  }
}, 60_000);

test('who is not known sends small bodies only, and is refused before a larger one is read', async () => {
  const asked: unknown[] = [];
  const { ask, reached } = await openDoorRig({
    requireKnown: async ({ authorization, cookie }) => {
      asked.push(authorization ?? cookie);
      return authorization === 'Bearer good' ? null : unknown;
    },
  });
  const small = 64 * kilobyte;
  for (const line of ['POST /api/v1/verification/runs', 'POST /api/trpc/run.create']) {
    // Only the head arrives.
    const refused = await ask(line, { 'Content-Length': String(small + 1), Cookie: 'session=bad' });
    expect([refused.status, refused.header('www-authenticate'), asked.pop()]).toEqual([
      401,
      'Bearer',
      'session=bad',
    ]);
    expect((await ask(line, sent, chunked(small + 1))).status).toBe(401);
    expect(asked.splice(0)).toHaveLength(1);
    expect(reached).toEqual([]);
    expect((await ask(line, { 'Content-Length': String(small) }, 'x'.repeat(small))).status).toBe(200);
    expect(asked).toEqual([]);
    expect((await ask(line, sent, chunked(small))).status).toBe(200);
    const known = { Authorization: 'Bearer good' };
    expect((await ask(line, { ...known, ...sent }, chunked(megabyte))).status).toBe(200);
    expect(
      (await ask(line, { ...known, 'Content-Length': String(megabyte) }, 'x'.repeat(megabyte))).status,
    ).toBe(200);
    asked.length = 0;
    reached.length = 0;
  }
  // A page of another origin has no use of its visitor's cookie.
  await ask('POST /api/v1/verification/runs', {
    Origin: 'https://evil.example',
    Authorization: 'Bearer bad',
    Cookie: 'session=good',
    'Content-Length': String(megabyte),
  });
  expect(asked).toEqual(['Bearer bad']);
}, 60_000);

test('who is known cannot be found out while the database is away, and a large body waits for it', async () => {
  const away = { status: 503, detail: 'Away.', headers: { 'retry-after': '5' } };
  const { ask, reached } = await openDoorRig({ requireKnown: async () => away });
  const answer = await ask('POST /api/v1/verification/runs', { 'Content-Length': String(megabyte) });
  expect([answer.status, answer.header('retry-after')]).toEqual([503, '5']);
  expect(reached).toEqual([]);
});

/** Senders that stop one byte before their body's end. `addresses`: how many clients they are. */
const slowSenders = (port: number, line: string, count: number, addresses: number, headers = '') =>
  Array.from({ length: count }, (_, at) => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    onTestFinished(() => void socket.destroy());
    socket.write(
      `${line} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 198.51.100.${at % addresses}\r\n${headers}Content-Length: ${megabyte}\r\n\r\n`,
    );
    socket.write(Buffer.alloc(megabyte - 1));
    return socket;
  });

const busy = /^HTTP\/1\.1 503 .*\r\nretry-after: 5\r\n/is;
const behindProxy = { addresses: { trusted: ['127.0.0.1'], loopbackIsProxy: false } };
const good = 'Authorization: Bearer good\r\n';
const asKnown: Partial<DoorSettings> = {
  ...behindProxy,
  requireKnown: async ({ authorization }) => (authorization === 'Bearer good' ? null : unknown),
};

test.each([
  ['one address', 'POST /api/v1/x', 10, 1, good],
  ['senders who are not known', 'POST /api/demo-oracle', 36, 36, ''],
  ['all', 'POST /api/v1/x', 70, 70, good],
])(
  'slow bodies of %s fill no more than a part of the memory, and keep no sign-in out',
  async (_, line, count, addresses, headers) => {
    const { port, ask } = await openDoorRig(asKnown);
    const slow = slowSenders(port, line, count, addresses, headers);
    const answers = slow.map(async (socket) => String((await once(socket, 'data'))[0]));
    expect(await Promise.race(answers)).toMatch(busy);
    const signIn = { 'Content-Length': '3', 'X-Forwarded-For': '203.0.113.9' };
    expect((await ask('POST /api/auth/callback/link', signIn, 'abc')).status).toBe(200);
    for (const socket of slow) socket.destroy();
    // What was held is given back.
    await expect
      .poll(async () => (await ask('POST /api/v1/x', { 'Content-Length': '3' }, 'abc')).status)
      .toBe(200);
  },
  60_000,
);

test('slow bodies of one address, and of all who are not known, keep no other sender out', async () => {
  const { port, ask } = await openDoorRig(asKnown);
  const slow = [
    ...slowSenders(port, 'POST /api/v1/x', 10, 1, good),
    ...slowSenders(port, 'POST /api/demo-oracle', 36, 36),
  ];
  await Promise.race(slow.slice(0, 10).map((socket) => once(socket, 'data')));
  await Promise.race(slow.slice(10).map((socket) => once(socket, 'data')));
  const answer = await ask(
    'POST /api/v1/x',
    { Authorization: 'Bearer good', 'X-Forwarded-For': '203.0.113.7', 'Content-Length': String(megabyte) },
    'x'.repeat(megabyte),
  );
  expect(answer.status).toBe(200);
  const small = (headers: Record<string, string>) =>
    ask('POST /api/v1/x', { ...headers, 'X-Forwarded-For': '203.0.113.8', 'Content-Length': '3' }, 'abc');
  expect((await small({ Authorization: 'Bearer good' })).status).toBe(200);
  expect((await small({})).status).toBe(200);
  const demonstration = { 'X-Forwarded-For': '203.0.113.8', 'Content-Length': String(megabyte) };
  expect((await ask('POST /api/demo-oracle', demonstration, 'x'.repeat(megabyte))).status).toBe(503);
}, 60_000);
