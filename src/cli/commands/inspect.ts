import { readFile, stat } from 'node:fs/promises';
import type { Certificate } from '#contracts/certificate.ts';
import { readBody } from '#contracts/http.ts';
import { toWire } from '#contracts/wire.ts';
import { readCertificate } from '#verification/certificate/read.ts';
import { type Disagreement, recomputeCertificate } from '#verification/certificate/recompute.ts';
import { offlineJudge } from '#verification/judges/offline/judge.ts';
import { viewCertificate } from '../certificate-view.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit.ts';
import { plain, type Terminal } from '../terminal.ts';

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

const valueText = (value: Disagreement['published']) => (value === null ? 'nothing' : plain(`${value}`, 80));

const disagreementLines = (disagreements: Disagreement[]) => [
  'What the certificate says does not follow from its replays:',
  ...disagreements
    .slice(0, 20)
    .map(
      ({ field, published, recomputed }) =>
        `  ${field}: it says ${valueText(published)}, its replays give ${valueText(recomputed)}`,
    ),
  ...(disagreements.length > 20 ? [`  … and ${disagreements.length - 20} more`] : []),
];

/** What was checked against the replays and what was not, by its name in the document. */
const agreementLines = (certificate: Certificate, notChecked: string[]) => {
  const earlier = certificate.trust.pool.certificates.length;
  return [
    `Not checked, because nothing else in the certificate determines them: ${notChecked.join(', ')}.`,
    ...(earlier > 0
      ? [
          `The canaries of ${earlier} earlier ${earlier === 1 ? 'certificate' : 'certificates'} were taken as stated here (trust.pool). Those certificates hold them; each change counts once, from the earliest that has it.`,
        ]
      : []),
    ...(certificate.judge === 'offline'
      ? [
          certificate.promptDigest === offlineJudge().promptDigest
            ? 'Its prompt_digest is that of this version’s offline judge, so its verdicts can be checked by that rule.'
            : 'Its prompt_digest is not that of this version’s offline judge: its verdicts followed another rule.',
        ]
      : []),
    'Nor does the certificate prove that the judge ruled so, or where it comes from: v1-preview certificates are unsigned.',
  ];
};

/** `inspect <certificate.json|URL>`: shows a certificate, and whether its numbers follow from its replays. */
export const inspectCommand = async (
  place: string,
  options: { json?: boolean },
  { terminal, signal }: { terminal: Terminal; signal: AbortSignal },
): Promise<ExitCode> => {
  const certificate = certificateIn(isUrl(place) ? await fetchText(place, signal) : await readText(place));
  const { numbers, disagreements, notChecked } = recomputeCertificate(certificate);
  const agrees = disagreements.length === 0;
  if (options.json)
    terminal.result(
      JSON.stringify(
        {
          certificate: toWire(certificate),
          recomputed: toWire(numbers),
          disagreements,
          not_checked: notChecked,
        },
        null,
        2,
      ),
    );
  else terminal.result(viewCertificate(certificate, terminal.paint, terminal.columns));
  if (agrees) {
    const count = certificate.replayScores.length;
    terminal.say(
      terminal.paintMessage(
        'green',
        `Recomputed from its ${count} replays: every number that follows from them agrees.`,
      ),
    );
    for (const line of agreementLines(certificate, notChecked)) terminal.say(line);
  } else
    for (const line of disagreementLines(disagreements)) terminal.say(terminal.paintMessage('red', line));
  return agrees ? exitCodes.done : exitCodes.failed;
};
