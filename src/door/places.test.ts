import { connect } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { Standing } from '#contracts/standing.ts';
import { openDoorRig } from '#testing/rigs/door-rig.ts';

const page = 'GET /certificates/1';
type Sender = { from: string; as?: string };
const headersOf = ({ from, as }: Sender): Record<string, string> => ({
  'X-Forwarded-For': from,
  ...(as === undefined ? {} : { Authorization: `Bearer ${as}` }),
});

/** A server whose pages of these clients take until they are let go. */
const open = async (isHeld: (client: string, authorization?: string) => boolean = () => true) => {
  const begun: string[] = [];
  const paths: (string | undefined)[] = [];
  const lookedUp: string[] = [];
  const letGo = Promise.withResolvers<void>();
  const rig = await openDoorRig(
    {
      addresses: { trusted: ['127.0.0.1'], loopbackIsProxy: false },
      findSender: async ({ authorization = '' }) => {
        lookedUp.push(authorization);
        const [, standing, userId] = /^Bearer (owner|listed|stranger)(\d+)$/.exec(authorization) ?? [];
        return standing && userId ? { userId, standing: standing as Standing } : null;
      },
    },
    {},
    async ({ headers, url }) => {
      paths.push(url);
      const client = String(headers['x-echelon-client']);
      begun.push(client);
      if (isHeld(client, headers.authorization)) await letGo.promise;
    },
  );
  const ask = (sender: Sender, line = page) => rig.ask(line, headersOf(sender));
  const many = (count: number, sender: (at: number) => Sender, line?: string) =>
    Array.from({ length: count }, (_, at) => ask(sender(at), line));
  const beginning = (count: number) => expect.poll(() => begun.length).toBe(count);
  onTestFinished(() => letGo.resolve());
  return { ...rig, ask, many, begun, paths, lookedUp, beginning, letGo: letGo.resolve };
};

const busy = { from: '203.0.113.7' };

function* endless() {
  for (;;) yield 'a'.repeat(65_536);
}

test.each<[string, (at: number) => Sender, number]>([
  ['one address', () => busy, 6],
  ['a /24', (at) => ({ from: `203.0.113.${at % 250}` }), 12],
  ['a /48', (at) => ({ from: `2001:db8:1:${at.toString(16)}::1` }), 12],
  ['one account everywhere', (at) => ({ from: `2001:db8:${at.toString(16)}::1`, as: 'stranger1' }), 64 + 6],
  ['the accounts of one address', (at) => ({ ...busy, as: `stranger${at}` }), 6 + 12],
  ['a listed account', () => ({ ...busy, as: 'listed1' }), 6 + 12],
  ['everywhere', (at) => ({ from: `2001:db8:${at.toString(16)}::1` }), 64],
])(
  'of 200 requests of %s so many are worked on at once, and the others wait or are told to',
  async (_, sender, most) => {
    const { many, begun, beginning, letGo } = await open();
    const answers = many(200, sender);
    await beginning(most);
    // None slips in later.
    for (let turn = 0; turn < 50; turn += 1) await nextTurn();
    expect(begun).toHaveLength(most);
    letGo();
    for (const { status, header, body } of await Promise.all(answers)) {
      if (status === 200) continue;
      expect([status, header('retry-after')]).toEqual([429, '5']);
      expect(body).toContain('Too many of your requests are under way.');
      expect(header('x-content-type-options')).toBe('nosniff');
    }
    // Nothing is left taken.
    expect((await Promise.all(many(6, sender))).map(({ status }) => status)).toEqual(Array(6).fill(200));
  },
);

test('one address with 200 open requests keeps no other waiting, nor people who are signed in behind it', async () => {
  const { ask, many, begun, beginning, letGo } = await open(
    (client, authorization) => client === busy.from && authorization === undefined,
  );
  const answers = many(200, () => busy);
  await beginning(6);
  const others: Sender[] = [
    { from: '198.51.100.1' },
    { from: '2001:db8:2::1' },
    { from: '203.0.113.8' },
    { ...busy, as: 'stranger1' },
    { ...busy, as: 'listed1' },
    { ...busy, as: 'owner1' },
  ];
  for (let round = 0; round < 20; round += 1)
    for (const other of others) expect((await ask(other)).status).toBe(200);
  expect(begun).toHaveLength(6 + 20 * others.length);
  letGo();
  // What waits in the line is served.
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(6 + 64);
  expect(statuses.filter((status) => status === 429)).toHaveLength(200 - 6 - 64);
});

test('who asks is looked up only where an address has no place left', async () => {
  const { many, lookedUp, beginning, letGo } = await open();
  const answers = many(6, () => ({ ...busy, as: 'stranger1' }));
  await beginning(6);
  expect(lookedUp).toEqual([]);
  answers.push(...many(1, () => ({ ...busy, as: 'stranger1' })));
  await beginning(7);
  expect(lookedUp).toEqual(['Bearer stranger1']);
  letGo();
  await Promise.all(answers);
});

test('a crowd keeps nobody from the one-time link, and one address holds it no more than others', async () => {
  const { ask, many, begun, beginning, letGo } = await open();
  const crowd = many(100, (at) => ({ from: `2001:db8:${at.toString(16)}::1` }));
  await beginning(64);
  const link = 'GET /sign-in';
  const onesOwn = many(50, () => busy, link);
  await beginning(64 + 6);
  const owner = ask({ from: '203.0.113.8' }, link);
  await beginning(64 + 6 + 1);
  expect(begun.at(-1)).toBe('203.0.113.8');
  letGo();
  expect((await owner).status).toBe(200);
  await Promise.all([...crowd, ...onesOwn]);
});

test.each(['GET /_next/static/x.js', 'GET /api/ready', 'POST /api/trpc/run.tryOracle'])(
  '%s needs no place',
  async (line) => {
    const { many, beginning, letGo } = await open();
    const answers = [...many(20, () => busy), ...many(20, () => busy, line)];
    await beginning(6 + 20);
    letGo();
    await Promise.all(answers);
  },
);

test('answers that wait for their reader give their place back, and take it no second time', async () => {
  const readers = 30;
  let writing = 0;
  const { port, ask } = await openDoorRig(
    { addresses: { trusted: ['127.0.0.1'], loopbackIsProxy: false } },
    {},
    async ({ url }, response) => {
      if (url !== '/evidence') return;
      writing += 1;
      await pipeline(endless, response).catch(() => {});
    },
  );
  const sockets = Array.from({ length: readers }, () => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    socket.write(`GET /evidence HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: ${busy.from}\r\n\r\n`);
    return socket;
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  // Only six of one address are written at once, so most of them had the place of one that nobody reads.
  await expect.poll(() => writing).toBe(readers);
  expect((await ask(page, headersOf(busy))).status).toBe(200);
  for (const socket of sockets) socket.destroy();
  const after = await Promise.all(Array.from({ length: 6 }, () => ask(page, headersOf(busy))));
  expect(after.map(({ status }) => status)).toEqual(Array(6).fill(200));
});

test('clients that leave give their place back, also in the line', async () => {
  const { port, ask, paths, beginning, letGo } = await open();
  const sockets = Array.from({ length: 6 + 64 }, () => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    socket.write(`${page} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: ${busy.from}\r\n\r\n`);
    return socket;
  });
  await beginning(6);
  const [first] = sockets;
  first?.destroy();
  // The next in line has its place.
  await beginning(7);
  for (const socket of sockets) socket.destroy();
  const next = ask(busy, 'GET /next');
  await expect.poll(() => paths).toContain('/next');
  letGo();
  expect((await next).status).toBe(200);
});
