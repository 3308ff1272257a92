import type { ReplayCheckpoint } from '#contracts/replay.ts';

/**
 * The steps of a stored checkpoint that going on with a run does not take again. What the verifier could not get (an
 * answer key, a verdict) was never had, so it is asked for again; `oracleReached` tells whether this run's oracle ever
 * gave an HTTP answer: where it never did, its address was wrong or it was not running, and it is called again too.
 */
export const resumable = (checkpoint: ReplayCheckpoint, oracleReached: boolean): ReplayCheckpoint => {
  const { answerKey, oracle, baseline, second, ...verdicts } = checkpoint;
  const unreached = oracle?.kind === 'failure' && !oracle.httpAnswered && !oracleReached;
  return {
    ...(answerKey === undefined || answerKey.kind === 'unavailable' ? {} : { answerKey }),
    ...(oracle === undefined || unreached ? {} : { oracle }),
    ...(verdicts.precision?.kind === 'judged' ? { precision: verdicts.precision } : {}),
    ...(verdicts.recall?.kind === 'judged' ? { recall: verdicts.recall } : {}),
    ...(verdicts.reply?.kind === 'judged' ? { reply: verdicts.reply } : {}),
    ...(baseline?.precision.kind === 'judged' && baseline.recall.kind === 'judged' ? { baseline } : {}),
    ...(second !== undefined && Object.values(second).every(({ kind }) => kind === 'judged')
      ? { second }
      : {}),
  };
};

/** Whether this replay's oracle ever gave an HTTP answer. */
export const oracleWasReached = ({ oracle }: ReplayCheckpoint): boolean =>
  oracle !== undefined && (oracle.kind === 'answer' || oracle.httpAnswered);
