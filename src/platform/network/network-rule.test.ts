import { expect, test } from 'vitest';
import { openGuarded, openOracle, postQuestion, ruleRefusalOf } from '#testing/rigs/guarded-fetch-rig.ts';
import { guardedFetch } from './guarded-fetch.ts';
import { noProxies } from './proxies.ts';

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
  for (const guarded of [openGuarded(), openGuarded({ publicOnly: false }), openGuarded(exempt)]) {
    expect(await guarded.checkUrl(url)).toMatch(/metadata/);
    expect(await ruleRefusalOf(guarded, url)).toMatch(/metadata/);
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
  const guarded = openGuarded();
  expect(await guarded.checkUrl(url)).toMatch(/OUTBOUND_ALLOW/);
  expect(await ruleRefusalOf(guarded, url)).toMatch(/OUTBOUND_ALLOW/);
});

test.each([
  'https://1.1.1.1/',
  'https://[2606:4700:4700::1111]/',
  'https://[::ffff:1.1.1.1]/',
  'https://[64:ff9b::1.1.1.1]/',
  'https://[2002:101:101::1]/',
  'https://169.253.1.1/',
])('public addresses are allowed: %s', async (url) => {
  expect(await openGuarded().checkUrl(url)).toBeNull();
});

test('a URL that is not http or https is refused early', async () => {
  for (const url of ['file:///etc/passwd', 'gopher://127.0.0.1/', 'not a url', '']) {
    expect(await openGuarded({ publicOnly: false }).checkUrl(url)).toMatch(/http or https URL/);
  }
});

test('an installation on loopback calls oracles on its own machine', async () => {
  const { url, requests } = await openOracle();
  const guarded = openGuarded({ publicOnly: false });
  expect(await guarded.checkUrl(url)).toBeNull();
  expect((await postQuestion(guarded, url)).status).toBe(200);
  expect(requests).toHaveLength(1);
});

test('only the origins and networks that the operator lists are exempt', async () => {
  const { url, requests } = await openOracle();
  const { origin, port } = new URL(url);
  expect((await postQuestion(openGuarded({ allow: [origin] }), url)).status).toBe(200);
  expect((await postQuestion(openGuarded({ allow: ['127.0.0.1'] }), url)).status).toBe(200);
  expect(await openGuarded({ allow: [`${origin}/`] }).checkUrl(url)).toBeNull();
  expect(await ruleRefusalOf(openGuarded({ allow: [`https://127.0.0.1:${port}`] }), url)).not.toBe('');
  expect(await ruleRefusalOf(openGuarded({ allow: ['http://127.0.0.1:1'] }), url)).not.toBe('');
  expect(await openGuarded({ allow: ['10.0.0.0/8'] }).checkUrl('http://[::ffff:10.1.1.1]/')).toBeNull();
  expect(requests).toHaveLength(2);
});

test('the application’s own oracle is called, but no run may name its origin', async () => {
  const { url } = await openOracle();
  const guarded = openGuarded({ alwaysAllowedOrigins: [new URL(url).origin] });
  expect((await postQuestion(guarded, url)).status).toBe(200);
  expect(await guarded.checkUrl(url)).toMatch(/OUTBOUND_ALLOW/);
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
