import type { LookupAddress, lookup as systemLookup } from 'node:dns';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';
import { afterEach, expect, test } from 'vitest';
import { freePort } from '#db/embedded/free-port.ts';
import { type OracleFake, startOracleFake } from '#testing/fakes/oracles/http-fake.ts';
import { connectionFault, networkRuleRefusal } from '#verification/oracles/fault.ts';
import { type GuardedFetch, type GuardedFetchOptions, guardedFetch } from './guarded-fetch.ts';
import { noProxies } from './proxies.ts';

const opened: (GuardedFetch | OracleFake)[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((item) => item.close()));
});

/** Answers each name with the next of its lists. The last list repeats. */
const namesAre = (names: Record<string, string[][]>) => {
  const asked: string[] = [];
  const lookup = ((
    name: string,
    _: unknown,
    callback: (error: Error | null, addresses: LookupAddress[]) => void,
  ) => {
    const lists = names[name];
    const list = lists?.[Math.min(asked.filter((other) => other === name).length, lists.length - 1)];
    asked.push(name);
    if (list === undefined) {
      callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' }), []);
      return;
    }
    callback(
      null,
      list.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  }) as typeof systemLookup;
  return { lookup, asked };
};

const open = (options: Partial<GuardedFetchOptions> = {}) => {
  const guarded = guardedFetch({
    publicOnly: true,
    allow: [],
    alwaysAllowedOrigins: [],
    proxies: noProxies,
    ...options,
  });
  opened.push(guarded);
  return guarded;
};

const startOracle = async () => {
  const fake = await startOracleFake();
  opened.push(fake);
  return fake;
};

const post = ({ fetch }: GuardedFetch, url: string) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ pr: { diff_content: '' }, follow_up_question: '' }),
    redirect: 'manual',
    signal: AbortSignal.timeout(60_000),
  });

/** The rule's refusal of a call, or '' when the call was allowed, however it then ended. */
const refusalOf = async (guarded: GuardedFetch, url: string) => {
  try {
    const response = await post(guarded, url);
    await response.body?.cancel();
    return '';
  } catch (error) {
    return networkRuleRefusal(error) ?? '';
  }
};

const metadata = [
  'http://169.254.169.254/latest/meta-data',
  'http://2852039166/',
  'http://0xa9fea9fe/',
  'http://0251.0376.0251.0376/',
  'http://169.254.43518/',
  'http://169.254.169.254./',
  'http://①⑥⑨.254.169.254/',
  'http://[::ffff:169.254.169.254]/',
  'http://[::ffff:a9fe:a9fe]/',
  'http://[0:0:0:0:0:ffff:a9fe:a9fe]/',
  'http://[::ffff:0:a9fe:a9fe]/',
  'http://[::a9fe:a9fe]/',
  'http://[64:ff9b::a9fe:a9fe]/',
  'http://[2002:a9fe:a9fe::]/',
  'http://[fd00:ec2::254]/',
  'http://[FD00:0EC2:0:0::254]/',
  'http://[fd20:ce::254]/',
  'http://169.254.170.2/',
  'http://100.100.100.200/',
  'http://168.63.129.16/',
];

test.each(metadata)('metadata addresses are refused for every caller and exemption: %s', async (url) => {
  const exempt = { allow: ['0.0.0.0/0', '::/0', new URL(url).origin], alwaysAllowedOrigins: [url] };
  for (const guarded of [open(), open({ publicOnly: false }), open(exempt)]) {
    expect(await guarded.checkUrl(url)).toMatch(/metadata/);
    expect(await refusalOf(guarded, url)).toMatch(/metadata/);
  }
});

const notPublic = [
  'http://127.0.0.1/',
  'http://127.1/',
  'http://0x7f.0.0.1/',
  'http://0177.1/',
  'http://2130706433/',
  'http://127.0.0.1:1@127.0.0.1/',
  'http://0/',
  'http://0.0.0.0/',
  'http://10.1.2.3/',
  'http://172.16.0.1/',
  'http://192.168.0.1/',
  'http://100.64.0.1/',
  'http://192.0.2.1/',
  'http://198.18.0.1/',
  'http://224.0.0.1/',
  'http://240.0.0.1/',
  'http://255.255.255.255/',
  'http://[::]/',
  'http://[::1]/',
  'http://[::127.0.0.1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:10.0.0.1]/',
  'http://[64:ff9b::10.0.0.1]/',
  'http://[64:ff9b:1::1]/',
  'http://[2002:0a00:0001::1]/',
  'http://[2001:0:53aa:64c::1]/',
  'http://[2001:db8::1]/',
  'http://[fc00::1]/',
  'http://[fd12:3456::1]/',
  'http://[fe80::1]/',
  'http://[fec0::1]/',
  'http://[ff02::1]/',
  'http://[100::1]/',
  'http://[5f00::1]/',
];

test.each(notPublic)('a reachable installation calls only public addresses: %s', async (url) => {
  const guarded = open();
  expect(await guarded.checkUrl(url)).toMatch(/OUTBOUND_ALLOW/);
  expect(await refusalOf(guarded, url)).toMatch(/OUTBOUND_ALLOW/);
});

test.each([
  'https://1.1.1.1/',
  'https://[2606:4700:4700::1111]/',
  'https://[::ffff:1.1.1.1]/',
  'https://[64:ff9b::1.1.1.1]/',
  'https://[2002:101:101::1]/',
  'https://169.253.1.1/',
])('public addresses are allowed: %s', async (url) => {
  expect(await open().checkUrl(url)).toBeNull();
});

test('a URL that is not http or https is refused early', async () => {
  for (const url of ['file:///etc/passwd', 'gopher://127.0.0.1/', 'not a url', '']) {
    expect(await open({ publicOnly: false }).checkUrl(url)).toMatch(/http or https URL/);
  }
});

test('an installation on loopback calls oracles on its own machine', async () => {
  const { url, requests } = await startOracle();
  const guarded = open({ publicOnly: false });
  expect(await guarded.checkUrl(url)).toBeNull();
  expect((await post(guarded, url)).status).toBe(200);
  expect(requests).toHaveLength(1);
});

test('a name is judged by the addresses behind it', async () => {
  const { lookup } = namesAre({
    'inside.example': [['10.0.0.7', 'fd00::7']],
    'metadata.google.internal': [['169.254.169.254']],
    'outside.example': [['93.184.216.34']],
  });
  const guarded = open({ lookup });
  expect(await guarded.checkUrl('https://inside.example/')).toMatch(/OUTBOUND_ALLOW/);
  expect(await guarded.checkUrl('https://metadata.google.internal/')).toMatch(/metadata/);
  expect(await guarded.checkUrl('https://outside.example/')).toBeNull();
  expect(await refusalOf(guarded, 'http://inside.example/')).toMatch(/OUTBOUND_ALLOW/);
  expect(await refusalOf(open({ lookup, publicOnly: false }), 'http://metadata.google.internal/')).toMatch(
    /metadata/,
  );
  // The refusal must not reveal what a name resolves to within the installation's network.
  expect(await guarded.checkUrl('https://inside.example/')).not.toMatch(/10\.0\.0\.7|fd00/);
});

test('a name that resolves differently between check and call gains nothing', async () => {
  const { requests, url } = await startOracle();
  const { port } = new URL(url);
  const { lookup, asked } = namesAre({ 'rebind.example': [['93.184.216.34'], ['127.0.0.1']] });
  const guarded = open({ lookup });
  expect(await guarded.checkUrl(`http://rebind.example:${port}/`)).toBeNull();
  expect(await refusalOf(guarded, `http://rebind.example:${port}/`)).toMatch(/OUTBOUND_ALLOW/);
  expect(asked).toHaveLength(2);
  expect(requests).toHaveLength(0);
});

test('among several addresses only an allowed one is dialled', async () => {
  const { requests, url } = await startOracle();
  const { port } = new URL(url);
  const { lookup } = namesAre({ 'mixed.example': [['::1', '10.0.0.1', '127.0.0.1']] });
  const guarded = open({ lookup, allow: ['127.0.0.0/8'] });
  expect((await post(guarded, `http://mixed.example:${port}/`)).status).toBe(200);
  expect(requests).toHaveLength(1);
});

test('only the origins and networks that the operator lists are exempt', async () => {
  const { url, requests } = await startOracle();
  const { origin, port } = new URL(url);
  expect((await post(open({ allow: [origin] }), url)).status).toBe(200);
  expect((await post(open({ allow: ['127.0.0.1'] }), url)).status).toBe(200);
  expect(await open({ allow: [`${origin}/`] }).checkUrl(url)).toBeNull();
  expect(await refusalOf(open({ allow: [`https://127.0.0.1:${port}`] }), url)).not.toBe('');
  expect(await refusalOf(open({ allow: ['http://127.0.0.1:1'] }), url)).not.toBe('');
  expect(await open({ allow: ['10.0.0.0/8'] }).checkUrl('http://[::ffff:10.1.1.1]/')).toBeNull();
  expect(requests).toHaveLength(2);
});

test('the application’s own oracle is called, but no run may name its origin', async () => {
  const { url } = await startOracle();
  const guarded = open({ alwaysAllowedOrigins: [new URL(url).origin] });
  expect((await post(guarded, url)).status).toBe(200);
  expect(await guarded.checkUrl(url)).toMatch(/OUTBOUND_ALLOW/);
});

test('a name that does not resolve passes the early check', async () => {
  const { lookup } = namesAre({});
  const guarded = open({ lookup });
  expect(await guarded.checkUrl('https://gone.example/')).toBeNull();
  await expect(post(guarded, 'http://gone.example/')).rejects.toMatchObject({ cause: { code: 'ENOTFOUND' } });
});

test('an entry of OUTBOUND_ALLOW that is neither an origin nor a network prevents the start', () => {
  for (const entry of ['example.com', 'https://a.example/path', '10.0.0.0/33', 'ftp://a.example']) {
    expect(() =>
      guardedFetch({ publicOnly: true, allow: [entry], alwaysAllowedOrigins: [], proxies: noProxies }),
    ).toThrow(
      `must list origins and networks, for example https://oracle.example.com,10.1.0.0/16; "${entry}" is neither`,
    );
  }
});

test('no hostile spelling of a local address is dialled: the listeners get no connection', async () => {
  let connections = 0;
  const count = () => {
    connections += 1;
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
    const guarded = open();
    for (const host of [...loopback, ...own]) await refusalOf(guarded, `http://${host}:${port}/`);
    for (const address of ['127.0.0.1', '::1', '0.0.0.0', '::ffff:127.0.0.1']) {
      const { lookup } = namesAre({ 'rebinding.example': [['93.184.215.14'], [address]] });
      const rebound = open({ lookup });
      await rebound.checkUrl('http://rebinding.example/');
      await refusalOf(rebound, `http://rebinding.example:${port}/`);
    }
    expect(connections).toBe(0);
    // The listener does work: an installation on loopback reaches it.
    await refusalOf(open({ publicOnly: false }), `http://127.0.0.1:${port}/`).catch(() => undefined);
    expect(connections).toBe(1);
  } finally {
    server.close();
  }
});

test('a look opens a connection under the same rule, sends nothing, and says why none was made', async () => {
  const fake = await startOracle();
  const inside = open({ publicOnly: false });
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
  expect(await failureOf(open({ ...namesAre({}) }), 'http://nowhere.example/')).toBe(
    'The host name does not exist.',
  );
  expect(await failureOf(open(), fake.url)).toContain('not on the public internet');
  expect(await failureOf(inside, 'http://169.254.169.254/')).toContain('metadata');
  expect(
    await failureOf(open(namesAre({ 'inner.example': [['10.0.0.1']] })), 'http://inner.example/'),
  ).toContain('not on the public internet');
});

test('a look ends with its signal', async () => {
  const never = ((
    _name: string,
    _options: unknown,
    _callback: unknown,
  ) => {}) as unknown as typeof systemLookup;
  const looking = open({ lookup: never }).connect('http://slow.example/', AbortSignal.timeout(20));
  await expect(looking).rejects.toThrow(/timeout/i);
});
