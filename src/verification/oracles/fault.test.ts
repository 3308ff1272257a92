import { expect, test } from 'vitest';
import { connectionFault, networkRuleRefusal, wasNeverMade } from './fault.ts';

const caused = (code: string) =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('hush 10.0.0.1'), { code }) });

test.each([
  ['ENOTFOUND', 'The host name does not exist.'],
  ['EAI_AGAIN', 'The host name could not be resolved.'],
  ['UND_ERR_CONNECT_TIMEOUT', 'The connection could not be opened in time.'],
  ['CERT_HAS_EXPIRED', 'The TLS certificate was not accepted (CERT_HAS_EXPIRED).'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'The TLS certificate was not accepted (DEPTH_ZERO_SELF_SIGNED_CERT).'],
  ['EWHATEVER', 'No connection (EWHATEVER).'],
])('%s has its own words, not the message of the layer below', (code, detail) => {
  expect(connectionFault(caused(code), false)).toEqual({ reason: 'connection', detail });
});

test('a circular chain of causes ends', () => {
  const loop = new Error('loop');
  loop.cause = loop;
  expect(connectionFault(loop, false)).toEqual({ reason: 'connection', detail: 'No connection.' });
  expect(networkRuleRefusal(loop)).toBeNull();
  expect(networkRuleRefusal('text')).toBeNull();
});

test.each<[string, object, boolean]>([
  ['refused', { code: 'ECONNREFUSED', syscall: 'connect' }, true],
  ['to a name that is unknown', { code: 'ENOTFOUND', syscall: 'getaddrinfo' }, true],
  ['whose opening timed out', { code: 'ETIMEDOUT', syscall: 'connect' }, true],
  ['that fell silent', { code: 'ETIMEDOUT', syscall: 'read' }, false],
  ['that was closed', { code: 'ECONNRESET', syscall: 'read' }, false],
])('whether a connection %s was ever made', (_, fields, never) => {
  const fault = Object.assign(new Error('hush'), fields);
  expect(wasNeverMade(new TypeError('fetch failed', { cause: fault }))).toBe(never);
  // This happens when several addresses of one host were tried.
  expect(wasNeverMade(new TypeError('fetch failed', { cause: new AggregateError([fault]) }))).toBe(never);
});
