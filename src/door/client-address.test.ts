import { expect, test } from 'vitest';
import { networkOfAddress } from '#contracts/client-header.ts';
import { addressReader } from './client-address.ts';

const direct = addressReader({ trusted: [], loopbackIsProxy: false });
const proxied = addressReader({ trusted: ['10.0.0.0/8', '127.0.0.1', 'fd00::/8'], loopbackIsProxy: false });

test('without a trusted proxy the peer counts, whatever the request says', () => {
  expect(direct.clientOf('203.0.113.7', '198.51.100.1')).toBe('203.0.113.7');
  expect(direct.clientOf('127.0.0.1', '198.51.100.1')).toBe('127.0.0.1');
  expect(direct.clientOf('::ffff:203.0.113.7', undefined)).toBe('203.0.113.7');
});

test('all addresses of a /64 count as one', () => {
  const of = (peer: string) => direct.clientOf(peer, undefined);
  expect(of('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
  expect(of('2001:db8:1:2:ffff::1')).toBe(of('2001:db8:1:2::9'));
  expect(of('2001:db8:1:3::1')).not.toBe(of('2001:db8:1:2::1'));
  expect(of('fe80::1%eth0')).toBe('fe80::/64');
});

test('the addresses of a site are one network, however they are written', () => {
  const of = (peer: string) => networkOfAddress(direct.clientOf(peer, undefined) ?? '');
  expect(of('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1::/48');
  expect(of('2001:db8:1::9')).toBe(of('2001:db8:1:ffff::9'));
  expect(of('2001:db8:2::9')).not.toBe(of('2001:db8:1::9'));
  expect(of('2001::1')).toBe(of('2001:0:0:2::1'));
  expect(of('2001:db8::1')).toBe(of('2001:db8:0:7::1'));
  expect(of('2001:0:5::1')).toBe(of('2001:0:5:9::1'));
  expect(of('::9')).toBe(of('0:0:0:3::1'));
  expect(of('203.0.113.7')).toBe('203.0.113.0/24');
  expect(of('::ffff:203.0.113.9')).toBe(of('203.0.113.7'));
  expect(of('203.0.114.7')).not.toBe(of('203.0.113.7'));
});

test.each([
  ['198.51.100.1', '198.51.100.1'],
  ['evil, 198.51.100.1', '198.51.100.1'],
  ['1.2.3.4, 198.51.100.1, 10.9.9.9', '198.51.100.1'],
  ['198.51.100.1:4711', '198.51.100.1'],
  ['"x", [2001:db8::5]:80', '2001:db8::/64'],
  ['2001:db8::5, fd00::1', '2001:db8::/64'],
  ['::ffff:198.51.100.1', '198.51.100.1'],
  // Nobody further than the proxies is named, so the outermost proxy counts.
  ['', '10.1.1.1'],
  ['unknown', '10.1.1.1'],
  ['10.2.2.2', '10.2.2.2'],
  ['unknown, 10.2.2.2', '10.2.2.2'],
  ['010.0.0.1', '10.1.1.1'],
])('behind a trusted proxy the rightmost entry that is not a proxy counts: %j', (forwardedFor, client) => {
  expect(proxied.clientOf('10.1.1.1', forwardedFor)).toBe(client);
});

test('an untrusted peer’s entries do not count', () => {
  expect(proxied.clientOf('203.0.113.7', '198.51.100.1')).toBe('203.0.113.7');
  expect(proxied.isProxy('203.0.113.7')).toBe(false);
  expect(proxied.isProxy('::ffff:10.0.0.1')).toBe(true);
});

test('a loopback peer that may be a proxy for everybody counts as nobody', () => {
  const unnamed = addressReader({ trusted: [], loopbackIsProxy: true });
  for (const peer of ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])
    expect(unnamed.clientOf(peer, '198.51.100.1')).toBeNull();
  expect(unnamed.clientOf('203.0.113.7', undefined)).toBe('203.0.113.7');
  expect(unnamed.clientOf(undefined, undefined)).toBeNull();
});
