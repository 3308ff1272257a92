import type { ReplayCheckpoint } from '#contracts/replay.ts';
import { type StoredVerdicts, verdictsOf } from './stored-verdicts.ts';

/**
 * The steps of a stored checkpoint that resuming its run does not take again. What the verifier could not get (an answer
 * key, a verdict) was never had, so it is asked for again, and so is the oracle whose outcome does not stand (see
 * `standing`).
 */
export const resumable = (checkpoint: ReplayCheckpoint, oracleStands: boolean): ReplayCheckpoint => {
  const { answerKey, oracle, baseline, second } = checkpoint;
  return {
    ...(answerKey === undefined || answerKey.kind === 'unavailable' ? {} : { answerKey }),
    ...(oracle === undefined || !oracleStands ? {} : { oracle }),
    ...judgedOf(checkpoint),
    // As they are or not at all; what of them has not come yet is asked for as in any replay.
    ...(baseline === undefined || isLacking(baseline) ? {} : { baseline }),
    ...(second === undefined || isLacking(second) ? {} : { second }),
  };
};

const isLacking = (verdicts: StoredVerdicts): boolean =>
  verdictsOf(verdicts).some(({ kind }) => kind === 'unscored');

const judgedOf = ({ precision, recall, reply }: StoredVerdicts): StoredVerdicts => ({
  ...(precision?.kind === 'judged' ? { precision } : {}),
  ...(recall?.kind === 'judged' ? { recall } : {}),
  ...(reply?.kind === 'judged' ? { reply } : {}),
});
