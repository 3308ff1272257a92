/** Why a certificate is not valid. Each has its sentence in `failureWords`. */
export const failureCodes = [
  'form',
  'document',
  'signature',
  'issuer_key',
  'other_certificate',
  'retired_key',
  'evidence_root',
  'evidence_form',
  'scores',
  'checkpoint',
  'registration',
  'inclusion',
  'witnesses',
  'log_changed',
  'revoked',
  'not_yet_valid',
  'expired',
  'unopened',
  'opening',
] as const;
export type FailureCode = (typeof failureCodes)[number];

/** What was not decided, so that a certificate without a failure is still not known to be valid. */
export const questionCodes = ['unknown_issuer', 'unknown_log', 'not_proven', 'revocation_unknown'] as const;
export type QuestionCode = (typeof questionCodes)[number];

export const failureWords: Record<FailureCode, string> = {
  form: 'It does not have the form of a certificate.',
  document: 'The document beside the signature is not the one that was signed.',
  signature: 'The signature does not hold: something was changed, or another key signed.',
  issuer_key: 'The document names another key than the one that signed it.',
  other_certificate: 'It is not the certificate that was asked for.',
  retired_key: 'The key that signed it was retired, and no log held it before.',
  evidence_root: 'The evidence is not the one that the certificate pins: it was changed, cut or exchanged.',
  evidence_form: 'The evidence is the one that was pinned, but does not have the form of evidence.',
  scores: 'What the certificate says does not follow from the verdicts in its evidence.',
  checkpoint: 'The log’s checkpoint was not signed by a key of the log that the document names.',
  registration: 'The log does not hold the registration that the document names.',
  inclusion: 'The log does not hold the entry of this certificate.',
  witnesses: 'Fewer witnesses than you asked for have cosigned the log’s checkpoint.',
  log_changed: 'The log is not the one of the proof any more: it was forked, shortened or altered.',
  revoked: 'It was revoked.',
  not_yet_valid: 'It was issued later than the time of this check.',
  expired: 'It has expired.',
  unopened: 'It has expired, and the sealed texts of its evidence were not opened.',
  opening: 'The opened texts are not those that the evidence sealed.',
};

export const questionWords: Record<QuestionCode, string> = {
  unknown_issuer:
    'The issuer is unknown: the signature was made with a key that you did not name, so anyone may have made it.',
  unknown_log:
    'The log is unknown: its checkpoint was signed with a key that you did not name, so anyone may have made it.',
  not_proven: 'Whether the log that the document names holds it is not known: no proof was given.',
  revocation_unknown:
    'Whether it was revoked is not known: only the newest entries of its log show that, and they were not read.',
};

export type Failure = { code: FailureCode; detail: string | null };
