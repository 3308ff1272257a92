import type { ReplayCheckpoint } from '#contracts/replay.ts';

/** Verdicts on one answer as a checkpoint keeps them: the replay's own, the baseline's or those for agreement. */
export type StoredVerdicts = Pick<ReplayCheckpoint, 'precision' | 'recall' | 'reply'>;

/** The verdicts that are present. */
export const verdictsOf = ({ precision, recall, reply }: StoredVerdicts) =>
  [precision, recall, reply].filter((verdict) => verdict !== undefined);
