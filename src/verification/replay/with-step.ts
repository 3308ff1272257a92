import type { ReplayCheckpoint, ReplayStep } from '#contracts/replay.ts';

/** Steps that arrive in parts: each is the verdicts on something, kept one by one. */
type StepInParts = 'baseline' | 'second';

export const isInParts = (step: ReplayStep): step is StepInParts => step === 'baseline' || step === 'second';

/** A checkpoint with one more step, of those in parts with the parts of `value` beside the ones that it has. */
export const withStep = <S extends ReplayStep>(
  checkpoint: ReplayCheckpoint,
  step: S,
  value: NonNullable<ReplayCheckpoint[S]>,
): ReplayCheckpoint => ({
  ...checkpoint,
  [step]: isInParts(step) ? { ...checkpoint[step], ...value } : value,
});
