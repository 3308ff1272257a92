import type { Certificate } from '#contracts/certificate.ts';

/** Names of the document, `[]` standing for every item of a list; a name stands for all that is in it. */
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
  'counts.replaced',
  'counts.oracle_retries',
  'counts.oracle_asked_again',
  'counts.judge_reasks',
  'counts.judge_retries',
  'counts.controls',
  'counts.keys_reused',
  'usage_by_measure',
  'unscored[].ground_truth_id',
  'unscored[].reason',
  'replay_scores[].id',
  'replay_scores[].ground_truth_id',
  'replay_scores[].oracle_failure',
  'replay_scores[].scoring_latency_ms',
  'replay_scores[].scored_at',
  'replay_scores[].evidence.ruled_share',
  'replay_scores[].evidence.second.model',
  // Which of the values it was that the first judge did not give.
  'replay_scores[].evidence.second.reply.second',
];

/**
 * What of this certificate may have been altered without `recomputeCertificate` finding it, because nothing else in the
 * document decides it. Of some of it sums, bounds or the number of items are held against the rest all the same.
 */
export const notChecked = (certificate: Certificate): string[] => [
  ...always,
  ...(certificate.judge === 'offline' ? [] : ['replay_scores[].scoring_model']),
  // What earlier runs add to it is on their certificates.
  ...(certificate.trust.pool.certificates.length > 0 ? ['trust.pool'] : []),
];
