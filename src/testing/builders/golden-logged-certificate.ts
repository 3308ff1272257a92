import { createHash } from 'node:crypto';
import { bundleType, type CertificateBundle } from '#contracts/certificate-bundle.ts';
import { logEntrySchema } from '#contracts/log.ts';
import type { NewLogEntry } from '#services/log/append.ts';
import { canonicalDigest, canonicalJson } from '#verification/certificate/canonical.ts';
import { writeJwk } from '#verification/certificate/jws.ts';
import { checkpointText } from '#verification/log/checkpoint.ts';
import { hashLeaf, proveInclusion, treeOf } from '#verification/log/merkle.ts';
import { writeSignatures } from '#verification/log/note.ts';
import { cosignNote, signCheckpoint } from '#verification/log/signing/sign-note.ts';
import { growTiles } from '#verification/log/tiles.ts';
import { writeTlogProof } from '#verification/log/tlog-proof.ts';
import { writeVerifierKey } from '#verification/log/verifier-key.ts';
import { noteSignerOf } from './ed25519-key.ts';
import { type GoldenFiles, goldenInput, signedFiles } from './golden-certificate.ts';
import { issuedAt, issuerKey, unsignedCertificate } from './signed-certificate.ts';

/** An entry as the log holds it. Entries follow each other by a second. */
const entryAt = (index: number, content: NewLogEntry): string =>
  canonicalJson(
    logEntrySchema.parse({
      format: 'echelon-log-entry/v1',
      time: new Date(issuedAt.getTime() + (index - 3) * 1_000).toISOString(),
      ...content,
    }),
  );

const uuidOf = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const [certificateId, registrationId, account] = [uuidOf(1), uuidOf(2), uuidOf(3)];
const origin = 'https://verify.example.com';
const logKey = noteSignerOf('verify.example.com/log', 'note');
const witness = noteSignerOf('witness.example.com', 'cosignature');

/** What a server publishes of the same run: it is in a log of 300 entries, whose checkpoint has a cosignature. */
export const goldenLoggedFiles = async (): Promise<GoldenFiles> => {
  const registration = entryAt(2, {
    kind: 'registration',
    subject: registrationId,
    account,
    n: 3,
    listed: 12,
    construct: canonicalDigest('construct'),
    target: canonicalDigest('target'),
    commitment: canonicalDigest('opening'),
  });
  const files = await signedFiles(
    unsignedCertificate(goldenInput(), {
      id: certificateId,
      origin,
      onBehalfOf: { account },
      registration: {
        log: logKey.key.name,
        id: registrationId,
        index: 2,
        digest: createHash('sha256').update(registration).digest('hex'),
      },
      attempt: { number: 1, of: 1, logSize: 3, mean: 0.435185, withoutMean: 0 },
    }),
  );
  const added = (purpose: 'certificate' | 'log', publicKey: Uint8Array): NewLogEntry => ({
    kind: 'key',
    subject: uuidOf(purpose === 'log' ? 4 : 5),
    purpose,
    step: 'added',
    public_key: Buffer.from(publicKey).toString('hex'),
  });
  const certificate = entryAt(3, {
    kind: 'certificate',
    subject: certificateId,
    registration: registrationId,
    document: createHash('sha256').update(files['certificate.json']).digest('hex'),
  });
  const entries = [
    entryAt(0, added('certificate', issuerKey.publicKey)),
    entryAt(1, added('log', logKey.key.publicKey)),
    registration,
    certificate,
    entryAt(4, {
      kind: 'outcome',
      subject: registrationId,
      outcome: 'completed',
      scored: 3,
      oracle_failures: 1,
      unscored: 0,
      mean: 0.435185,
      opening: canonicalDigest('opening'),
    }),
    ...Array.from({ length: 295 }, (_, at) =>
      entryAt(5 + at, { kind: 'revocation', subject: uuidOf(1_000 + at), reason: 'withdrawn_by_owner' }),
    ),
  ];
  const leaves = entries.map((entry) => hashLeaf(new TextEncoder().encode(entry)));
  const { head } = growTiles(0, [], leaves);
  const tree = { ...head, origin: logKey.key.name };
  const cosignature = await cosignNote(checkpointText(tree), issuedAt.getTime() / 1_000 + 300, witness);
  const checkpoint = `${await signCheckpoint(tree, [logKey])}${writeSignatures([cosignature])}`;
  const proofOf = (index: number) => proveInclusion(index, head.size, treeOf(leaves));
  const proven = (index: number, entry: string) => ({
    index,
    entry,
    proof: proofOf(index).map((hash) => Buffer.from(hash).toString('hex')),
  });
  const bundle: CertificateBundle = {
    type: bundleType,
    jws: files['certificate.jws'],
    jwks: { keys: [writeJwk(issuerKey.publicKey)] },
    log: {
      vkeys: [writeVerifierKey(logKey.key)],
      checkpoint,
      registration: proven(2, registration),
      certificate: proven(3, certificate),
    },
  };
  return {
    ...files,
    'certificate.bundle': JSON.stringify(bundle),
    'certificate.tlog-proof': writeTlogProof({
      extra: new TextEncoder().encode(certificate),
      index: 3,
      proof: proofOf(3),
      checkpoint,
    }),
    'log.vkey': `${writeVerifierKey(logKey.key)}\n`,
    'witness.vkey': `${writeVerifierKey(witness.key)}\n`,
  };
};
