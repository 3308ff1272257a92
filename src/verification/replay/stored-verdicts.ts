import type { ReplayCheckpoint } from '#contracts/replay.ts';

/** Verdicts on one answer as a checkpoint keeps them: the replay's own, the baseline's, a second judge's. */
export type StoredVerdicts = Pick<ReplayCheckpoint, 'precision' | 'recall' | 'reply'>;

/** Those that are there. */
export const verdictsOf = ({ precision, recall, reply }: StoredVerdicts) =>
  [precision, recall, reply].filter((verdict) => verdict !== undefined);
