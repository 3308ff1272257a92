import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Standing } from '#contracts/standing.ts';
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
    ['POST /api/auth/callback/link', 4 * kilobyte],
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
      return authorization === 'Bearer good' ? { userId: 'good', standing: 'stranger' } : unknown;
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

type Sender = { address: string; as?: string };
const headersOf = ({ address, as }: Sender): Record<string, string> => ({
  'X-Forwarded-For': address,
  ...(as === undefined ? {} : { Authorization: `Bearer ${as}` }),
});

/** Senders that stop one byte before their body's end. Returns their answers, which come only if they are refused. */
const slowSenders = (port: number, line: string, bytes: number, senders: Sender[]) => {
  const sockets = senders.map((sender) => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    onTestFinished(() => void socket.destroy());
    const headers = Object.entries({ Host: 'localhost', ...headersOf(sender), 'Content-Length': bytes });
    socket.write(
      `${line} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
    );
    socket.write(Buffer.alloc(bytes - 1));
    return socket;
  });
  const answers = sockets.map(async (socket) => String((await once(socket, 'data'))[0]));
  return { refused: Promise.race(answers), end: () => sockets.map((socket) => socket.destroy()) };
};

const busy = /^HTTP\/1\.1 503 .*\r\nretry-after: 5\r\n/is;
const behindProxy = { addresses: { trusted: ['127.0.0.1'], loopbackIsProxy: false } };
const asKnown: Partial<DoorSettings> = {
  ...behindProxy,
  requireKnown: async ({ authorization }) => {
    const [, standing, userId] = /^Bearer (owner|listed|stranger)(\d+)$/.exec(authorization ?? '') ?? [];
    return standing && userId ? { userId, standing: standing as Standing } : unknown;
  },
};

const large = 'POST /api/v1/x';
const demonstration = 'POST /api/demo-oracle/lazy';
const signIn = 'POST /api/auth/callback/wallet';
const link = 'POST /api/auth/callback/link';

const many = (count: number, sender: (at: number) => Sender) =>
  Array.from({ length: count }, (_, at) => sender(at));
/** Addresses of as many networks. */
const spread = (at: number) => `2001:db8:${at.toString(16)}::1`;

test.each<[string, string, number, Sender[]]>([
  [
    'one site to a demonstration',
    demonstration,
    megabyte,
    many(6, (at) => ({ address: `2001:db8:1:${at}::1` })),
  ],
  [
    'neighbours to a demonstration',
    demonstration,
    megabyte,
    many(6, (at) => ({ address: `203.0.113.${at}` })),
  ],
  ['strangers to a demonstration', demonstration, megabyte, many(36, (at) => ({ address: spread(at) }))],
  ['one account', large, megabyte, many(6, (at) => ({ address: spread(at), as: 'stranger1' }))],
  [
    'the accounts of one site',
    large,
    megabyte,
    many(8, (at) => ({ address: '2001:db8:1::', as: `stranger${at}` })),
  ],
  ['all accounts', large, megabyte, many(28, (at) => ({ address: spread(at), as: `stranger${at}` }))],
  ['a listed account', large, megabyte, many(6, (at) => ({ address: spread(at), as: 'listed1' }))],
  ['one address to sign-ins', signIn, 60 * kilobyte, many(20, () => ({ address: '203.0.113.7' }))],
  ['one site to sign-ins', signIn, 60 * kilobyte, many(40, (at) => ({ address: `2001:db8:1:${at % 9}::1` }))],
])(
  'slow bodies of %s fill no more than a part of the memory',
  async (_, line, bytes, senders) => {
    const { port, ask } = await openDoorRig(asKnown);
    const slow = slowSenders(port, line, bytes, senders);
    expect(await slow.refused).toMatch(busy);
    slow.end();
    // What was held is given back.
    const again = { ...headersOf(senders[0] as Sender), 'Content-Length': String(bytes) };
    await expect.poll(async () => (await ask(line, again, 'x'.repeat(bytes))).status).toBe(200);
  },
  60_000,
);

test('slow bodies keep no other kind of sender out, nor others of their own kind elsewhere', async () => {
  const { port, ask } = await openDoorRig(asKnown);
  const outcome = async (line: string, bytes: number, sender: Sender) =>
    (await ask(line, { ...headersOf(sender), 'Content-Length': String(bytes) }, 'x'.repeat(bytes))).status;
  const visitor = { address: '198.51.100.7' };
  const site = many(32, (at) => ({ address: `2001:db8:1:${at % 4}::1` }));
  const ofSite = slowSenders(port, demonstration, megabyte, site);
  const signIns = slowSenders(port, signIn, 60 * kilobyte, site.concat(site));
  const accountsOfSite = slowSenders(
    port,
    large,
    megabyte,
    many(32, (at) => ({ address: `2001:db8:1:${at % 4}::1`, as: `stranger${at}` })),
  );
  await Promise.all([ofSite.refused, signIns.refused, accountsOfSite.refused]);
  expect(await outcome(demonstration, megabyte, visitor)).toBe(200);
  expect(await outcome(signIn, 60 * kilobyte, visitor)).toBe(200);
  expect(await outcome(large, megabyte, { ...visitor, as: 'stranger99' })).toBe(200);
  const everywhere = [
    slowSenders(
      port,
      demonstration,
      megabyte,
      many(40, (at) => ({ address: spread(at) })),
    ),
    slowSenders(
      port,
      large,
      megabyte,
      many(32, (at) => ({ address: spread(at), as: `stranger${at}` })),
    ),
  ];
  await Promise.all(everywhere.map(({ refused }) => refused));
  for (const as of ['owner1', 'listed1']) {
    expect(await outcome(large, megabyte, { ...visitor, as })).toBe(200);
    expect(await outcome(large, megabyte, { address: spread(1), as })).toBe(200);
  }
  expect(await outcome(signIn, 60 * kilobyte, visitor)).toBe(200);
  const signInsEverywhere = many(300, (at) => ({ address: spread(at) }));
  await slowSenders(port, signIn, 60 * kilobyte, signInsEverywhere).refused;
  // The owner comes in from the strangers' own networks too, whatever they hold.
  slowSenders(port, link, 4 * kilobyte, signInsEverywhere);
  for (const address of [visitor.address, spread(1)])
    expect(await outcome(link, 4 * kilobyte, { address })).toBe(200);
}, 60_000);
