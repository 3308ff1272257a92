import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { goldenFiles } from '#testing/builders/golden-certificate.ts';
import { goldenLoggedFiles } from '#testing/builders/golden-logged-certificate.ts';
import { whileValid } from '#testing/builders/signed-certificate.ts';
import { hashLeaf } from '../log/merkle.ts';
import { parseTlogProof, verifyTlogProof } from '../log/tlog-proof.ts';
import { parseVerifierKey } from '../log/verifier-key.ts';
import { checkBundle } from './check-bundle.ts';
import { readJwk } from './jws.ts';
import { verifyCertificate } from './verify.ts';

/** A v1 document verifies forever: once a release has issued one, these files are never made again. */
const folder = join(import.meta.dirname, '../../testing/fixtures/golden-certificate');
const bytesOf = (name: string) => new Uint8Array(readFileSync(join(folder, name)));
const textOf = (name: string) => new TextDecoder().decode(bytesOf(name));

// By hand: precision (2/3 + 1/3 + 0)/3 = 1/3, recall (1/2 + 2/3 + 0)/3 = 7/18, reply (3/4 + 1 + 0)/3 = 7/12.
const scores = { precision: 0.333333, recall: 0.388889, replyAccuracy: 0.583333 };

describe.each([
  ['the command line’s', '', goldenFiles],
  ['a server’s, with its log’s checkpoint and proofs,', 'logged', goldenLoggedFiles],
])('%s committed certificate', (_, place, make) => {
  test('has the same bytes if the same run is certified today', async () => {
    for (const [name, bytes] of Object.entries(await make()))
      await expect(bytes).toMatchFileSnapshot(join(folder, place, name));
  });

  test('verifies with Node’s OpenSSL over the bytes as they are', () => {
    const [key] = JSON.parse(textOf(join(place, 'jwks.json'))).keys;
    const [header, payload, signature = ''] = textOf(join(place, 'certificate.jws')).split('.');
    const document = Buffer.from(bytesOf(join(place, 'certificate.json')));
    expect(Buffer.from(payload ?? '', 'base64url')).toEqual(document);
    const signedBytes = Buffer.from(`${header}.${payload}`);
    const publicKey = createPublicKey({ key, format: 'jwk' });
    expect(verify(null, signedBytes, publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
  });
});

test('the command line’s verifies at a time within its validity, with its committed keys', () => {
  const { keys }: { keys: unknown[] } = JSON.parse(textOf('jwks.json'));
  const check = verifyCertificate({
    id: null,
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
  expect(check.certificate).toMatchObject(scores);
});

describe('a server’s', () => {
  const logged = (name: string) => bytesOf(join('logged', name));
  const linesOf = (name: string) => textOf(join('logged', name)).trim().split('\n');
  const own = () => ({
    bundle: logged('certificate.bundle'),
    evidence: logged('evidence.jsonl'),
    jwks: JSON.parse(textOf('logged/jwks.json')),
    vkeys: linesOf('log.vkey'),
    witnesses: linesOf('witness.vkey'),
    now: whileValid,
  });

  test('verifies at a time within its validity, with its committed keys, those of log and witness too', () => {
    const check = checkBundle(own());
    expect(check).toMatchObject({
      verdict: 'valid',
      failures: [],
      questions: [],
      disagreements: [],
      logSize: 300,
      witnesses: ['witness.example.com'],
    });
    expect(check.certificate).toMatchObject(scores);
  });

  test('is undecided without the issuer’s or the log’s key', () => {
    expect(checkBundle({ ...own(), jwks: null }).questions).toEqual(['unknown_issuer']);
    expect(checkBundle({ ...own(), vkeys: [] }).questions).toEqual(['unknown_log']);
  });

  test('has the proof of its entry in C2SP’s form', () => {
    const proof = parseTlogProof(textOf('logged/certificate.tlog-proof'));
    const { log } = JSON.parse(textOf('logged/certificate.bundle'));
    expect(new TextDecoder().decode(proof.extra ?? undefined)).toBe(log.certificate.entry);
    const keys = {
      origin: 'verify.example.com/log',
      logKeys: own().vkeys.map(parseVerifierKey),
      witnessKeys: own().witnesses.map(parseVerifierKey),
    };
    expect(verifyTlogProof(proof, hashLeaf(proof.extra ?? new Uint8Array()), keys)).toMatchObject({
      ok: true,
      checkpoint: { size: 300 },
      witnesses: [{ key: { name: 'witness.example.com' } }],
    });
  });
});
