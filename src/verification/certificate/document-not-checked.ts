import type { CertificateDocument } from '#contracts/certificate-document.ts';

/**
 * Fields of the document, and of a line of its evidence. `[]` stands for every item of a list, `**` for any place. A name
 * covers what is inside it.
 */
const always = [
  'id',
  'construct.name',
  'issuer.origin',
  'on_behalf_of',
  'attempt',
  'issued_at',
  'sample',
  'subject',
  'ground_truth.source',
  'ground_truth.since',
  'ground_truth.label',
  'ground_truth.commit_range',
  'ground_truth.listed',
  'ground_truth.excluded',
  'ground_truth.limit',
  'method.judge.provider',
  'method.judge.requested_model',
  'method.judge.endpoint',
  'method.judge.prompt_digest',
  'method.exam',
  'method.seed',
  'method.seed_source',
  'method.blinded',
  'method.economy',
  'method.min_replays',
  'method.baseline_replays',
  'method.agreement',
  'method.engine',
  'usage.unanswered',
  'evidence[].ground_truth',
  'evidence[].ended_at',
  'evidence[].dependence.author',
  // What key and oracle say is sealed.
  'evidence[].answer_key.key.changes',
  'evidence[].answer_key.key.question',
  'evidence[].answer_key.key.reference_answer',
  'evidence[].answer_key.key.question_quote',
  'evidence[].answer_key.key.variants',
  'evidence[].oracle.answer',
  'evidence[].oracle.http_answered',
  'evidence[].oracle.unreachable',
  'evidence[].canaries',
  'evidence[].**.text',
  'evidence[].**.quote',
  'evidence[].**.restatement',
  // Of several models the certificate names the one that answered most often, of several reasks their sum.
  'evidence[].**.model',
  'evidence[].**.asks',
  'evidence[].**.latency_ms',
  'evidence[].**.form',
  'evidence[].**.usage.cost_usd',
  'evidence[].answer_key.reused',
  'evidence[].**.needs_support',
  'evidence[].**.copied_characters',
  'evidence[].**.summary_cut_characters',
  'evidence[].**.response_cut_characters',
  // Baseline and agreement count what was supported and surfaced; folding and controls change nothing of it.
  'evidence[].baseline.**.control',
  'evidence[].baseline.precision.claims_made',
  'evidence[].baseline.precision.claims[].ruled',
  'evidence[].second.**.control',
  'evidence[].second.precision.claims_made',
  // No number uses the verdicts of an unscored replay.
  'evidence[outcome=unscored]',
];

/**
 * What an issuer may have stated otherwise without `verifyCertificate` finding it, because no verdict decides it. For some
 * of it sums and bounds are still checked.
 */
export const documentNotChecked = ({ groundTruth, trust }: CertificateDocument): string[] => [
  ...always,
  // What earlier runs add to the pool is on their certificates.
  ...(trust.pool.certificates.length > 0 ? ['trust.pool'] : []),
  // When a private repository's changes were merged is not published.
  ...(groundTruth.private ? ['evidence[].dependence', 'evidence[].after_cutoff'] : []),
];
