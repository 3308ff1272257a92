import type { Certificate } from '#contracts/certificate.ts';
import { toWire } from '#contracts/wire.ts';
import { type Disagreement, recomputeCertificate } from '#verification/certificate/recompute.ts';
import { offlineJudge } from '#verification/judges/offline/judge.ts';
import { certificateAt } from '../certificate-at.ts';
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

/** `inspect <certificate.json|URL>`: shows a certificate, and whether its numbers follow from its replays. */
export const inspectCommand = async (
  place: string,
  options: { json?: boolean },
  { terminal, signal }: { terminal: Terminal; signal: AbortSignal },
): Promise<ExitCode> => {
  const certificate = await certificateAt(place, signal);
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
