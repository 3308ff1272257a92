import { stat } from 'node:fs/promises';
import type { Certificate } from '#contracts/certificate.ts';
import { readDocument } from '#verification/certificate/document.ts';
import { evidenceLines } from '#verification/certificate/evidence.ts';
import type { PublicJwk } from '#verification/certificate/jws.ts';
import { readEvidence, statedCertificate } from '#verification/certificate/rebuild.ts';
import { readBoundedBytes } from './bounded-file.ts';
import { UsageError } from './exit.ts';
import { plain } from './terminal.ts';

/** What makes up a signed certificate. `document` is byte for byte what `jws` signs. */
export type CertificateFiles = {
  document: Uint8Array;
  jws: string;
  evidence: Uint8Array;
  keys: { keys: PublicJwk[] };
};

export const certificateNames = {
  document: 'certificate.json',
  jws: 'certificate.jws',
  evidence: 'evidence.jsonl',
  openings: 'openings.jsonl',
  keys: 'jwks.json',
} as const;

/** Several times the evidence of 1,000 replays of 50 claims, all judged twice. */
const maxEvidenceBytes = 300_000_000;

export const isFile = async (file: string): Promise<boolean> =>
  (await stat(file).catch(() => null))?.isFile() ?? false;

/** @throws UsageError if it is not there, cannot be read, or is larger than such a file can be. */
export const readCapped = async (file: string, maxBytes = maxEvidenceBytes): Promise<Uint8Array> => {
  const bytes = await readBoundedBytes(file, maxBytes);
  if (bytes === null) throw new UsageError(`There is no file ${plain(file, 200)}.`);
  return bytes;
};

/**
 * The certificate that a document states, with the replays of its evidence. Verifies nothing.
 * @throws UsageError if one of them does not have its form, or they do not belong together.
 */
export const signedCertificate = (document: Uint8Array, evidence: Uint8Array): Certificate => {
  try {
    const read = readDocument(document);
    const replays = readEvidence(evidenceLines(evidence, read.evidence.count), read.groundTruth.private);
    if (replays.pinned.root !== read.evidence.root || replays.pinned.count !== read.evidence.count)
      throw new Error('its evidence is not the one that it pins');
    return statedCertificate(read, replays);
  } catch (error) {
    throw new UsageError(
      `It is not a certificate of this version: ${plain(error instanceof Error ? error.message : String(error), 500)}`,
    );
  }
};
