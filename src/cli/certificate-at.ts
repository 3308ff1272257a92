import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Audit } from '#contracts/audit.ts';
import type { Certificate } from '#contracts/certificate.ts';
import { readBody } from '#contracts/http.ts';
import { certificateDigest } from '#verification/audit/result.ts';
import { readCertificate } from '#verification/certificate/read.ts';
import { UsageError } from './exit.ts';
import { wireAuditSchema } from './kept-audit.ts';
import { plain } from './terminal.ts';

/** About twice the size of a certificate with 1,000 replays of 50 claims, all judged twice. */
const maxBytes = 15_000_000;
const timeoutMs = 30_000;

const isUrl = (place: string) => /^https?:\/\//i.test(place) && URL.canParse(place);

/** The REST address of a certificate, for the address of its page too. */
const restAddress = (url: URL) => {
  const page = /^(.*)\/certificates\/([^/]+)\/?$/.exec(url.pathname);
  if (page === null || page[1]?.endsWith('/api/v1/verification')) return url;
  return new URL(`${page[1]}/api/v1/verification/certificates/${page[2]}`, url);
};

/** Null if there is nothing at the address. */
const fetchText = async (url: URL, signal: AbortSignal): Promise<string | null> => {
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  }).catch(() => {
    signal.throwIfAborted();
    throw new UsageError(`${url.origin} could not be reached.`);
  });
  if (response.status === 404) return null;
  if (!response.ok)
    throw new UsageError(`${url.origin} answered ${response.status} instead of a certificate.`);
  const bytes = await readBody(response, maxBytes);
  if (bytes === null) {
    await response.body?.cancel().catch(() => undefined);
    throw new UsageError('The answer is too large to be a certificate.');
  }
  return new TextDecoder().decode(bytes);
};

const readText = async (file: string): Promise<string> => {
  const found = await stat(file).catch(() => null);
  if (found?.isDirectory())
    throw new UsageError(`${plain(file, 200)} is a folder. Give the certificate.json in it, or its URL.`);
  if (!found?.isFile())
    throw new UsageError(`There is no file ${plain(file, 200)}. Give a certificate.json or its URL.`);
  if (found.size > maxBytes) throw new UsageError('The file is too large to be a certificate.');
  return readFile(file, 'utf8').catch((error) => {
    throw new UsageError(`The file could not be read (${error.code}).`);
  });
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError('It is not JSON. Give a certificate.json, or the address of a certificate.');
  }
};

const certificateIn = (text: string): Certificate => {
  const reading = readCertificate(parse(text));
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
  const text = await fetchText(url, signal);
  if (text === null) throw new UsageError('There is no certificate at this address.');
  return text;
};

/**
 * The certificate in a file or at an address, that of its page included.
 * @throws UsageError if no certificate is there, or if it has no replays.
 */
export const certificateAt = async (place: string, signal: AbortSignal): Promise<Certificate> =>
  certificateIn(
    isUrl(place) ? await fetchCertificate(restAddress(new URL(place)), signal) : await readText(place),
  );

/** `audit.json` beside the file, or what the installation has of the certificate. */
const auditText = async (place: string, signal: AbortSignal): Promise<string | null> => {
  if (!isUrl(place)) return readFile(join(dirname(place), 'audit.json'), 'utf8').catch(() => null);
  const url = restAddress(new URL(place));
  // Only an installation has audits, not any address of a document.
  if (!url.pathname.includes('/api/v1/verification/certificates/')) return null;
  url.pathname = `${url.pathname.replace(/\/$/, '')}/audit`;
  return fetchText(url, signal);
};

/** The human audit beside a certificate. Null: none was begun, or what is there is of another certificate. */
export const auditBeside = async (
  place: string,
  certificate: Certificate,
  signal: AbortSignal,
): Promise<Audit | null> => {
  const text = await auditText(place, signal);
  const audit = text === null ? null : (wireAuditSchema.safeParse(parse(text)).data ?? null);
  return audit?.certificateDigest === certificateDigest(certificate) ? audit : null;
};
