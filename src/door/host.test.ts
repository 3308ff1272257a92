import { expect, test } from 'vitest';
import { type HostRule, judgeHost } from './host.ts';

const loopback: HostRule = { allowed: ['127.0.0.1'], anyAddress: false };
const named: HostRule = { allowed: ['verify.example.com', 'xn--bcher-kva.example'], anyAddress: false };
const reachable: HostRule = { allowed: ['verify.example.com'], anyAddress: true };

const judge = (host: string, rule: HostRule, target = '/') =>
  judgeHost({ rawHeaders: ['Accept', '*/*', 'Host', host], target }, rule).kind;

test.each([
  'localhost',
  'localhost:3000',
  'LocalHost:80',
  'localhost.',
  'localhost.:3000',
  'a.localhost',
  'a.b-c.localhost:1',
  '127.0.0.1',
  '127.0.0.1:3000',
  '127.255.0.9',
  '[::1]',
  '[::1]:3000',
  '[0:0:0:0:0:0:0:1]:3000',
  ' 127.0.0.1 ',
  'localhost:',
])('a name of this machine is answered in every installation: %j', (host) => {
  for (const rule of [loopback, named, reachable]) expect(judge(host, rule)).toBe('allowed');
});

test.each([
  'evil.example',
  'evil.example:3000',
  'localhost.evil.example',
  'evillocalhost',
  '127.0.0.1.evil.example',
  '127.0.0.1.nip.io',
  'localhost..',
  '.localhost',
  '127.1',
  '2130706433',
  '0x7f.0.0.1',
  '127.0.0.256',
  '127.000.000.001',
  'sub.verify.example.com',
  'verify.example.com.evil.example',
])('an unknown name is not answered by any installation: %j', (host) => {
  for (const rule of [loopback, named, reachable]) expect(judge(host, rule)).toBe('unknown');
});

test.each([
  '10.0.0.5',
  '192.168.1.7:3000',
  '169.254.169.254',
  '0.0.0.0',
  '[fd00::1]:3000',
  '[::ffff:127.0.0.1]',
  '[::]',
])('an address is answered only by a server that listens beyond loopback: %j', (host) => {
  expect(judge(host, loopback)).toBe('unknown');
  expect(judge(host, named)).toBe('unknown');
  expect(judge(host, reachable)).toBe('allowed');
});

test.each(['verify.example.com', 'VERIFY.example.com.:443', 'xn--bcher-kva.example:8080'])(
  'a configured name is answered in any spelling: %j',
  (host) => {
    expect(judge(host, named)).toBe('allowed');
    expect(judge(host, loopback)).toBe('unknown');
  },
);

test.each([
  '',
  ' ',
  ':3000',
  'localhost:x',
  'localhost:3000:80',
  'localhost:123456',
  'user@localhost',
  'localhost/evil',
  'localhost#',
  'localhost?x',
  'local host',
  'localhost,evil.example',
  'localhost\\evil.example',
  'http://localhost',
  '::1',
  '[::1',
  '[fe80::1%25eth0]',
  'bücher.example',
  'local%68ost',
])('what no client may send as a host is malformed: %j', (host) => {
  expect(judge(host, reachable)).toBe('malformed');
});

test('a request has exactly one Host, however its name is written', () => {
  const of = (...rawHeaders: string[]) => judgeHost({ rawHeaders, target: '/' }, loopback).kind;
  expect(of('hOsT', 'localhost')).toBe('allowed');
  expect(of()).toBe('malformed');
  expect(of('Accept', 'Host')).toBe('malformed');
  expect(of('Host', 'localhost', 'host', 'localhost')).toBe('malformed');
  expect(of('Host', 'evil.example', 'HOST', 'localhost')).toBe('malformed');
  expect(of('X-Forwarded-Host', 'localhost', 'Host', 'evil.example')).toBe('unknown');
});

test('an absolute target counts instead of Host, and is handed on in origin form', () => {
  const of = (target: string, host = 'evil.example') =>
    judgeHost({ rawHeaders: ['Host', host], target }, loopback);
  expect(of('http://localhost:3000/a?b=1')).toEqual({
    kind: 'allowed',
    host: 'localhost:3000',
    target: '/a?b=1',
  });
  expect(of('HTTP://LOCALHOST')).toMatchObject({ kind: 'allowed', target: '/' });
  expect(of('http://localhost?x=1')).toMatchObject({ target: '/?x=1' });
  expect(of('https://127.0.0.1/')).toMatchObject({ kind: 'allowed' });
  expect(of('http://evil.example/', 'localhost').kind).toBe('unknown');
  for (const target of [
    'http://user@localhost/',
    'http:///path',
    'http://localhost\\@evil.example/',
    'ftp://localhost/',
    'localhost:443',
    '*',
    '',
    'path',
    'http://localhost/#fragment',
  ])
    expect(of(target, 'localhost').kind, target).toBe('malformed');
  expect(of('http://localhost/', 'a b').kind).toBe('malformed');
});

test('a target with two slashes stays a path', () => {
  const target = '//evil.example/x';
  expect(judgeHost({ rawHeaders: ['Host', 'localhost'], target }, loopback)).toMatchObject({ target });
});
