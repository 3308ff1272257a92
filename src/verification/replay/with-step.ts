import type { ReplayCheckpoint, ReplayStep } from '#contracts/replay.ts';

/** Steps that arrive in parts: groups of verdicts that are kept one by one. */
type StepInParts = 'baseline' | 'second';

export const isInParts = (step: ReplayStep): step is StepInParts => step === 'baseline' || step === 'second';

/**
 * A checkpoint with one more step. For a step in parts, the parts in `value` are added to those that it has. The answer
 * key takes the place of its draft.
 */
export const withStep = <S extends ReplayStep>(
  checkpoint: ReplayCheckpoint,
  step: S,
  value: NonNullable<ReplayCheckpoint[S]>,
): ReplayCheckpoint => {
  const { draftKey, ...others } = checkpoint;
  return {
    ...(step === 'answerKey' || draftKey === undefined ? others : checkpoint),
    [step]: isInParts(step) ? { ...checkpoint[step], ...value } : value,
  };
};
