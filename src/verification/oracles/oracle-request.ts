import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { OracleRequest } from '#contracts/oracle.ts';
import { blinded } from './blind.ts';

/**
 * What an oracle is asked about a change. `blinding` is the run's seed where it is not to learn what it is asked
 * about; null where it may.
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
