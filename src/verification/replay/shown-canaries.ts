import type { ReplayCheckpoint, ReplayOutcome } from '#contracts/replay.ts';
import type { ReplayShown, ShownCanary } from '../canaries/deal-canaries.ts';

/** What is stored of another replay of the run that its canaries are counted from. */
export type DealtReplay = {
  dealt: ShownCanary[] | null;
  /** Those that the judge ruled on. Null: precision is not stored yet. */
  ruled: ShownCanary[] | null;
  outcome: ReplayOutcome | null;
};

export const dealtReplayOf = (
  { canaries, precision }: ReplayCheckpoint,
  outcome: ReplayOutcome | null,
): DealtReplay => ({
  dealt: canaries ?? null,
  ruled: precision === undefined ? null : precision.kind === 'judged' ? precision.canaries : [],
  outcome,
});

/**
 * What the run's other replays have shown or are about to. One that was dealt canaries counts with them until its verdict
 * says which it really showed. One that ended without showing any counts with none, so that later ones make up for it. One
 * that is unscored counts with none too: no certificate holds its verdicts. A replaced change was never one of the run's.
 */
export const shownByOthers = (replays: readonly DealtReplay[]): ReplayShown[] =>
  replays
    .filter(({ dealt, outcome }) => outcome !== 'replaced' && (dealt !== null || outcome !== null))
    .map(({ dealt, ruled, outcome }) => (outcome === 'unscored' ? [] : (ruled ?? dealt ?? [])));
