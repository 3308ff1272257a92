import type { ReplayCheckpoint } from '#contracts/replay.ts';
import { type StoredVerdicts, verdictsOf } from './stored-verdicts.ts';

/**
 * The steps of a stored checkpoint that going on with a run does not take again. What the verifier could not get (an
 * answer key, a verdict) was never had, so it is asked for again; `oracleReached` tells whether this run's oracle ever
 * gave an HTTP answer: where it never did, its address was wrong or it was not running, and it is called again too.
 */
export const resumable = (checkpoint: ReplayCheckpoint, oracleReached: boolean): ReplayCheckpoint => {
  const { answerKey, oracle, baseline, second } = checkpoint;
  const unreached = oracle?.kind === 'failure' && !oracle.httpAnswered && !oracleReached;
  return {
    ...(answerKey === undefined || answerKey.kind === 'unavailable' ? {} : { answerKey }),
    ...(oracle === undefined || unreached ? {} : { oracle }),
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

/** Whether this replay's oracle ever gave an HTTP answer. */
export const oracleWasReached = ({ oracle }: ReplayCheckpoint): boolean =>
  oracle !== undefined && (oracle.kind === 'answer' || oracle.httpAnswered);
