import { isDeepStrictEqual } from 'node:util';
import type { Audit } from '#contracts/audit.ts';
import type { Certificate } from '#contracts/certificate.ts';
import { toWire } from '#contracts/wire.ts';
import { auditResult } from '#verification/audit/result.ts';
import { type Disagreement, recomputeCertificate } from '#verification/certificate/recompute.ts';
import { offlineJudge } from '#verification/judges/offline/judge.ts';
import { auditBeside, certificateAt } from '../certificate-at.ts';
import { viewCertificate } from '../certificate-view.ts';
import { type ExitCode, exitCodes } from '../exit.ts';
import { plain, type Terminal } from '../terminal.ts';

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
            ? 'Its prompt_digest is that of this version’s offline check, so its verdicts can be checked by that rule.'
            : 'Its prompt_digest is not that of this version’s offline check: its verdicts followed another rule.',
        ]
      : []),
    'Nor does the certificate prove that the judge ruled so, or where it comes from: v1-preview certificates are unsigned.',
  ];
};

const auditDisagrees = 'What the human audit says does not follow from its labels.';

/** Whether the result of an audit is that of its labels. One that is not finished says nothing yet. */
const followsFromLabels = ({ replayScores }: Certificate, audit: Audit | null): boolean => {
  if (!audit?.result) return true;
  const replays = new Set(replayScores.map(({ groundTruthId }) => groundTruthId));
  return (
    audit.labels !== null &&
    audit.labels.length > 0 &&
    audit.labels.every(({ groundTruthId, label }) => label !== null && replays.has(groundTruthId)) &&
    isDeepStrictEqual(auditResult({ replayScores }, audit.labels), audit.result)
  );
};

/** `inspect <certificate.json|URL>`: shows a certificate, and whether its numbers follow from its replays. */
export const inspectCommand = async (
  place: string,
  options: { json?: boolean },
  { terminal, signal }: { terminal: Terminal; signal: AbortSignal },
): Promise<ExitCode> => {
  const certificate = await certificateAt(place, signal);
  const { numbers, disagreements, notChecked } = recomputeCertificate(certificate);
  const audit = await auditBeside(place, certificate, signal);
  const agrees = disagreements.length === 0 && followsFromLabels(certificate, audit);
  if (options.json)
    terminal.result(
      JSON.stringify(
        {
          certificate: toWire(certificate),
          recomputed: toWire(numbers),
          disagreements,
          audit: audit && toWire(audit),
          not_checked: notChecked,
        },
        null,
        2,
      ),
    );
  else terminal.result(viewCertificate(certificate, terminal.paint, terminal.columns, audit));
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
    for (const line of disagreements.length > 0 ? disagreementLines(disagreements) : [auditDisagrees])
      terminal.say(terminal.paintMessage('red', line));
  return agrees ? exitCodes.done : exitCodes.failed;
};
