import type { Audit } from '#contracts/audit.ts';
import type { Certificate } from '#contracts/certificate.ts';
import { toWire } from '#contracts/wire.ts';
import { auditDisagreements } from '#verification/audit/result.ts';
import { type Disagreement, recomputeCertificate } from '#verification/certificate/recompute.ts';
import { offlineJudge } from '#verification/judges/offline/judge.ts';
import { auditBeside, certificateAt } from '../certificate-at.ts';
import { viewCertificate } from '../certificate-view.ts';
import { disagreementLines } from '../disagreement-lines.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit.ts';
import { plainJson, type Terminal } from '../terminal.ts';

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
    'Nor does this show that the judge ruled so, or who issued the certificate. `echelon-verify check` verifies the signature of one that verify kept with --out.',
  ];
};

/** What became of comparing an audit with its labels. `reason` says why there was nothing to compare. */
type AuditCheck = { audit: Audit | null } & (
  | { disagreements: Disagreement[]; reason: null }
  | { disagreements: null; reason: string; isFault: boolean }
);

const checkAudit = async (
  place: string,
  certificate: Certificate,
  signal: AbortSignal,
): Promise<AuditCheck> => {
  let audit: Audit | null;
  try {
    audit = await auditBeside(place, certificate, signal);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { audit: null, disagreements: null, reason: error.message, isFault: true };
  }
  const disagreements = audit && auditDisagreements(certificate, audit);
  if (disagreements !== null) return { audit, disagreements, reason: null };
  const reason = audit === null ? 'No audit lies beside this certificate.' : 'The audit is not finished.';
  return { audit, disagreements, reason, isFault: false };
};

const auditLines = ({ audit, disagreements, reason }: AuditCheck) => {
  if (disagreements === null) return [`Human audit: not measured. ${reason}`];
  if (disagreements.length > 0)
    return disagreementLines('What the human audit says does not follow from its labels:', disagreements);
  return [
    `Human audit: its result follows from its ${audit?.size} labels. Which claims were drawn cannot be checked, because the certificate does not hold the verdict on each claim.`,
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
  const check = await checkAudit(place, certificate, signal);
  const isAuditWrong = check.disagreements === null ? check.isFault : check.disagreements.length > 0;
  if (options.json)
    terminal.result(
      plainJson({
        certificate: toWire(certificate),
        recomputed: toWire(numbers),
        disagreements,
        audit: check.audit && toWire(check.audit),
        audit_check: { disagreements: check.disagreements, reason: check.reason },
        not_checked: notChecked,
      }),
    );
  else terminal.result(viewCertificate(certificate, terminal.paint, terminal.columns, check.audit));
  if (disagreements.length === 0) {
    const count = certificate.replayScores.length;
    terminal.say(
      terminal.paintMessage(
        'green',
        `Recomputed from its ${count} replays: every number that follows from them agrees.`,
      ),
    );
    for (const line of agreementLines(certificate, notChecked)) terminal.say(line);
  } else
    for (const line of disagreementLines(
      'What the certificate says does not follow from its replays:',
      disagreements,
    ))
      terminal.say(terminal.paintMessage('red', line));
  for (const line of auditLines(check))
    terminal.say(isAuditWrong ? terminal.paintMessage('red', line) : line);
  return disagreements.length === 0 && !isAuditWrong ? exitCodes.done : exitCodes.failed;
};
