import type { ReplayCheckpoint } from '#contracts/replay.ts';
import { type StoredVerdicts, verdictsOf } from './stored-verdicts.ts';

/** A checkpoint, with or without the oracle's words. */
type Steps<Outcome> = Omit<ReplayCheckpoint, 'oracle'> & { oracle?: Outcome | undefined };

/**
 * The steps of a stored checkpoint that a resumed run keeps. An answer key or verdict that the verifier could not
 * obtain is asked for again, and so is an oracle whose outcome does not stand (see `standing`).
 */
export const resumable = <Outcome>(checkpoint: Steps<Outcome>, oracleStands: boolean): Steps<Outcome> => {
  const { draftKey, answerKey, oracle, canaries, baseline, second } = checkpoint;
  const keepsKey = answerKey !== undefined && answerKey.kind !== 'unavailable';
  return {
    ...(draftKey === undefined ? {} : { draftKey }),
    ...(keepsKey ? { answerKey } : {}),
    ...(oracle === undefined || !oracleStands ? {} : { oracle }),
    ...(canaries === undefined || !keepsKey ? {} : { canaries }),
    ...judgedOf(checkpoint),
    // Kept as they are, or dropped if one verdict is unscored. Missing verdicts are asked for as in any replay.
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
