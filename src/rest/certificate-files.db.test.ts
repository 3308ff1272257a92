import { createHash, createPublicKey, verify } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { certificateDocuments, certificateEvidence } from '#db/schema/certificate-documents.ts';
import { logEntries } from '#db/schema/log.ts';
import { getCertificateStanding, openExpired, revokeCertificate } from '#services/certificate/index.ts';
import { openLog } from '#services/log/index.ts';
import { issuedRig } from '#testing/rigs/issued-rig.ts';
import { logKeyOf } from '#testing/rigs/log-rig.ts';
import { changeNumbers, drawOf } from '#testing/rigs/scripted-engine.ts';
import { checkBundle } from '#verification/certificate/check-bundle.ts';
import { readDocument } from '#verification/certificate/document.ts';
import { verifyLine } from '#verification/certificate/evidence.ts';
import { readJwk } from '#verification/certificate/jws.ts';
import { readBundle } from '#verification/certificate/read-bundle.ts';
import { verifyCertificate } from '#verification/certificate/verify.ts';
import { hashLeaf } from '#verification/log/merkle.ts';
import { parseTlogProof, verifyTlogProof } from '#verification/log/tlog-proof.ts';
import { parseVerifierKey } from '#verification/log/verifier-key.ts';
import { getCertificateById } from './certificates.ts';

const host = 'http://127.0.0.1:3000';
const encode = (text: string) => new TextEncoder().encode(text);

/** The same, with a check of all that it serves. */
const issued = async (...how: Parameters<typeof issuedRig>) => {
  const rig = await issuedRig(...how);
  const check = async (now = rig.context.now()) => {
    const bundle = readBundle(await rig.bytes('bundle'));
    return verifyCertificate({
      id: null,
      jws: await rig.text('jws'),
      document: await rig.bytes('json'),
      evidence: await rig.bytes('evidence.jsonl'),
      openings: (await rig.file('openings.jsonl')).status === 200 ? await rig.bytes('openings.jsonl') : null,
      keys: (await rig.keySet()).keys.map(readJwk).filter((key) => key !== null),
      offeredKeys: [],
      now,
      log: {
        bundle: bundle.log,
        policy: {
          logKeys: (await rig.vkeys()).trim().split('\n').map(parseVerifierKey),
          witnessKeys: [],
          witnesses: 0,
        },
        offeredKeys: [],
        later: null,
      },
      offline: true,
    });
  };
  return { ...rig, check };
};

test('what a server issues verifies with its files and its published keys alone', async () => {
  const rig = await issued({}, { label: 'bug', seed: '42' });
  expect(await rig.check()).toMatchObject({ verdict: 'valid', failures: [], disagreements: [] });
  const document = readDocument(encode(await rig.text('json')));
  expect(document).toMatchObject({
    id: rig.certificateId,
    construct: { name: 'construct', owner: null },
    onBehalfOf: { account: rig.owner.userId },
    tier: 'UNVERIFIED',
    subject: { oracleType: 'http', origin: 'https://oracle.example', confirmed: false },
    groundTruth: { label: 'bug', since: null, limit: 2 },
    method: { seed: '42', seedSource: 'owner', economy: false },
    registration: { index: 2 },
    evidence: { count: 2 },
  });
  // Node's own cryptography says the same of the signature.
  const [header, payload, signature] = (await rig.text('jws')).split('.');
  const [jwk] = (await rig.keySet()).keys;
  expect(
    verify(
      null,
      Buffer.from(`${header}.${payload}`),
      createPublicKey({ key: jwk as never, format: 'jwk' }),
      Buffer.from(signature ?? '', 'base64url'),
    ),
  ).toBe(true);
  expect(Buffer.from(payload ?? '', 'base64url').toString()).toBe(await rig.text('json'));
});

test('what it pins of its registration is the entry in the log', async () => {
  const rig = await issued();
  const { registration } = readDocument(encode(await rig.text('json')));
  const [entry] = await rig.db
    .select()
    .from(logEntries)
    .where(eq(logEntries.index, registration?.index ?? -1));
  expect(entry).toMatchObject({ kind: 'registration', subject: registration?.id });
  expect(
    createHash('sha256')
      .update(entry?.data ?? new Uint8Array())
      .digest('hex'),
  ).toBe(registration?.digest);
});

test('the files say what they are, and are kept by caches; what is not there is not', async () => {
  const rig = await issued();
  const types = async (path: string, id?: string) => {
    const { status, headers } = await rig.file(path, id);
    return [status, headers.get('content-type'), headers.get('cache-control')];
  };
  const never = 'public, max-age=31536000, immutable';
  expect(await types('json')).toEqual([200, 'application/json', never]);
  expect(await types('jws')).toEqual([200, 'application/jose', never]);
  expect(await types('evidence.jsonl')).toEqual([200, 'application/jsonl; charset=utf-8', never]);
  expect(await types('evidence/0')).toEqual([200, 'application/json', never]);
  for (const path of [
    'openings.jsonl',
    'evidence/2',
    'evidence/-1',
    'evidence/00',
    'evidence',
    'x',
    'json/0',
  ])
    expect(await types(path), path).toEqual([404, 'application/json', 'no-store']);
  for (const id of ['00000000-0000-4000-8000-000000000000', 'x', '__proto__'])
    for (const path of ['json', 'jws', 'evidence.jsonl', 'evidence/0', 'openings.jsonl'])
      expect((await types(path, id))[0], `${id} ${path}`).toBe(404);
  const keys = await rig.keys();
  expect([keys.status, keys.headers.get('content-type')]).toEqual([200, 'application/jwk-set+json']);
});

test('the API names the files of a certificate', async () => {
  const rig = await issued();
  const address = `${host}/api/v1/verification/certificates/${rig.certificateId}`;
  const answer = await getCertificateById(rig.rest, new Request(address), rig.certificateId);
  expect(answer.headers.get('link')).toContain(`</certificates/${rig.certificateId}.jws>; rel="describedby"`);
});

test('one replay’s line is proven alone', async () => {
  const drawn = changeNumbers(5);
  const rig = await issued({ draw: async () => drawOf(drawn) }, { limit: 5 });
  const document = readDocument(encode(await rig.text('json')));
  const lines = (await rig.text('evidence.jsonl')).trimEnd().split('\n');
  expect(lines).toHaveLength(5);
  for (const [at, line] of lines.entries()) {
    const proven: { place: number; line: string; proof: string[] } = JSON.parse(
      await rig.text(`evidence/${at}`),
    );
    expect(proven).toMatchObject({ place: at, count: 5, line });
    const proof = proven.proof.map((hash) => new Uint8Array(Buffer.from(hash, 'hex')));
    expect(verifyLine({ line: encode(line), index: at, proof }, document)).toBe(true);
    expect(verifyLine({ line: encode(line), index: (at + 1) % 5, proof }, document)).toBe(false);
  }
});

test('a run of several reads has its evidence whole and in the order of ids', async () => {
  const drawn = changeNumbers(60);
  const rig = await issued({ draw: async () => drawOf(drawn) }, { limit: 60 });
  const lines = (await rig.text('evidence.jsonl')).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).ground_truth.id)).toEqual(drawn.map(({ id }) => id));
  expect(await rig.check()).toMatchObject({ verdict: 'valid' });
});

test('of a private repository no text is published or kept, ever', async () => {
  const draw = { ...drawOf(changeNumbers(2)), private: true };
  const rig = await issued({ draw: async () => draw }, { githubToken: 'token' });
  expect(await rig.check()).toMatchObject({ verdict: 'valid' });
  const published = [await rig.text('json'), await rig.text('evidence.jsonl'), await rig.text('evidence/0')];
  const kept = JSON.stringify(await rig.db.select().from(certificateEvidence));
  for (const text of [...published, kept])
    for (const word of [
      'Bound the retries',
      'retryLimit',
      'Retries are limited',
      'src/job',
      'owner/name',
      '"ada"',
    ])
      expect(text).not.toContain(word);
  rig.days(91);
  await openExpired(rig.context);
  expect((await rig.file('openings.jsonl')).status).toBe(404);
  const [row] = await rig.db.select().from(certificateDocuments);
  // Nothing looks at it again, however long it has been expired.
  expect(row).toMatchObject({ openedAt: null, opensAt: null });
});

test('sealed texts open once the certificate has expired, with an entry in the log, and are those that were sealed', async () => {
  const rig = await issued();
  rig.days(89);
  await openExpired(rig.context);
  expect((await rig.file('openings.jsonl')).status).toBe(404);
  expect(await rig.text('evidence.jsonl')).not.toContain('Retries are limited');
  rig.days(2);
  // Nobody opened them yet: that is a failure of its own.
  expect((await rig.check()).failures.map(({ code }) => code)).toEqual(['expired', 'unopened']);
  await Promise.all([openExpired(rig.context), openExpired(rig.context)]);
  expect((await rig.check()).failures.map(({ code }) => code)).toEqual(['expired']);
  const openings = await rig.text('openings.jsonl');
  expect(openings).toContain('Retries are limited to 25.');
  const entries = await rig.db.select().from(logEntries).where(eq(logEntries.kind, 'opening'));
  expect(entries).toHaveLength(1);
  expect(JSON.parse(new TextDecoder().decode(entries[0]?.data))).toMatchObject({
    subject: rig.certificateId,
    file: createHash('sha256').update(openings).digest('hex'),
  });
});

test('a new key signs beside the old one, whose certificates stay valid', async () => {
  const rig = await issued();
  const before = await rig.keySet();
  expect(before.keys).toHaveLength(1);
  const { issuer } = rig.context;
  const rotated = { ...rig.context, issuer: { ...issuer, keys: [logKeyOf('another'), ...issuer.keys] } };
  await openLog(rotated);
  const runId = await rig.start({ judge: 'anthropic', oracleUrl: 'https://oracle.example/other' });
  await rig.pump({ onto: rotated });
  const { certificateId } = await rig.run(runId);
  const kidOf = (jws: string) => JSON.parse(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString()).kid;
  const after = await rig.keySet();
  expect(after.keys).toEqual([...before.keys, expect.anything()]);
  const [first, second] = after.keys as { kid: string }[];
  expect(kidOf(await rig.text('jws'))).toBe(first?.kid);
  expect(kidOf(await (await rig.file('jws', certificateId ?? '')).text())).toBe(second?.kid);
  expect(await rig.check()).toMatchObject({ verdict: 'valid' });
});

test('its proof in the form of C2SP holds the entry, and the tree of the signed checkpoint holds that', async () => {
  const rig = await issued();
  const proof = parseTlogProof(await rig.text('tlog-proof'));
  const logKeys = (await rig.vkeys()).trim().split('\n').map(parseVerifierKey);
  const keys = { origin: logKeys[0]?.name ?? '', logKeys, witnessKeys: [] };
  expect(JSON.parse(new TextDecoder().decode(proof.extra ?? undefined))).toMatchObject({
    kind: 'certificate',
    subject: rig.certificateId,
  });
  expect(verifyTlogProof(proof, hashLeaf(proof.extra ?? new Uint8Array()), keys)).toMatchObject({ ok: true });
  expect(verifyTlogProof(proof, hashLeaf(new Uint8Array()), keys)).toMatchObject({ failure: 'not included' });
});

test('a certificate whose document names a log is undecided without a proof', async () => {
  const rig = await issued();
  const check = verifyCertificate({
    id: null,
    jws: await rig.text('jws'),
    document: null,
    evidence: await rig.bytes('evidence.jsonl'),
    openings: null,
    keys: (await rig.keySet()).keys.map(readJwk).filter((key) => key !== null),
    offeredKeys: [],
    now: rig.context.now(),
    log: null,
    offline: true,
  });
  expect(check).toMatchObject({ verdict: 'undecided', questions: ['not_proven'] });
});

test('its standing says until when it is valid, which attempt it is, and when it was opened or revoked', async () => {
  const rig = await issued();
  const standing = () => getCertificateStanding(rig.context, rig.certificateId);
  const { expiresAt } = readDocument(await rig.bytes('json'));
  expect(await standing()).toMatchObject({
    expiresAt,
    standing: 'valid',
    expired: false,
    revokedAt: null,
    openedAt: null,
    attempt: { number: 1, of: 1 },
  });
  rig.days(91);
  await openExpired(rig.context);
  expect(await standing()).toMatchObject({
    standing: 'expired',
    expired: true,
    openedAt: expect.any(String),
  });
  await revokeCertificate(rig.context, rig.owner, { id: rig.certificateId, reason: 'withdrawn_by_owner' });
  expect(await standing()).toMatchObject({ standing: 'revoked', revokedAt: expect.any(String) });
  await expect(getCertificateStanding(rig.context, 'x')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('what the client package checks offline is valid with the published keys, and unknown without', async () => {
  const rig = await issued();
  const files = { bundle: await rig.bytes('bundle'), evidence: await rig.bytes('evidence.jsonl') };
  const now = rig.context.now();
  const vkeys = (await rig.vkeys()).trim().split('\n');
  expect(checkBundle({ ...files, jwks: await rig.keySet(), vkeys, now })).toMatchObject({ verdict: 'valid' });
  expect(checkBundle({ ...files, now })).toMatchObject({
    verdict: 'undecided',
    questions: ['unknown_issuer', 'unknown_log'],
  });
});

test('one key for certificates and log is refused', async () => {
  const rig = await issued();
  const { issuer, sequencer } = rig.context;
  const shared = { ...rig.context, issuer: { ...issuer, keys: sequencer.keys } };
  await expect(openLog(shared)).rejects.toThrow('LOG_KEY and SIGNING_KEY hold one key');
});

test('evidence is served whole and in order, however long its lines are, a part at a time', async () => {
  const rig = await issued();
  const lines = [10, 2_000_000, 10, 400_000, 400_000, 400_000, 10, 1_000_000, 10].map((length, at) =>
    `${at}`.repeat(length),
  );
  const { db } = rig.context;
  await db.insert(certificateEvidence).values(
    lines.map((line, at) => ({
      certificateId: rig.certificateId,
      // Behind those of its own two replays.
      place: at + 2,
      line,
      leaf: hashLeaf(encode(line)),
      opening: null,
    })),
  );
  const { body } = await rig.file('evidence.jsonl');
  if (body === null) throw new Error('There is no evidence.');
  const read: string[] = [];
  for await (const chunk of body) read.push(new TextDecoder().decode(chunk));
  expect(read).toHaveLength(lines.length + 2);
  expect(read.slice(2).map((line) => line === `${lines.shift()}\n`)).toEqual(Array(9).fill(true));
});
