import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { goldenInput } from '#testing/builders/golden-certificate.ts';
import {
  issuerKey,
  signedCertificateOf,
  unsignedCertificate,
  whileValid,
} from '#testing/builders/signed-certificate.ts';
import { readJwk, writeJwk } from './jws.ts';
import { verifyCertificate } from './verify.ts';

/** A v1 document verifies forever: these files are never made again. */
const bytesOf = (name: string) =>
  new Uint8Array(readFileSync(join(import.meta.dirname, '../../testing/fixtures/golden-certificate', name)));
const textOf = (name: string) => new TextDecoder().decode(bytesOf(name));

test('the committed certificate verifies at a time within its validity, with its committed keys', () => {
  const { keys }: { keys: unknown[] } = JSON.parse(textOf('jwks.json'));
  const check = verifyCertificate({
    jws: textOf('certificate.jws'),
    document: bytesOf('certificate.json'),
    evidence: bytesOf('evidence.jsonl'),
    openings: null,
    keys: keys.map(readJwk).filter((key) => key !== null),
    offeredKeys: [],
    now: whileValid,
    log: null,
    offline: true,
  });
  expect(check).toMatchObject({ verdict: 'valid', failures: [], disagreements: [] });
  // By hand: precision (2/3 + 1/3 + 0)/3 = 1/3, recall (1/2 + 2/3 + 0)/3 = 7/18, reply (3/4 + 1 + 0)/3 = 7/12.
  expect(check.certificate).toMatchObject({ precision: 0.333333, recall: 0.388889, replyAccuracy: 0.583333 });
});

test('the same run gives the same bytes today', async () => {
  const signed = await signedCertificateOf(unsignedCertificate(goldenInput()));
  expect(signed.jws).toBe(textOf('certificate.jws'));
  expect(new TextDecoder().decode(signed.evidence)).toBe(textOf('evidence.jsonl'));
  expect(JSON.parse(textOf('jwks.json'))).toEqual({ keys: [writeJwk(issuerKey.publicKey)] });
});

test('OpenSSL verifies the signature over the bytes as they are', () => {
  const [key] = JSON.parse(textOf('jwks.json')).keys;
  const [header, payload, signature = ''] = textOf('certificate.jws').split('.');
  expect(Buffer.from(payload ?? '', 'base64url')).toEqual(Buffer.from(bytesOf('certificate.json')));
  const signedBytes = Buffer.from(`${header}.${payload}`);
  const publicKey = createPublicKey({ key, format: 'jwk' });
  expect(verify(null, signedBytes, publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
});
