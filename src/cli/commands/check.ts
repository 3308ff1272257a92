import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isObject, parseJson } from '#contracts/json.ts';
import { toWire } from '#contracts/wire.ts';
import { readJwk, thumbprintOf } from '#verification/certificate/jws.ts';
import {
  type Check,
  failureWords,
  questionWords,
  verifyCertificate,
} from '#verification/certificate/verify.ts';
import { certificateNames, isFile, readCapped } from '../certificate-files.ts';
import { disagreementLines } from '../disagreement-lines.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit.ts';
import type { Settings } from '../settings.ts';
import { ownPublicKeys } from '../signing-key.ts';
import { plain, type Terminal } from '../terminal.ts';

export type CheckOptions = { evidence?: string; keys: string[]; offline?: boolean; json?: boolean };

const codes: Record<Check['verdict'], ExitCode> = {
  valid: exitCodes.done,
  invalid: exitCodes.failed,
  undecided: exitCodes.usage,
};

/** A certificate is a few kilobytes, and its signature a third more. */
const maxBytes = 15_000_000;

/** The files of a certificate, beside each other under the names that `verify` gives them. */
const filesAt = async (place: string) => {
  const found = await stat(place).catch(() => null);
  if (found === null) throw new UsageError(`There is no file or folder ${plain(place, 200)}.`);
  const folder = found.isDirectory() ? place : dirname(place);
  const stem = found.isDirectory() ? 'certificate' : basename(place).replace(/\.(?:json|jws)$/, '');
  const at = (name: string) => join(folder, name);
  const jws = at(`${stem}.jws`);
  if (!(await isFile(jws)))
    throw new UsageError(
      `There is no signature ${plain(jws, 200)}. Give a folder or a certificate.json that verify --out made.`,
    );
  const document = at(`${stem}.json`);
  return {
    jws: new TextDecoder().decode(await readCapped(jws, maxBytes)).trim(),
    document: (await isFile(document)) ? await readCapped(document, maxBytes) : null,
    evidence: at(certificateNames.evidence),
    openings: at(certificateNames.openings),
    keys: at(certificateNames.keys),
  };
};

/** @throws UsageError if it is no set of public Ed25519 keys. */
const keysIn = async (file: string): Promise<Uint8Array[]> => {
  const set = parseJson(new TextDecoder().decode(await readCapped(file, maxBytes)));
  const keys = isObject(set) && Array.isArray(set.keys) ? set.keys.map(readJwk) : [];
  const read = keys.filter((key) => key !== null);
  if (read.length === 0) throw new UsageError(`${plain(file, 200)} holds no public Ed25519 key (JWKS).`);
  return read;
};

/** A set of keys in a file, or one key of those that came with the certificate, by its thumbprint. */
const pinned = async (named: string, offered: Uint8Array[]): Promise<Uint8Array[]> => {
  if (await isFile(named)) return keysIn(named);
  if (!/^[A-Za-z0-9_-]{43}$/.test(named))
    throw new UsageError(`--keys: there is no file ${plain(named, 200)}, nor is that a key’s thumbprint.`);
  return offered.filter((key) => thumbprintOf(key) === named);
};

const about = ({ document }: Check) =>
  document === null
    ? []
    : [
        `${plain(document.construct.name, 120)}, tier ${document.tier}, issued ${document.issuedAt}, valid until ${document.expiresAt}`,
        `by the key ${plain(document.issuer.keyId, 60)}, on ${document.evidence.count} replays: composite ${document.results.compositeScore.toFixed(3)}`,
      ];

const limits = (check: Check) => [
  'Made by the command line alone: it has no entry in a log, so nobody but its issuer vouches for its times, and it stays UNVERIFIED.',
  ...(check.notChecked.length > 0
    ? [`Not checked, because nothing in document and evidence decides it: ${check.notChecked.join(', ')}.`]
    : []),
  'What a valid certificate proves: that nothing was changed since it was issued; not that the issuer asked honestly. A certificate is worth its issuer.',
];

const heading: Record<Check['verdict'], ['green' | 'red' | 'yellow', string]> = {
  valid: ['green', 'Valid.'],
  invalid: ['red', 'Not valid.'],
  undecided: ['yellow', 'Undecided: nothing is wrong with it, but this is not known:'],
};

const view = (check: Check, { paint }: Terminal): string => {
  const [style, words] = heading[check.verdict];
  return [
    paint(style, words),
    ...check.failures.map(
      ({ code, detail }) =>
        `  ${code}: ${failureWords[code]}${detail === null ? '' : ` ${plain(detail, 300)}`}`,
    ),
    ...check.questions.map((code) => `  ${code}: ${questionWords[code]}`),
    ...(check.disagreements.length > 0
      ? disagreementLines('What it says does not follow from its replays:', check.disagreements)
      : []),
    ...about(check),
  ].join('\n');
};

const asJson = ({ document, certificate: _, ...check }: Check) =>
  JSON.stringify({ ...toWire(check), document: document && toWire(document) }, null, 2);

/** `check <folder|certificate.json>`: verifies a signed certificate with its evidence, and asks nobody. */
export const checkCommand = async (
  place: string,
  options: CheckOptions,
  { settings, terminal }: { settings: Settings; terminal: Terminal },
): Promise<ExitCode> => {
  const files = await filesAt(place);
  const offeredKeys = (await isFile(files.keys)) ? await keysIn(files.keys) : [];
  const named = await Promise.all(options.keys.map((each) => pinned(each, offeredKeys)));
  const check = verifyCertificate({
    jws: files.jws,
    document: files.document,
    evidence: await readCapped(options.evidence ?? files.evidence),
    openings: (await isFile(files.openings)) ? await readCapped(files.openings) : null,
    keys: [...named.flat(), ...(await ownPublicKeys(settings))],
    offeredKeys,
    now: new Date(),
    log: null,
    offline: options.offline ?? false,
  });
  terminal.result(options.json ? asJson(check) : view(check, terminal));
  for (const line of limits(check)) terminal.say(line);
  return codes[check.verdict];
};
