import type { OracleOutcome } from '#contracts/oracle.ts';
import type { ReplayCheckpoint } from '#contracts/replay.ts';
import { type StoredVerdicts, verdictsOf } from './stored-verdicts.ts';

/**
 * The steps of a stored checkpoint that going on with a run does not take again. What the verifier could not get (an
 * answer key, a verdict) was never had, so it is asked for again; `oracleCounts` tells whether the oracle's outcome is one
 * of its own: where it never was there, its address was wrong or it was not running, and it is called again too.
 */
export const resumable = (checkpoint: ReplayCheckpoint, oracleCounts: boolean): ReplayCheckpoint => {
  const { answerKey, oracle, baseline, second } = checkpoint;
  return {
    ...(answerKey === undefined || answerKey.kind === 'unavailable' ? {} : { answerKey }),
    ...(oracle === undefined || (isMistake(oracle) && !oracleCounts) ? {} : { oracle }),
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

/** What answers so has not let the question in: a wrong address, header or key, or a door that has moved. */
const notLetIn = new Set([301, 302, 303, 307, 308, 401, 403, 404, 405, 407, 410, 501]);

/**
 * Whether an outcome says nothing of the oracle where no other of its run does: no HTTP answer came, or one that let
 * no question in.
 */
export const isMistake = (outcome: OracleOutcome): boolean =>
  outcome.kind === 'failure' &&
  (!outcome.httpAnswered || (outcome.status !== undefined && notLetIn.has(outcome.status)));

/** Whether an HTTP answer came of this replay's oracle, whatever it said. */
export const gaveHttpAnswer = ({ oracle }: ReplayCheckpoint): boolean =>
  oracle !== undefined && (oracle.kind === 'answer' || oracle.httpAnswered);

/** Whether this replay's oracle was there: it answered, or failed in a way that is its own. */
export const oracleWasReached = ({ oracle }: ReplayCheckpoint): boolean =>
  oracle !== undefined && !isMistake(oracle);
