import type { Certificate } from '#contracts/certificate.ts';

/** Fields of the document. `[]` stands for every item of a list. A name covers everything inside it. */
const always = [
  'id',
  'construct_id',
  'created_at',
  'judge',
  'sample',
  'min_replays',
  'ground_truth_source',
  'commit_range',
  'draw',
  'prompt_digest',
  'judge_endpoint',
  'judge_forms',
  // It is on the page of judges.
  'exam',
  'counts.replaced',
  'counts.oracle_retries',
  'counts.oracle_asked_again',
  'counts.judge_reasks',
  'counts.judge_retries',
  'counts.controls',
  'counts.keys_reused',
  'usage_by_measure',
  'unanswered',
  'trust.agreement.provider',
  'trust.agreement.endpoint',
  'unscored[].ground_truth_id',
  'unscored[].reason',
  'replay_scores[].id',
  'replay_scores[].ground_truth_id',
  'replay_scores[].oracle_failure',
  'replay_scores[].dependence',
  'replay_scores[].after_cutoff',
  'replay_scores[].scoring_latency_ms',
  'replay_scores[].scored_at',
  'replay_scores[].evidence.second.model',
  // Which of the values that the first judge did not give.
  'replay_scores[].evidence.second.reply.second',
];

/**
 * The fields that may have been altered without `recomputeCertificate` finding it, because nothing else in the document
 * decides them. For some of them sums, bounds or the number of items are still checked against the rest.
 */
export const notChecked = (certificate: Certificate): string[] => [
  ...always,
  ...(certificate.judge === 'offline' ? [] : ['replay_scores[].scoring_model']),
  // What earlier runs add to the pool is on their certificates.
  ...(certificate.trust.pool.certificates.length > 0 ? ['trust.pool'] : []),
];
