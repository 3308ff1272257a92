import { expect, test } from 'vitest';
import { untrustedCertificateText } from '#contracts/errors.ts';
import { unreachedText } from './unreached.ts';

const coded = (code: string) => Object.assign(new Error('planted'), { code });
const failed = (cause: Error) => new TypeError('fetch failed', { cause });

test.each([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
])('%s is a certificate that is not trusted, not a server that is away', (code) => {
  const text = unreachedText(failed(coded(code)), 'https://verify.example');
  expect(text).toBe(`https://verify.example could not be reached (${code}): ${untrustedCertificateText}`);
  expect(text).toContain('NODE_EXTRA_CA_CERTS');
});

test.each([
  [failed(coded('ENOTFOUND')), 'could not be reached (ENOTFOUND). Check the address.'],
  [
    failed(coded('ERR_TLS_CERT_ALTNAME_INVALID')),
    'could not be reached (ERR_TLS_CERT_ALTNAME_INVALID). Check the address.',
  ],
  [failed(new AggregateError([], 'planted')), 'could not be reached (planted). Check the address.'],
  [new TypeError('bad \u001b[2Jport'), 'could not be reached (bad port). Check the address.'],
  [AbortSignal.abort(new DOMException('', 'TimeoutError')).reason, 'did not answer within 30 seconds.'],
])('another reason is given by its code, else in its words: %s', (error, words) => {
  expect(unreachedText(error, 'https://verify.example')).toBe(`https://verify.example ${words}`);
});
