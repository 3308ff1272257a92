import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import type { BundledLog } from '#contracts/certificate-bundle.ts';
import type { CertificateDocument } from '#contracts/certificate-document.ts';
import type { LogEntryKind } from '#contracts/log.ts';
import { type Checkpoint, openCheckpoint } from '../log/checkpoint.ts';
import { LogFault } from '../log/log-fault.ts';
import { hashLeaf } from '../log/merkle.ts';
import type { VerifiedSignature } from '../log/note.ts';
import { verifyInclusion } from '../log/proofs.ts';
import type { VerifierKey } from '../log/verifier-key.ts';
import { readEntryOf } from './log-entry.ts';

/** Whose checkpoints count, and how many of these witnesses must have cosigned one. */
export type LogPolicy = { logKeys: VerifierKey[]; witnessKeys: VerifierKey[]; witnesses: number };

/** Why a log does not vouch for a certificate. */
export type InclusionFailure = 'checkpoint' | 'registration' | 'inclusion';

export type Inclusion =
  | { ok: true; checkpoint: Checkpoint; index: number; witnesses: VerifiedSignature[] }
  | { ok: false; failure: InclusionFailure; detail: string | null };

/** Null for text that is no entry of this kind. */
const entryIn = <Kind extends LogEntryKind>(text: string, kind: Kind) => {
  try {
    return readEntryOf(utf8ToBytes(text), kind);
  } catch (error) {
    if (!(error instanceof LogFault)) throw error;
    return null;
  }
};

const isIncluded = ({ index, entry, proof }: BundledLog['certificate'], checkpoint: Checkpoint) =>
  verifyInclusion({ index, leaf: hashLeaf(utf8ToBytes(entry)), proof: proof.map(hexToBytes) }, checkpoint);

const refused = (failure: InclusionFailure, detail: string | null = null): Inclusion => ({
  ok: false,
  failure,
  detail,
});

/**
 * Whether a log holds a certificate: its registration, and after it the entry with the digest of what was signed.
 * @param payload the signed bytes.
 */
export const verifyLogged = (
  { document, payload }: { document: CertificateDocument; payload: Uint8Array },
  { checkpoint: note, registration, certificate }: BundledLog,
  { logKeys, witnessKeys }: Pick<LogPolicy, 'logKeys' | 'witnessKeys'>,
): Inclusion => {
  const named = document.registration;
  if (named === null) return refused('registration', 'The document names none.');
  const opened = openCheckpoint(note, { origin: named.log, logKeys, witnessKeys });
  if (!opened.ok) return refused('checkpoint', opened.failure);
  const { checkpoint } = opened;
  const registered = entryIn(registration.entry, 'registration');
  const isNamed =
    registered?.subject === named.id &&
    registration.index === named.index &&
    bytesToHex(sha256(utf8ToBytes(registration.entry))) === named.digest;
  if (!isNamed || !isIncluded(registration, checkpoint)) return refused('registration');
  if (
    registered.account !== document.onBehalfOf?.account ||
    registered.target !== document.subject.targetDigest
  )
    return refused('registration', 'It is of another account or target.');
  const issued = entryIn(certificate.entry, 'certificate');
  const isThis =
    issued?.subject === document.id &&
    issued.registration === named.id &&
    issued.document === bytesToHex(sha256(payload)) &&
    certificate.index > registration.index;
  if (!isThis || !isIncluded(certificate, checkpoint)) return refused('inclusion');
  return { ok: true, checkpoint, index: certificate.index, witnesses: opened.witnesses };
};
