import { expect, test } from 'vitest';
import { connectionFault, networkRuleRefusal } from './fault.ts';

const caused = (code: string) =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('hush 10.0.0.1'), { code }) });

test.each([
  ['ENOTFOUND', 'The host name does not exist.'],
  ['EAI_AGAIN', 'The host name could not be resolved.'],
  ['UND_ERR_CONNECT_TIMEOUT', 'The connection could not be opened in time.'],
  ['CERT_HAS_EXPIRED', 'The TLS certificate was not accepted (CERT_HAS_EXPIRED).'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'The TLS certificate was not accepted (DEPTH_ZERO_SELF_SIGNED_CERT).'],
  ['EWHATEVER', 'No connection (EWHATEVER).'],
])('%s has its own words, without the message of the layer below', (code, detail) => {
  expect(connectionFault(caused(code), false)).toEqual({ reason: 'connection', detail });
});

test('a chain of causes that bites its tail ends', () => {
  const loop = new Error('loop');
  loop.cause = loop;
  expect(connectionFault(loop, false)).toEqual({ reason: 'connection', detail: 'No connection.' });
  expect(networkRuleRefusal(loop)).toBeNull();
  expect(networkRuleRefusal('text')).toBeNull();
});
