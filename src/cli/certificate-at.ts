import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Audit } from '#contracts/audit.ts';
import type { Certificate } from '#contracts/certificate.ts';
import { documentType } from '#contracts/certificate-document.ts';
import { isObject } from '#contracts/json.ts';
import { readCertificate } from '#verification/certificate/read.ts';
import { readBoundedBytes } from './bounded-file.ts';
import { certificateNames, isFile, readCapped, signedCertificate } from './certificate-files.ts';
import { UsageError } from './exit.ts';
import { fetchCapped } from './fetch-capped.ts';
import { auditIn, auditInFolder, maxAuditBytes } from './kept-audit.ts';
import { plain } from './terminal.ts';

/** About twice the size of a certificate with 1,000 replays of 50 claims, all judged twice. */
const maxBytes = 15_000_000;

const isUrl = (place: string) => /^https?:\/\//i.test(place) && URL.canParse(place);

/** The REST address of a certificate, for the address of its page too. */
const restAddress = (url: URL) => {
  const page = /^(.*)\/certificates\/([^/]+)\/?$/.exec(url.pathname);
  if (page === null || page[1]?.endsWith('/api/v1/verification')) return url;
  return new URL(`${page[1]}/api/v1/verification/certificates/${page[2]}`, url);
};

/** Null if there is nothing at the address. `sought` is what should be there. */
const fetchText = async (
  url: URL,
  { sought, most }: { sought: string; most: number },
  signal: AbortSignal,
): Promise<string | null> => {
  const bytes = await fetchCapped(url, { signal, maxBytes: most, sought, accept: 'application/json' });
  return bytes && new TextDecoder().decode(bytes);
};

const readContent = async (file: string): Promise<Uint8Array> => {
  const found = await stat(file).catch(() => null);
  if (found?.isDirectory())
    throw new UsageError(`${plain(file, 200)} is a folder. Give the certificate.json in it, or its URL.`);
  const bytes = await readBoundedBytes(file, maxBytes);
  if (bytes === null)
    throw new UsageError(`There is no file ${plain(file, 200)}. Give a certificate.json or its URL.`);
  return bytes;
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError('It is not JSON. Give a certificate.json, or the address of a certificate.');
  }
};

const certificateIn = (document: unknown): Certificate => {
  const reading = readCertificate(document);
  if (!reading.ok)
    throw new UsageError(
      `It is not a certificate of this version:\n${reading.problems
        .slice(0, 5)
        .map((problem) => `  ${plain(problem)}`)
        .join('\n')}`,
    );
  if (reading.certificate.replayScores.length === 0)
    throw new UsageError('The certificate holds no replays: nothing can be recomputed from it.');
  return reading.certificate;
};

const fetchCertificate = async (url: URL, signal: AbortSignal): Promise<string> => {
  const text = await fetchText(url, { sought: 'a certificate', most: maxBytes }, signal);
  if (text === null) throw new UsageError('There is no certificate at this address.');
  return text;
};

/**
 * The certificate in a file: a signed document, whose evidence lies beside it, or the answer of the REST API.
 * @throws UsageError if the file holds no certificate, or one without replays.
 */
export const certificateInFile = async (file: string): Promise<Certificate> => {
  const bytes = await readContent(file);
  const document = parse(new TextDecoder().decode(bytes));
  if (!isObject(document) || document.type !== documentType) return certificateIn(document);
  const evidence = join(dirname(file), certificateNames.evidence);
  if (!(await isFile(evidence)))
    throw new UsageError(
      `The replays of this certificate are in its evidence, and there is no file ${plain(evidence, 200)}.`,
    );
  return signedCertificate(bytes, await readCapped(evidence));
};

/**
 * The certificate in a file or at an address, that of its page included.
 * @throws UsageError if no certificate is there, or if it has no replays.
 */
export const certificateAt = async (place: string, signal: AbortSignal): Promise<Certificate> =>
  isUrl(place)
    ? certificateIn(parse(await fetchCertificate(restAddress(new URL(place)), signal)))
    : certificateInFile(place);

/**
 * The human audit of a certificate: what an installation holds at its address, or `audit.json` beside its file. Null if
 * none is there.
 * @throws UsageError if what is there cannot be read, or is not the audit of this certificate.
 */
export const auditBeside = async (
  place: string,
  certificate: Certificate,
  signal: AbortSignal,
): Promise<Audit | null> => {
  if (!isUrl(place)) return auditInFolder(dirname(place), certificate);
  const url = restAddress(new URL(place));
  // Only an installation has audits, not any address of a document.
  if (!url.pathname.includes('/api/v1/verification/certificates/')) return null;
  url.pathname = `${url.pathname.replace(/\/$/, '')}/audit`;
  const text = await fetchText(url, { sought: 'an audit', most: maxAuditBytes }, signal);
  return text === null ? null : auditIn(text, `What is at ${plain(url.href, 200)}`, certificate);
};
