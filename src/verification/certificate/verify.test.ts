import { createHash } from 'node:crypto';
import { bytesToHex } from '@noble/hashes/utils.js';
import { describe, expect, test } from 'vitest';
import { alterationsOf, altered, isNamed, type Json } from '#testing/builders/alterations.ts';
import { ed25519KeyOf } from '#testing/builders/ed25519-key.ts';
import type { BuiltInput } from '#testing/builders/issued-certificate.ts';
import { measuredInput } from '#testing/builders/measured-certificate.ts';
import { keylessCheckpoint } from '#testing/builders/replay-checkpoint.ts';
import {
  issuedAt,
  issuerKey,
  signedAs,
  signedCertificateOf,
  type UnsignedCertificate,
  unsignedCertificate,
} from '#testing/builders/signed-certificate.ts';
import { canonicalJson } from './canonical.ts';
import { writeDocument } from './document.ts';
import { documentNotChecked } from './document-not-checked.ts';
import { evidenceHead, proveLine, verifyLine } from './evidence.ts';
import { noCanaries } from './judge-trust.ts';
import { type CheckInput, verifyCertificate } from './verify.ts';

/** Everything that can be measured, a change without a key too, and no earlier runs. */
const wholeRun = (): BuiltInput => {
  const input = measuredInput({ canaries: noCanaries, certificates: [] });
  return {
    ...input,
    replays: [
      ...input.replays,
      {
        groundTruthId: '13',
        author: null,
        mergedAt: issuedAt.toISOString(),
        checkpoint: keylessCheckpoint(),
      },
    ],
  };
};

const whole = unsignedCertificate(wholeRun());
const encode = (text: string) => new TextEncoder().encode(text);
const codesOf = (input: CheckInput) => {
  const { failures, questions } = verifyCertificate(input);
  return [...failures.map(({ code }) => code), ...questions];
};
const jsonOf = (bytes: Uint8Array): Json => JSON.parse(new TextDecoder().decode(bytes));
const documentJson = jsonOf(writeDocument(whole.document));

describe('an untouched certificate', () => {
  test('is valid, and says what was not checked', async () => {
    const check = verifyCertificate(await signedCertificateOf(whole));
    expect(check).toMatchObject({ verdict: 'valid', failures: [], questions: [], disagreements: [] });
    expect(check.document).toEqual(whole.document);
    expect(check.certificate).toMatchObject({ replayCount: 11, counts: { replaced: 1, unscored: 1 } });
    expect(check.notChecked).toContain('method.seed');
  });

  test('is valid too if its repository is private, and holds no text of it', async () => {
    const input = wholeRun();
    const hidden = unsignedCertificate({ ...input, draw: { ...input.draw, private: true } });
    expect(verifyCertificate(await signedCertificateOf(hidden))).toMatchObject({
      verdict: 'valid',
      disagreements: [],
    });
    const published = `${hidden.lines.join()}${canonicalJson(jsonOf(writeDocument(hidden.document)))}`;
    for (const word of ['Change', 'const ', 'owner/name', '"k1"', 'github', 'nothing to quote'])
      expect(published).not.toContain(word);
  });

  test('is valid too with the canaries of earlier runs, which are named as not checked', async () => {
    const pooled = unsignedCertificate({ ...measuredInput(), replaced: 0 });
    const check = verifyCertificate(await signedCertificateOf(pooled));
    expect(check).toMatchObject({ verdict: 'valid', disagreements: [] });
    expect(check.notChecked).toContain('trust.pool');
  });
});

describe('who signed, and when', () => {
  test('a key that nobody named makes the issuer unknown, whether or not it came with the certificate', async () => {
    const signed = await signedCertificateOf(whole);
    const own = [issuerKey.publicKey];
    expect(verifyCertificate({ ...signed, keys: [], offeredKeys: own })).toMatchObject({
      verdict: 'undecided',
      questions: ['unknown_issuer'],
      document: { id: whole.document.id },
    });
    expect(verifyCertificate({ ...signed, keys: [] })).toMatchObject({
      verdict: 'undecided',
      questions: ['unknown_issuer'],
      document: null,
    });
  });

  test('without a look at a log it is not known whether a certificate was revoked', async () => {
    expect(verifyCertificate({ ...(await signedCertificateOf(whole)), offline: false })).toMatchObject({
      verdict: 'undecided',
      questions: ['revocation_unknown'],
    });
  });

  test('what no log holds does not count once its key is retired, and another key’s retirement changes nothing', async () => {
    const signed = await signedCertificateOf(whole);
    const retiredKey = (publicKey: Uint8Array, index: number) =>
      codesOf({ ...signed, retired: [{ publicKey, index }] });
    for (const index of [0, 1_000_000]) {
      expect(retiredKey(issuerKey.publicKey, index)).toEqual(['retired_key']);
      expect(retiredKey(ed25519KeyOf('another').publicKey, index)).toEqual([]);
    }
  });

  test('a document that names another key than the one that signed it is found', async () => {
    const other = ed25519KeyOf('another');
    expect(codesOf(await signedAs(writeDocument(whole.document), whole.lines, other))).toEqual([
      'issuer_key',
    ]);
  });

  test('it is valid from its issue on, give or take five minutes, and until it expires after 90 days', async () => {
    const signed = await signedCertificateOf(whole);
    const at = (now: number) => codesOf({ ...signed, now: new Date(now) });
    const issued = issuedAt.getTime();
    const expires = issued + 90 * 86_400_000;
    expect(at(issued - 5 * 60_000)).toEqual([]);
    expect(at(issued - 5 * 60_000 - 1)).toEqual(['not_yet_valid']);
    expect(at(expires - 1)).toEqual([]);
    // The texts of its evidence are still sealed.
    expect(at(expires)).toEqual(['expired', 'unopened']);
  });
});

describe('what was changed without the key is found', () => {
  test('in the document, at every field', async () => {
    const signed = await signedCertificateOf(whole);
    const [header, , signature] = signed.jws.split('.');
    for (const alteration of alterationsOf(documentJson)) {
      const document = encode(canonicalJson(altered(documentJson, alteration)));
      const payload = Buffer.from(document).toString('base64url');
      expect(codesOf({ ...signed, document, jws: `${header}.${payload}.${signature}` })).toEqual([
        'signature',
      ]);
    }
  });

  test('in the document beside the signature', async () => {
    const signed = await signedCertificateOf(whole);
    const document = encode(canonicalJson(altered(documentJson, { place: ['id'], value: 'another' })));
    expect(codesOf({ ...signed, document })).toEqual(['document']);
  });

  test('in each part of the signature', async () => {
    const signed = await signedCertificateOf(whole);
    const [header = '', payload = '', signature = ''] = signed.jws.split('.');
    const other = (text: string) => `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`;
    const read = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString());
    const withHeader = (members: object) =>
      `${Buffer.from(JSON.stringify({ ...read(header), ...members })).toString('base64url')}.${payload}.${signature}`;
    const codes = (jws: string) => codesOf({ ...signed, jws });
    expect(codes(`${header}.${other(payload)}.${signature}`)).toEqual(['signature']);
    expect(codes(`${header}.${payload}.${other(signature)}`)).toEqual(['signature']);
    expect(codes(`${header}.${payload}`)).toEqual(['form']);
    expect(codes('')).toEqual(['form']);
    expect(codes(withHeader({ alg: 'none' }))).toEqual(['signature']);
    expect(codes(withHeader({ typ: 'JWT' }))).toEqual(['signature']);
    expect(codes(withHeader({ jku: 'https://example.com' }))).toEqual(['signature']);
    expect(codes(withHeader({ kid: 'another' }))).toEqual(['unknown_issuer']);
  });

  test('in every line of the evidence: a byte, the order, a line more or less, the last line feed', async () => {
    const signed = await signedCertificateOf(whole);
    const codes = (evidence: Uint8Array) => codesOf({ ...signed, evidence });
    const ofLines = (lines: string[]) => encode(lines.map((line) => `${line}\n`).join(''));
    for (const [at, line] of whole.lines.entries()) {
      const changed = whole.lines.with(
        at,
        line.replace(/\d/, (digit) => `${(Number(digit) + 1) % 10}`),
      );
      expect(codes(ofLines(changed))).toEqual(['evidence_root']);
      expect(codes(ofLines(whole.lines.toSpliced(at, 1)))).toEqual(['evidence_root']);
      expect(codes(ofLines(whole.lines.toSpliced(at, 0, line)))).toEqual(['evidence_root']);
    }
    expect(codes(ofLines(whole.lines.toReversed()))).toEqual(['evidence_root']);
    expect(codes(ofLines(whole.lines).slice(0, -1))).toEqual(['evidence_root']);
    expect(codes(new Uint8Array())).toEqual(['evidence_root']);
  });
});

/** Alterations that a check passes over although nothing names them as not checked. */
const unseen = async (
  documents: { place: (string | number)[]; value: unknown; signed: () => Promise<CheckInput> }[],
): Promise<{ missed: string[]; codes: Map<string, number> }> => {
  const missed: string[] = [];
  const codes = new Map<string, number>();
  const names = documentNotChecked(whole.document);
  for (const { place, value, signed } of documents) {
    const found = codesOf(await signed());
    for (const code of found) codes.set(code, (codes.get(code) ?? 0) + 1);
    // No number uses the verdicts of the unscored replay.
    const [list, line] = place;
    const unscored = list === 'evidence' && line === 11 && names.includes('evidence[outcome=unscored]');
    if (found.length === 0 && !unscored && !isNamed(place, names))
      missed.push(`${place.join('.')} = ${JSON.stringify(value)}`);
  }
  return { missed, codes };
};

test('an issuer who signs one other value in a document is found, or the field is named as not checked', async () => {
  const alterations = alterationsOf(documentJson);
  expect(alterations.length).toBeGreaterThan(400);
  const { missed, codes } = await unseen(
    alterations.map(({ place, value }) => ({
      place,
      value,
      signed: () => signedAs(encode(canonicalJson(altered(documentJson, { place, value }))), whole.lines),
    })),
  );
  expect(missed).toEqual([]);
  expect([...codes.keys()].toSorted()).toEqual([
    'evidence_form',
    'evidence_root',
    'form',
    'issuer_key',
    'scores',
  ]);
  expect(codes.get('scores')).toBeGreaterThan(150);
});

/** The certificate with other lines, whose issuer pins them as if they had been so from the start. */
const pinning = ({ document }: UnsignedCertificate, lines: string[]): Promise<CheckInput> => {
  const { size, root } = evidenceHead(lines.map(encode));
  const digests = lines.map((line) => JSON.parse(line).ground_truth?.digest);
  return signedCertificateOf({
    document: {
      ...document,
      groundTruth: {
        ...document.groundTruth,
        drawn: size,
        snapshotDigest: createHash('sha256').update(digests.join('\n')).digest('hex'),
      },
      evidence: { root: bytesToHex(root), count: size },
    },
    lines,
  });
};

test.each([
  ['a scored replay', 0],
  ['an oracle failure', 10],
  ['an unscored replay', 11],
  ['a replaced change', 12],
])(
  'an issuer who pins one other value in the evidence of %s is found, or the value is named',
  async (_, at) => {
    const line: Json = JSON.parse(whole.lines[at] ?? '');
    const alterations = alterationsOf(line);
    expect(alterations.length).toBeGreaterThan(20);
    const { missed, codes } = await unseen(
      alterations.map(({ place, value }) => ({
        place: ['evidence', at, ...place],
        value,
        signed: () => pinning(whole, whole.lines.with(at, canonicalJson(altered(line, { place, value })))),
      })),
    );
    expect(missed).toEqual([]);
    for (const code of codes.keys()) expect(['evidence_form', 'scores']).toContain(code);
  },
);

test('an issuer who leaves a replay out of the evidence, or repeats one, is found', async () => {
  for (const at of whole.lines.keys())
    expect(codesOf(await pinning(whole, whole.lines.toSpliced(at, 1)))).toEqual(['scores']);
  const [first = ''] = whole.lines;
  expect(codesOf(await pinning(whole, [first, ...whole.lines]))).toEqual(['evidence_form']);
  expect(codesOf(await pinning(whole, whole.lines.toReversed()))).toEqual(['evidence_form']);
  expect(codesOf(await pinning(whole, []))).toEqual(['scores']);
});

test('a replay’s record is proven alone, at its place and no other', () => {
  const lines = whole.lines.map(encode);
  for (const [index, line] of lines.entries()) {
    const proof = proveLine(lines, index);
    expect(verifyLine({ line, index, proof }, whole.document)).toBe(true);
    expect(verifyLine({ line: line.with(0, 0), index, proof }, whole.document)).toBe(false);
    expect(verifyLine({ line, index: (index + 1) % lines.length, proof }, whole.document)).toBe(false);
  }
});

test('another certificate than the one that was asked for is found, however valid', async () => {
  const signed = await signedCertificateOf(whole);
  expect(codesOf({ ...signed, id: whole.document.id })).toEqual([]);
  expect(codesOf({ ...signed, id: 'another' })).toEqual(['other_certificate']);
});

test('of evidence and openings no more lines are read than the document pins, and none that is too long', async () => {
  const signed = await signedCertificateOf(whole);
  const lineFeeds = new Uint8Array(60_000_000).fill(0x0a);
  const before = process.memoryUsage.rss();
  expect(verifyCertificate({ ...signed, evidence: lineFeeds }).failures).toEqual([
    { code: 'evidence_root', detail: `It has more than ${whole.lines.length} lines.` },
  ]);
  expect(codesOf({ ...signed, openings: lineFeeds })).toEqual(['opening']);
  expect(process.memoryUsage.rss() - before).toBeLessThan(100_000_000);
  const long = encode(`${'['.repeat(5_000_000)}\n`);
  expect(verifyCertificate({ ...signed, evidence: long }).failures).toEqual([
    { code: 'evidence_root', detail: 'Line 1 is too long.' },
  ]);
});

test('a document that pins more lines than a run has replays has not its form', async () => {
  const at = (count: number) => altered(documentJson, { place: ['evidence', 'count'], value: count });
  const codes = async (count: number) =>
    codesOf(await signedAs(encode(canonicalJson(at(count))), whole.lines));
  expect(await codes(1_100)).toEqual(['evidence_root']);
  expect(await codes(1_101)).toEqual(['form']);
});
