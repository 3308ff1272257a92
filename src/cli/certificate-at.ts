import { readFile, stat } from 'node:fs/promises';
import type { Certificate } from '#contracts/certificate.ts';
import { readBody } from '#contracts/http.ts';
import { readCertificate } from '#verification/certificate/read.ts';
import { UsageError } from './exit.ts';
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

const fetchText = async (place: string, signal: AbortSignal): Promise<string> => {
  const url = restAddress(new URL(place));
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  }).catch(() => {
    signal.throwIfAborted();
    throw new UsageError(`${url.origin} could not be reached.`);
  });
  if (!response.ok)
    throw new UsageError(
      response.status === 404
        ? 'There is no certificate at this address.'
        : `${url.origin} answered ${response.status} instead of a certificate.`,
    );
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

/**
 * The certificate in a file or at an address, that of its page included.
 * @throws UsageError if there is none, or none with replays.
 */
export const certificateAt = async (place: string, signal: AbortSignal): Promise<Certificate> =>
  certificateIn(isUrl(place) ? await fetchText(place, signal) : await readText(place));
