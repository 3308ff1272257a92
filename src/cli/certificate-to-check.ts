import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { CertificateDocument } from '#contracts/certificate-document.ts';
import { isObject, parseJson } from '#contracts/json.ts';
import { readDocument } from '#verification/certificate/document.ts';
import { mostLineBytes } from '#verification/certificate/evidence.ts';
import { type RetiredKey, readJwk, readRetired, statedPayload } from '#verification/certificate/jws.ts';
import { type ReadBundle, readBundle } from '#verification/certificate/read-bundle.ts';
import type { ReadTile } from '#verification/log/tile-reader.ts';
import { certificateNames, isFile, readCapped } from './certificate-files.ts';
import { UsageError } from './exit.ts';
import { fetchCapped } from './fetch-capped.ts';
import { plain } from './terminal.ts';

/** A certificate is a few kilobytes, and its signature a third more. */
export const maxCertificateBytes = 15_000_000;
const maxEvidenceBytes = 300_000_000;

/** Everything of a certificate that was found, and the log, if it can be read. Nothing of it is verified. */
export type CertificateToCheck = {
  /** What its address asks for. Null for files. */
  id: string | null;
  jws: string;
  /** What the signature is said to sign; null where that has no form. */
  stated: CertificateDocument | null;
  document: Uint8Array | null;
  evidence: Uint8Array;
  openings: Uint8Array | null;
  issuerKeys: Uint8Array[];
  /** Those of them that may not sign any more. */
  retired: RetiredKey[];
  bundle: ReadBundle | null;
  log: { note: string; readTile: ReadTile } | null;
};

const statedIn = (jws: string): CertificateDocument | null => {
  const payload = statedPayload(jws);
  try {
    return payload && readDocument(payload);
  } catch {
    // The check says what is wrong with it.
    return null;
  }
};

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const bundleIn = (bytes: Uint8Array, place: string): ReadBundle => {
  try {
    return readBundle(bytes);
  } catch (error) {
    throw new UsageError(`${plain(place, 200)}: ${plain(error instanceof Error ? error.message : '', 300)}`);
  }
};

export type ReadKeySet = { keys: Uint8Array[]; retired: RetiredKey[] };

/** @throws UsageError if it is no set of public Ed25519 keys. */
export const keysIn = async (file: string): Promise<ReadKeySet> => {
  const set = parseJson(textOf(await readCapped(file, maxCertificateBytes)));
  const given: unknown[] = isObject(set) && Array.isArray(set.keys) ? set.keys : [];
  const read = given.map(readJwk).filter((key) => key !== null);
  if (read.length === 0) throw new UsageError(`${plain(file, 200)} holds no public Ed25519 key (JWKS).`);
  return { keys: read, retired: given.map(readRetired).filter((key) => key !== null) };
};

/** The files of a certificate, beside each other under the names that `verify` gives them. */
const inFiles = async (place: string, evidenceFile: string | undefined): Promise<CertificateToCheck> => {
  const found = await stat(place).catch(() => null);
  if (found === null) throw new UsageError(`There is no file or folder ${plain(place, 200)}.`);
  const folder = found.isDirectory() ? place : dirname(place);
  const stem = found.isDirectory() ? 'certificate' : basename(place).replace(/\.(?:json|jws|bundle)$/, '');
  const at = (name: string) => join(folder, name);
  const optional = async (name: string, maxBytes?: number) =>
    (await isFile(at(name))) ? readCapped(at(name), maxBytes) : null;
  const bundled = await optional(`${stem}.bundle`, maxCertificateBytes);
  const bundle = bundled && bundleIn(bundled, at(`${stem}.bundle`));
  const signature = await optional(`${stem}.jws`, maxCertificateBytes);
  const jws = signature === null ? bundle?.jws : textOf(signature).trim();
  if (jws === undefined)
    throw new UsageError(
      `There is no signature ${plain(at(`${stem}.jws`), 200)}. Give a bundle, or a folder or a certificate.json that verify --out made.`,
    );
  const beside = (await isFile(at(certificateNames.keys)))
    ? await keysIn(at(certificateNames.keys))
    : { keys: [], retired: [] };
  const evidence = evidenceFile ?? at(certificateNames.evidence);
  if (evidenceFile === undefined && !(await isFile(evidence)))
    throw new UsageError(
      `There is no ${plain(evidence, 200)}. Download the certificate’s /evidence.jsonl there, or name it with --evidence.`,
    );
  return {
    id: null,
    jws,
    stated: statedIn(jws),
    document: await optional(`${stem}.json`, maxCertificateBytes),
    evidence: await readCapped(evidence),
    openings: await optional(certificateNames.openings),
    issuerKeys: [...beside.keys, ...(bundle?.issuerKeys ?? [])],
    retired: [...beside.retired, ...(bundle?.retired ?? [])],
    bundle,
    log: null,
  };
};

const page = /^(.*)\/certificates\/([^/]+?)(?:\.(?:json|jws|bundle|tlog-proof))?\/?$/;

/** The same from the installation that issued it, with its log. */
const atAddress = async (address: URL, signal: AbortSignal): Promise<CertificateToCheck> => {
  const [, prefix, id] = page.exec(address.pathname) ?? [];
  if (prefix === undefined || id === undefined)
    throw new UsageError('Give the address of a certificate’s page: https://…/certificates/<id>.');
  const base = `${prefix.replace(/\/api\/v1\/verification$/, '')}`;
  const get = (path: string, maxBytes: number) =>
    fetchCapped(new URL(`${base}${path}`, address.origin), {
      signal,
      maxBytes,
      sought: 'a certificate’s file',
    });
  const own = (path: string, maxBytes = maxCertificateBytes) => get(`/certificates/${id}${path}`, maxBytes);
  const notThere = () =>
    new UsageError('There is no certificate at this address, or no checkpoint of its log holds it yet.');
  const bundled = await own('.bundle');
  if (bundled === null) throw notThere();
  const bundle = bundleIn(bundled, address.href);
  const stated = statedIn(bundle.jws);
  // An answer of a few kilobytes can unpack to any size. The lines that the document pins bound it.
  const mostBytes = Math.min(maxEvidenceBytes, Math.max(1, stated?.evidence.count ?? 1) * mostLineBytes);
  const evidence = await own('/evidence.jsonl', mostBytes);
  if (evidence === null) throw notThere();
  const note = await get('/log/checkpoint', maxCertificateBytes);
  return {
    id: decodeURIComponent(id),
    jws: bundle.jws,
    stated,
    document: await own('.json'),
    evidence,
    openings: await own('/openings.jsonl', mostBytes),
    issuerKeys: bundle.issuerKeys,
    retired: bundle.retired,
    bundle,
    log: note && {
      note: textOf(note),
      readTile: (path) => get(`/log/${path}`, maxCertificateBytes),
    },
  };
};

/**
 * A certificate with everything that checking it needs: from a folder, a file, or the address of its page.
 * @throws UsageError if it is not there.
 */
export const certificateToCheck = (
  place: string,
  { evidence, signal }: { evidence?: string | undefined; signal: AbortSignal },
): Promise<CertificateToCheck> =>
  /^https?:\/\//i.test(place) && URL.canParse(place)
    ? atAddress(new URL(place), signal)
    : inFiles(place, evidence);
