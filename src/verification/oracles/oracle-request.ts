import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { OracleRequest } from '#contracts/oracle.ts';
import { blinded } from './blind.ts';

/**
 * The request to an oracle about a change. `blinding` is the run's seed if the oracle must not learn which repository
 * the change is from; otherwise null.
 */
export const oracleRequest = (
  groundTruth: GroundTruth,
  question: string,
  blinding: string | null,
): OracleRequest => {
  const shown = blinding === null ? groundTruth : blinded(groundTruth, blinding);
  return {
    pr: {
      id: shown.id,
      title: shown.title,
      description: shown.description,
      diff_content: shown.diff,
      files_changed: shown.filesChanged,
    },
    follow_up_question: question,
  };
};
