import { execFileSync } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base64urlnopad } from '@scure/base';
import { calculateJwkThumbprint, compactVerify, importJWK } from 'jose';
import { describe, expect, test } from 'vitest';
import { ed25519KeyOf } from '#testing/builders/ed25519-key.ts';
import { withFlippedBit } from '#testing/builders/merkle-leaves.ts';
import { skipWithout } from '#testing/rigs/shell.ts';
import { fc } from '#testing/runners/fuzzing.ts';
import { canonicalJson } from './canonical.ts';
import { readJwk, readRetired, thumbprintOf, verifyJws, writeJwk } from './jws.ts';
import { signJws } from './signing/sign-jws.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const encode = (text: string) => base64urlnopad.encode(bytes(text));

const issuer = ed25519KeyOf('issuer');
const kid = thumbprintOf(issuer.publicKey);
const document = bytes(canonicalJson({ id: 'certificate-1', note: 'Ünïcode, too' }));
const jws = await signJws(document, issuer);
const [header = '', payload = '', signature = ''] = jws.split('.');

/** A signature over a header of one's own, by the issuer's key. */
const signWith = async (text: string) => {
  const signed = `${encode(text)}.${payload}`;
  return `${signed}.${base64urlnopad.encode(await issuer.sign(bytes(signed)))}`;
};
const usual = { alg: 'Ed25519', kid, typ: 'echelon-certificate+jws' };

// RFC 8037, appendix A.
const rfcKey = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };

test('the thumbprint of the key in RFC 8037 is the one that it gives', () => {
  const key = readJwk(rfcKey);
  expect(key).not.toBeNull();
  expect(thumbprintOf(key as Uint8Array)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
});

test('a certificate is signed as the document, with its algorithm, type and key', () => {
  expect(Buffer.from(header, 'base64url').toString()).toBe(
    `{"alg":"Ed25519","kid":"${kid}","typ":"echelon-certificate+jws"}`,
  );
  expect(new Uint8Array(Buffer.from(payload, 'base64url'))).toEqual(document);
});

test('its signature verifies by the key among others, and gives the bytes that were signed', () => {
  const other = ed25519KeyOf('other').publicKey;
  expect(verifyJws(jws, [other, issuer.publicKey])).toEqual({ ok: true, payload: document, kid });
});

test('EdDSA is accepted for the same key', async () => {
  const signed = await signWith(JSON.stringify({ ...usual, alg: 'EdDSA' }));
  expect(verifyJws(signed, [issuer.publicKey])).toMatchObject({ ok: true });
});

test.each([
  ['no algorithm', 'algorithm', { kid, typ: usual.typ }],
  ['none', 'algorithm', { ...usual, alg: 'none' }],
  ['ES256', 'algorithm', { ...usual, alg: 'ES256' }],
  ['HS256', 'algorithm', { ...usual, alg: 'HS256' }],
  ['Ed448', 'algorithm', { ...usual, alg: 'Ed448' }],
  ['the algorithm in lower case', 'algorithm', { ...usual, alg: 'ed25519' }],
  ['a list of algorithms', 'algorithm', { ...usual, alg: ['Ed25519'] }],
  ['no type', 'type', { alg: 'Ed25519', kid }],
  ['another type', 'type', { ...usual, typ: 'JWT' }],
  ['a key', 'header', { ...usual, jwk: writeJwk(issuer.publicKey) }],
  ['the place of a key', 'header', { ...usual, jku: 'https://example.com/jwks.json' }],
  ['the place of a certificate', 'header', { ...usual, x5u: 'https://example.com/x5u' }],
  ['a chain of certificates', 'header', { ...usual, x5c: [] }],
  ['critical members', 'header', { ...usual, crit: ['exp'], exp: 1 }],
  ['an unencoded payload', 'header', { ...usual, b64: false, crit: ['b64'] }],
  ['b64 as usual', 'header', { ...usual, b64: true }],
  ['no key id', 'unknown key', { alg: 'Ed25519', typ: usual.typ }],
  ['a key id that is no text', 'unknown key', { ...usual, kid: [kid] }],
  ['the id of another key', 'unknown key', { ...usual, kid: thumbprintOf(ed25519KeyOf('other').publicKey) }],
  ['a list', 'malformed', [usual]],
  ['null', 'malformed', null],
  ['a text', 'malformed', 'Ed25519'],
])('a header with %s is refused (%s)', async (_, failure, value) => {
  expect(verifyJws(await signWith(JSON.stringify(value)), [issuer.publicKey])).toEqual({
    ok: false,
    failure,
  });
});

test('a member of the name __proto__ is a member', async () => {
  const signed = await signWith(`${JSON.stringify(usual).slice(0, -1)},"__proto__":{"jwk":1}}`);
  expect(verifyJws(signed, [issuer.publicKey])).toEqual({ ok: false, failure: 'header' });
});

test.each([
  ['nothing', ''],
  ['two parts', `${header}.${payload}`],
  ['four parts', `${jws}.`],
  ['an empty header', `.${payload}.${signature}`],
  ['a header that is no JSON', `${encode('{')}.${payload}.${signature}`],
  [
    'a header that is not UTF-8',
    `${base64urlnopad.encode(Uint8Array.of(0x22, 0xff, 0x22))}.${payload}.${signature}`,
  ],
  ['a header after a byte order mark', `${encode(`\ufeff${JSON.stringify(usual)}`)}.${payload}.${signature}`],
  ['padding', `${header}.${payload}.${signature}==`],
  ['standard base64', `${header}.${payload}.+${signature.slice(1)}`],
  ['white space', `${jws}\n`],
  ['other last bits', `${header}.${payload}.${signature.slice(0, -1)}${signature.endsWith('B') ? 'C' : 'B'}`],
])('a signature with %s is malformed', (_, text) => {
  expect(verifyJws(text, [issuer.publicKey])).toEqual({ ok: false, failure: 'malformed' });
});

test('no other bytes of any part verify', () => {
  fc.assert(
    fc.property(fc.constantFrom(0, 1, 2), fc.nat({ max: 8 * 64 - 1 }), (at, bit) => {
      const parts = [header, payload, signature].map((part, index) =>
        index === at ? base64urlnopad.encode(withFlippedBit(base64urlnopad.decode(part), bit)) : part,
      );
      expect(verifyJws(parts.join('.'), [issuer.publicKey])).toMatchObject({ ok: false });
    }),
  );
  expect(verifyJws(jws, [])).toEqual({ ok: false, failure: 'unknown key' });
  for (const length of [0, 63, 65]) {
    const cut = base64urlnopad.encode(new Uint8Array(length));
    expect(verifyJws(`${header}.${payload}.${cut}`, [issuer.publicKey])).toEqual({
      ok: false,
      failure: 'bad signature',
    });
  }
});

test('a key of small order signs nothing, though its equation holds for many messages', () => {
  // The neutral element as the key and as R, and S = 0: the equation without its strict checks is 0 = 0 + k·0.
  const neutral = Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? 1 : 0));
  const forged = encode(JSON.stringify({ ...usual, kid: thumbprintOf(neutral) }));
  const zero = base64urlnopad.encode(Uint8Array.from([...neutral, ...new Uint8Array(32)]));
  expect(verifyJws(`${forged}.${payload}.${zero}`, [neutral])).toEqual({
    ok: false,
    failure: 'bad signature',
  });
});

test.each([
  ['a private key', { ...rfcKey, d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A' }],
  ['another curve', { ...rfcKey, crv: 'X25519' }],
  ['another kind', { ...rfcKey, kty: 'EC' }],
  ['a short key', { ...rfcKey, x: rfcKey.x.slice(0, -4) }],
  ['padding', { ...rfcKey, x: `${rfcKey.x}=` }],
  ['no key', { kty: 'OKP', crv: 'Ed25519' }],
  ['null', null],
  ['a text', 'OKP'],
  ['a number', 1],
  ['nothing', undefined],
])('a JWK with %s is not read', (_, jwk) => {
  expect(readJwk(jwk)).toBeNull();
});

test('a JWK is read as it was written, whatever else it says', () => {
  expect(readJwk({ ...writeJwk(issuer.publicKey), exp: 1 })).toEqual(issuer.publicKey);
});

describe('tools of others', () => {
  test('jose gives the key the same id, and verifies the signature', async () => {
    const jwk = writeJwk(issuer.publicKey);
    expect(await calculateJwkThumbprint(jwk, 'sha256')).toBe(jwk.kid);
    const verified = await compactVerify(jws, await importJWK(jwk), { algorithms: ['Ed25519'] });
    expect(verified.payload).toEqual(document);
    expect(verified.protectedHeader).toEqual(usual);
  });

  test("Node's crypto verifies the signature", () => {
    const key = createPublicKey({ key: { ...writeJwk(issuer.publicKey) }, format: 'jwk' });
    const signed = Buffer.from(`${header}.${payload}`);
    expect(verify(null, signed, key, Buffer.from(signature, 'base64url'))).toBe(true);
  });

  test('the openssl command verifies the signature', (context) => {
    skipWithout(context, 'OpenSSL 3');
    const folder = mkdtempSync(join(tmpdir(), 'jws-'));
    const at = (name: string) => join(folder, name);
    try {
      const key = createPublicKey({ key: { ...writeJwk(issuer.publicKey) }, format: 'jwk' });
      writeFileSync(at('key.pem'), key.export({ type: 'spki', format: 'pem' }));
      writeFileSync(at('signed'), `${header}.${payload}`);
      writeFileSync(at('signature'), Buffer.from(signature, 'base64url'));
      const verifyArgs = ['pkeyutl', '-verify', '-pubin', '-inkey', at('key.pem'), '-rawin'];
      const output = execFileSync('openssl', [
        ...verifyArgs,
        '-in',
        at('signed'),
        '-sigfile',
        at('signature'),
      ]);
      expect(output.toString()).toContain('Verified Successfully');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test('a set says from which entry of the log on a key signs no more; what it says without an index ends it at once', () => {
  const jwk = writeJwk(issuer.publicKey);
  const at = '2026-01-01T00:00:00.000Z';
  expect(readRetired(jwk)).toBeNull();
  const { publicKey } = issuer;
  expect(readRetired({ ...jwk, retired: { log_index: 7, at, compromised: false } })).toEqual({
    publicKey,
    index: 7,
  });
  for (const retired of [null, {}, true, 'yes', { log_index: '7' }, { log_index: 1.5 }])
    expect(readRetired({ ...jwk, retired })).toEqual({ publicKey, index: 0 });
  for (const other of [null, 'jwk', { ...jwk, d: 'x', retired: {} }]) expect(readRetired(other)).toBeNull();
});
