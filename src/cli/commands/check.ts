import { toWire } from '#contracts/wire.ts';
import { failureWords, type QuestionCode, questionWords } from '#verification/certificate/check-codes.ts';
import { thumbprintOf } from '#verification/certificate/jws.ts';
import { mostEntriesPerCheck, readLaterEntries } from '#verification/certificate/later.ts';
import type { LogView } from '#verification/certificate/logged.ts';
import { type Check, verifyCertificate } from '#verification/certificate/verify.ts';
import { openCheckpoint } from '#verification/log/checkpoint.ts';
import { isFile } from '../certificate-files.ts';
import {
  type CertificateToCheck,
  certificateToCheck,
  keysIn,
  type ReadKeySet,
} from '../certificate-to-check.ts';
import { disagreementLines } from '../disagreement-lines.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit.ts';
import { progressOn } from '../progress.ts';
import type { Settings } from '../settings.ts';
import { ownPublicKeys } from '../signing-key.ts';
import { plain, plainJson, type Terminal } from '../terminal.ts';
import { staleCosignature, verifierKeysIn } from '../verifier-keys.ts';

export type CheckOptions = {
  evidence?: string;
  keys: string[];
  logKey: string[];
  witness: string[];
  offline?: boolean;
  json?: boolean;
};

const codes: Record<Check['verdict'], ExitCode> = {
  valid: exitCodes.done,
  invalid: exitCodes.failed,
  undecided: exitCodes.usage,
};

/** A set of keys in a file, or one key of those that came with the certificate, by its thumbprint. */
const pinned = async (named: string, offered: Uint8Array[]): Promise<ReadKeySet> => {
  if (await isFile(named)) return keysIn(named);
  if (!/^[A-Za-z0-9_-]{43}$/.test(named))
    throw new UsageError(`--keys: there is no file ${plain(named, 200)}, nor is that a key’s thumbprint.`);
  // What its set says of its retirement is known already.
  return { keys: offered.filter((key) => thumbprintOf(key) === named), retired: [] };
};

/** What was found of its log, and whether that has too many entries to be read here. */
const logViewOf = async (
  { bundle, log, stated }: CertificateToCheck,
  policy: LogView['policy'],
  terminal: Terminal,
): Promise<{ log: LogView | null; isTooLong: boolean }> => {
  if (bundle === null) return { log: null, isTooLong: false };
  const view = { bundle: bundle.log, policy, offeredKeys: bundle.logKeys, later: null };
  const origin = stated?.registration?.log;
  if (log === null || stated === null || origin === undefined) return { log: view, isTooLong: false };
  // As the proof is read: with the keys that came with it the log stays unknown, but it is seen whether it was changed.
  const isKnown = openCheckpoint(bundle.log.checkpoint, {
    origin,
    logKeys: policy.logKeys,
    witnessKeys: [],
  }).ok;
  const logKeys = isKnown ? policy.logKeys : bundle.logKeys;
  const progress = progressOn(terminal);
  const later = await readLaterEntries(
    { id: stated.id, index: bundle.log.certificate.index, proven: bundle.log.checkpoint },
    log,
    {
      keys: { origin, logKeys, witnessKeys: policy.witnessKeys },
      onRead: (read, of) => progress.phase(`Read ${read} of ${of} entries of its log.`),
    },
  ).finally(progress.stop);
  return { log: { ...view, later }, isTooLong: later === null };
};

const about = ({ document }: Check) =>
  document === null
    ? []
    : [
        `${plain(document.construct.name, 120)}, tier ${document.tier}, issued ${document.issuedAt}, valid until ${document.expiresAt}`,
        `by the key ${plain(document.issuer.keyId, 60)}, on ${document.evidence.count} replays: composite ${document.results.compositeScore.toFixed(3)}`,
      ];

const ofLog = ({ document, logSize, witnesses, questions }: Check): string[] => {
  if (document === null) return [];
  if (document.registration === null)
    return [
      'Made by the command line alone: it has no entry in a log, so nobody but its issuer vouches for its times, and it stays UNVERIFIED.',
    ];
  if (logSize === null) return [];
  const size = `In the log ${plain(document.registration.log, 120)}, ${questions.includes('revocation_unknown') ? 'checked' : 'not revoked'} as of size ${logSize}`;
  return [
    witnesses.length > 0
      ? `${size}, cosigned by ${witnesses.map((name) => plain(name, 100)).join(', ')}.`
      : `${size}, cosigned by no witness that you named: whether others saw the same log is not known.`,
  ];
};

const limits = (check: Check, now: Date) => [
  ...ofLog(check),
  ...(check.cosignedAt === null ? [] : staleCosignature(new Date(check.cosignedAt), now)),
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

const advice: Record<QuestionCode, string> = {
  unknown_issuer: 'Name the issuer’s keys with --keys, preferably from somewhere other than the certificate.',
  unknown_log:
    'Name the log’s key with --log-key, preferably from somewhere other than the certificate. If you did: the log may have replaced it. Get its new key, and compare it with what others have.',
  not_proven: 'Give its address or its bundle.',
  revocation_unknown: 'Give its address, or accept that with --offline.',
};

const adviceTooLong = `The log has more than ${mostEntriesPerCheck.toLocaleString('en')} entries: use log monitor, which reads on where it stopped, or accept that with --offline.`;

const view = (check: Check, isTooLong: boolean, { paint }: Terminal): string => {
  const adviceOn = (code: QuestionCode) =>
    isTooLong && code === 'revocation_unknown' ? adviceTooLong : advice[code];
  const [style, words] = heading[check.verdict];
  return [
    paint(style, words),
    ...(check.disputed
      ? [paint('yellow', 'It is disputed: somebody whom its installation heard contests it.')]
      : []),
    ...check.failures.map(
      ({ code, detail }) =>
        `  ${code}: ${failureWords[code]}${detail === null ? '' : ` ${plain(detail, 300)}`}`,
    ),
    ...check.questions.map((code) => `  ${code}: ${questionWords[code]} ${adviceOn(code)}`),
    ...(check.disagreements.length > 0
      ? disagreementLines('What it says does not follow from its replays:', check.disagreements)
      : []),
    ...about(check),
  ].join('\n');
};

const asJson = ({ document, certificate: _, ...check }: Check) =>
  plainJson({ ...toWire(check), document: document && toWire(document) });

/** `check <place>`: verifies a signed certificate with its evidence and what shows that its log holds it. */
export const checkCommand = async (
  place: string,
  options: CheckOptions,
  { settings, terminal, signal }: { settings: Settings; terminal: Terminal; signal: AbortSignal },
): Promise<ExitCode> => {
  const found = await certificateToCheck(place, { evidence: options.evidence, signal });
  const named = await Promise.all(options.keys.map((each) => pinned(each, found.issuerKeys)));
  const logKeys = await Promise.all(options.logKey.map((each) => verifierKeysIn('--log-key', each)));
  const witnessKeys = (
    await Promise.all(options.witness.map((each) => verifierKeysIn('--witness', each)))
  ).flat();
  const policy = { logKeys: logKeys.flat(), witnessKeys, witnesses: witnessKeys.length };
  const now = new Date();
  const { log, isTooLong } = await logViewOf(found, policy, terminal);
  const check = verifyCertificate({
    id: found.id,
    jws: found.jws,
    document: found.document,
    evidence: found.evidence,
    openings: found.openings,
    keys: [...named.flatMap(({ keys }) => keys), ...(await ownPublicKeys(settings))],
    offeredKeys: found.issuerKeys,
    retired: [...found.retired, ...named.flatMap(({ retired }) => retired)],
    now,
    log,
    offline: options.offline ?? false,
  });
  terminal.result(options.json ? asJson(check) : view(check, isTooLong, terminal));
  for (const line of limits(check, now)) terminal.say(line);
  return codes[check.verdict];
};
