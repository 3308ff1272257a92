import type { LookupAddress, lookup as systemLookup } from 'node:dns';
import { request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '#db/embedded/free-port.ts';
import { startOracleFake } from '#testing/fakes/oracles/http-fake.ts';
import { startProxyFake } from '#testing/fakes/proxy/proxy-fake.ts';
import { networkRuleRefusal } from '#verification/oracles/fault.ts';
import { httpOracle } from '#verification/oracles/http.ts';
import { type GuardedFetchOptions, guardedFetch } from './guarded-fetch.ts';
import { pinAddress } from './pin-address.ts';
import { noProxies, type ProxySettings } from './proxies.ts';
import { openRelay, openTunnels } from './tunnel.ts';

/** A public address, which nobody may dial from here: only the fake proxy knows where it leads. */
const publicAddress = '93.184.216.34';
const names: Record<string, string> = {
  'oracle.example': publicAddress,
  'private.example': '10.0.0.1',
  'proxy.example': '127.0.0.1',
  'alias.example': '127.0.0.2',
};
const lookup = ((
  name: string,
  _: unknown,
  callback: (error: Error | null, found: LookupAddress[]) => void,
) => {
  const address = names[name];
  if (address === undefined) callback(Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' }), []);
  else callback(null, [{ address, family: 4 }]);
}) as typeof systemLookup;

const open = (proxies: ProxySettings, more: Partial<GuardedFetchOptions> = {}) => {
  const guarded = guardedFetch({
    publicOnly: true,
    allow: [],
    alwaysAllowedOrigins: [],
    lookup,
    proxies,
    ...more,
  });
  onTestFinished(() => guarded.close());
  return guarded;
};
const proxied = (url: string, more: Partial<ProxySettings> = {}, resolves = false): ProxySettings => ({
  ...noProxies,
  oracle: { url, resolves },
  ...more,
});
const proxyFake = async (...given: Parameters<typeof startProxyFake>) => {
  const fake = await startProxyFake(...given);
  onTestFinished(() => fake.close());
  return fake;
};
const oracleFake = async () => {
  const fake = await startOracleFake();
  onTestFinished(() => fake.close());
  return fake;
};
const portOf = (url: string) => Number(new URL(url).port);
const call = (guarded: ReturnType<typeof open>, url: string) =>
  guarded.fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ pr: { diff_content: '' }, follow_up_question: '' }),
    redirect: 'manual',
    signal: AbortSignal.timeout(20_000),
  });
const refusalOf = (guarded: ReturnType<typeof open>, url: string) =>
  call(guarded, url).then(
    () => 'called',
    (error: unknown) => networkRuleRefusal(error),
  );

test('an oracle is reached by the proxy at the address that was checked, and sees its own name', async () => {
  const oracle = await oracleFake();
  const proxy = await proxyFake(
    { [`${publicAddress}:80`]: portOf(oracle.url) },
    { credentials: 'user:secret' },
  );
  const guarded = open(proxied(proxy.url.replace('//', '//user:secret@')));
  const response = await call(guarded, 'http://oracle.example/verify');
  expect(response.status).toBe(200);
  await response.body?.cancel();
  expect(proxy.asked).toEqual([`${publicAddress}:80`]);
  expect(oracle.requests).toHaveLength(1);
  expect(await guarded.checkUrl('http://oracle.example/verify')).toBeNull();
});

test('TLS through the proxy asks for the oracle’s name', async () => {
  const asked: string[] = [];
  const server = createTlsServer({
    SNICallback: (servername, callback) => {
      asked.push(servername);
      callback(new Error('no certificate'));
    },
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve(undefined))));
  const proxy = await proxyFake({ [`${publicAddress}:443`]: (server.address() as AddressInfo).port });
  await expect(call(open(proxied(proxy.url)), 'https://oracle.example/')).rejects.toThrow();
  expect(proxy.asked).toEqual([`${publicAddress}:443`]);
  expect(asked).toEqual(['oracle.example']);
});

test('a look goes by the proxy under the same rule, and sends the oracle nothing', async () => {
  const oracle = await oracleFake();
  const proxy = await proxyFake({
    [`${publicAddress}:80`]: portOf(oracle.url),
    [`${publicAddress}:443`]: portOf(oracle.url),
  });
  const guarded = open(proxied(proxy.url));
  await guarded.connect('http://oracle.example/verify');
  // The fake speaks no TLS.
  await expect(guarded.connect('https://oracle.example/')).rejects.toThrow();
  const asked = [`${publicAddress}:80`, `${publicAddress}:443`];
  expect(proxy.asked).toEqual(asked);
  for (const url of ['http://private.example/', 'http://10.0.0.1/', proxy.url])
    await expect(guarded.connect(url), url).rejects.toSatisfy((fault) => networkRuleRefusal(fault) !== null);
  expect(proxy.asked).toEqual(asked);
  expect(oracle.requests).toEqual([]);
});

test('private addresses are refused before the proxy is asked, and NO_PROXY is direct and checked', async () => {
  const oracle = await oracleFake();
  const proxy = await proxyFake({});
  const guarded = open(proxied(proxy.url));
  for (const url of ['http://private.example/', 'http://10.0.0.1/', 'http://169.254.169.254/', oracle.url])
    expect(await refusalOf(guarded, url)).toMatch(/not on the public internet|metadata/);
  const direct = open(proxied(proxy.url, { direct: 'private.example,127.0.0.1' }));
  expect(await refusalOf(direct, 'http://private.example/')).toMatch(/not on the public internet/);
  const allowed = open(proxied(proxy.url, { direct: '127.0.0.1' }), { allow: ['127.0.0.1'] });
  expect(await refusalOf(allowed, oracle.url)).toBe('called');
  expect(proxy.asked).toEqual([]);
  expect(oracle.requests).toHaveLength(1);
});

test('a proxy that resolves names is sent names, but none that exists in a network only', async () => {
  const oracle = await oracleFake();
  const proxy = await proxyFake({ 'unknown.example:80': portOf(oracle.url) });
  const guarded = open(proxied(proxy.url, {}, true));
  expect(await refusalOf(guarded, 'http://unknown.example/')).toBe('called');
  expect(proxy.asked).toEqual(['unknown.example:80']);
  for (const host of [
    'localhost',
    'db',
    'x.internal',
    'x.local',
    'x.local.',
    'metadata.google.internal',
    '10.0.0.1',
  ]) {
    expect(await refusalOf(guarded, `http://${host}/`), host).toMatch(/public internet|metadata/);
    expect(await guarded.checkUrl(`http://${host}/`), host).toMatch(/public internet|metadata/);
  }
  expect(await refusalOf(open(proxied(proxy.url, {}, true), { publicOnly: false }), 'http://db/')).toMatch(
    /public/,
  );
  expect(proxy.asked).toEqual(['unknown.example:80']);
});

test('nobody may name a proxy, under whatever name or address', async () => {
  const proxy = await proxyFake({});
  const port = portOf(proxy.url);
  const named: ProxySettings = { ...noProxies, https: `http://proxy.example:${port}` };
  const local = { publicOnly: false };
  for (const settings of [
    named,
    { ...noProxies, http: proxy.url },
    { ...noProxies, oracle: { url: proxy.url, resolves: false } },
  ]) {
    const guarded = open(settings, local);
    for (const host of ['127.0.0.1', 'proxy.example', '[::ffff:127.0.0.1]', '0.0.0.0'])
      expect(await refusalOf(guarded, `http://${host}:${port}/`), host).toMatch(
        /is a proxy of this installation/,
      );
  }
  expect(await open(named, local).checkUrl(`http://proxy.example:${port}/`)).toMatch(/is a proxy/);
  expect(proxy.asked).toEqual([]);
});

test('a proxy that refuses is the verifier’s fault, never the oracle’s', async () => {
  const closed = await proxyFake({}, { credentials: 'user:planted' });
  const lost = await proxyFake({});
  for (const [url, words] of [
    [closed.url, /asks for a user name and password \(407\)/],
    [lost.url, /did not make the connection \(status 502\)/],
    [`http://127.0.0.1:${await freePort()}`, /could not be reached \(ECONNREFUSED\)/],
  ] as const) {
    const { fetch, connect } = open(proxied(url));
    const oracle = httpOracle(
      {
        fetch,
        connect,
        sleep: (_, signal) => new Promise((resolve) => signal?.addEventListener('abort', resolve)),
        now: Date.now,
      },
      { url: 'http://oracle.example/verify', headers: {} },
    );
    const error = await oracle
      .ask({
        id: '1',
        title: 'T',
        description: '',
        diffContent: '',
        filesChanged: [],
        followUpQuestion: 'q',
      } as never)
      .then(
        (outcome) => expect.unreachable(JSON.stringify(outcome)),
        (reason: Error) => reason,
      );
    expect(String((error.cause as Error | undefined)?.message ?? error.message)).toMatch(words);
    await expect(oracle.look?.()).rejects.toThrow(words);
  }
});

test('a repository is cloned by the proxy at the address that was checked', async () => {
  const proxy = await proxyFake({});
  const pin = (settings: ProxySettings) =>
    pinAddress({ publicOnly: true, allow: [], proxies: settings }, async () => 'git version 2.47.0');
  expect(await pin(proxied(proxy.url, {}, true))(new URL('https://git.example/r.git'))).toEqual({
    'http.proxy': proxy.url,
  });
  await expect(pin(proxied(proxy.url, {}, true))(new URL('https://git.internal/r.git'))).rejects.toThrow(
    /public/,
  );
  await expect(pin(proxied(proxy.url))(new URL('https://10.0.0.1/r.git'))).rejects.toThrow(/public/);
  await expect(
    pin({ ...noProxies, http: 'http://1.1.1.1:3128' })(new URL('https://1.1.1.1:3128/r')),
  ).rejects.toThrow();
  const pinned = await pin(proxied(proxy.url))(new URL(`https://${publicAddress}/r.git`));
  expect(pinned['http.proxy']).toMatch(/^http:\/\/git:[0-9a-f]{48}@127\.0\.0\.1:\d+$/);
});

test('the relay for git connects only what it was told to, with its password', async () => {
  const oracle = await oracleFake();
  const proxy = await proxyFake({ [`${publicAddress}:443`]: portOf(oracle.url) });
  const relay = openRelay(openTunnels(proxy.url));
  const url = new URL(await relay.leadTo('git.example', '443', publicAddress));
  const connectTo = (path: string, credentials: string) =>
    new Promise<number>((resolve, reject) => {
      const asked = request({
        host: url.hostname,
        port: url.port,
        method: 'CONNECT',
        path,
        headers: { 'proxy-authorization': `Basic ${btoa(credentials)}` },
      });
      asked.on('connect', (response, socket: Socket) => {
        socket.destroy();
        resolve(response.statusCode ?? 0);
      });
      asked.on('error', reject);
      asked.end();
    });
  expect(await connectTo('git.example:443', 'git:wrong')).toBe(407);
  expect(await connectTo('other.example:443', `git:${url.password}`)).toBe(403);
  expect(proxy.asked).toEqual([]);
  expect(await connectTo('git.example:443', `git:${url.password}`)).toBe(200);
  expect(proxy.asked).toEqual([`${publicAddress}:443`]);
});
