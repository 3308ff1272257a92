import type { lookup as systemLookup } from 'node:dns';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';
import { expect, test } from 'vitest';
import { freePort } from '#db/embedded/free-port.ts';
import {
  namesAre,
  openGuarded,
  openOracle,
  postQuestion,
  ruleRefusalOf,
} from '#testing/rigs/guarded-fetch-rig.ts';
import { connectionFault, networkRuleRefusal } from '#verification/oracles/fault.ts';
import type { GuardedFetch } from './guarded-fetch.ts';

test('a name is judged by the addresses behind it', async () => {
  const { lookup } = namesAre({
    'inside.example': [['10.0.0.7', 'fd00::7']],
    'metadata.google.internal': [['169.254.169.254']],
    'outside.example': [['93.184.216.34']],
  });
  const guarded = openGuarded({ lookup });
  expect(await guarded.checkUrl('https://inside.example/')).toMatch(/OUTBOUND_ALLOW/);
  expect(await guarded.checkUrl('https://metadata.google.internal/')).toMatch(/metadata/);
  expect(await guarded.checkUrl('https://outside.example/')).toBeNull();
  expect(await ruleRefusalOf(guarded, 'http://inside.example/')).toMatch(/OUTBOUND_ALLOW/);
  expect(
    await ruleRefusalOf(openGuarded({ lookup, publicOnly: false }), 'http://metadata.google.internal/'),
  ).toMatch(/metadata/);
  // The refusal must not reveal what a name resolves to within the installation's network.
  expect(await guarded.checkUrl('https://inside.example/')).not.toMatch(/10\.0\.0\.7|fd00/);
});

test('a name that resolves differently between check and call gains nothing', async () => {
  const { requests, url } = await openOracle();
  const { port } = new URL(url);
  const { lookup, asked } = namesAre({ 'rebind.example': [['93.184.216.34'], ['127.0.0.1']] });
  const guarded = openGuarded({ lookup });
  expect(await guarded.checkUrl(`http://rebind.example:${port}/`)).toBeNull();
  expect(await ruleRefusalOf(guarded, `http://rebind.example:${port}/`)).toMatch(/OUTBOUND_ALLOW/);
  expect(asked).toHaveLength(2);
  expect(requests).toHaveLength(0);
});

test('among several addresses only an allowed one is dialled', async () => {
  const { requests, url } = await openOracle();
  const { port } = new URL(url);
  const { lookup } = namesAre({ 'mixed.example': [['::1', '10.0.0.1', '127.0.0.1']] });
  const guarded = openGuarded({ lookup, allow: ['127.0.0.0/8'] });
  expect((await postQuestion(guarded, `http://mixed.example:${port}/`)).status).toBe(200);
  expect(requests).toHaveLength(1);
});

test('a name that does not resolve passes the early check', async () => {
  const { lookup } = namesAre({});
  const guarded = openGuarded({ lookup });
  expect(await guarded.checkUrl('https://gone.example/')).toBeNull();
  await expect(postQuestion(guarded, 'http://gone.example/')).rejects.toMatchObject({
    cause: { code: 'ENOTFOUND' },
  });
});

test('no hostile spelling of a local address is dialled: the listeners get no connection', async () => {
  let connections = 0;
  const count = (socket: Socket) => {
    connections += 1;
    socket.destroy();
  };
  // Every address of every interface, IPv4 and IPv6, on one port.
  const server = createServer(count).listen({ host: '::', port: 0, ipv6Only: false });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    // A public address may be called.
    .filter(({ address }) => ipaddr.parse(address.replace(/%.*$/, '')).range() !== 'unicast')
    .map(({ address, family }) => (family === 'IPv6' ? `[${address.replace(/%.*$/, '')}]` : address));
  const loopback = [
    ...[
      '127.0.0.1',
      '127.1',
      '127.0.1',
      '127.255.255.254',
      '0x7f.1',
      '0x7f000001',
      '0177.0.0.1',
      '2130706433',
    ],
    ...[
      '0',
      '0.0.0.0',
      '00000000',
      '0x0',
      '127.0.0.1.',
      '①②⑦.0.0.1',
      '127。0。0。1',
      'localhost',
      'LOCALHOST.',
    ],
    ...['[::1]', '[0:0:0:0:0:0:0:1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]'],
    ...['[64:ff9b::7f00:1]', '[2002:7f00:1::]'],
  ];
  try {
    const guarded = openGuarded();
    for (const host of [...loopback, ...own]) await ruleRefusalOf(guarded, `http://${host}:${port}/`);
    for (const address of ['127.0.0.1', '::1', '0.0.0.0', '::ffff:127.0.0.1']) {
      const { lookup } = namesAre({ 'rebinding.example': [['93.184.215.14'], [address]] });
      const rebound = openGuarded({ lookup });
      await rebound.checkUrl('http://rebinding.example/');
      await ruleRefusalOf(rebound, `http://rebinding.example:${port}/`);
    }
    expect(connections).toBe(0);
    // The listener does work: an installation on loopback reaches it.
    await ruleRefusalOf(openGuarded({ publicOnly: false }), `http://127.0.0.1:${port}/`).catch(
      () => undefined,
    );
    expect(connections).toBe(1);
  } finally {
    server.close();
  }
});

test('a look opens a connection under the same rule, sends nothing, and says why none was made', async () => {
  const fake = await openOracle();
  const inside = openGuarded({ publicOnly: false });
  await inside.connect(fake.url);
  expect(fake.requests).toEqual([]);
  const failureOf = async (guarded: GuardedFetch, url: string) => {
    const error = await guarded.connect(url).then(
      () => null,
      (fault: unknown) => fault,
    );
    return networkRuleRefusal(error) ?? connectionFault(error, false).detail;
  };
  const closed = `http://127.0.0.1:${await freePort()}/`;
  expect(await failureOf(inside, closed)).toContain('nothing is listening');
  expect(await failureOf(inside, fake.url.replace('http:', 'https:'))).toContain('TLS');
  expect(await failureOf(openGuarded({ ...namesAre({}) }), 'http://nowhere.example/')).toBe(
    'The host name does not exist.',
  );
  expect(await failureOf(openGuarded(), fake.url)).toContain('not on the public internet');
  expect(await failureOf(inside, 'http://169.254.169.254/')).toContain('metadata');
  expect(
    await failureOf(openGuarded(namesAre({ 'inner.example': [['10.0.0.1']] })), 'http://inner.example/'),
  ).toContain('not on the public internet');
});

test('a look ends with its signal', async () => {
  const never = ((
    _name: string,
    _options: unknown,
    _callback: unknown,
  ) => {}) as unknown as typeof systemLookup;
  const looking = openGuarded({ lookup: never }).connect('http://slow.example/', AbortSignal.timeout(20));
  await expect(looking).rejects.toThrow(/timeout/i);
});
