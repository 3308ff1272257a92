import type { AnswerKey, BaselineVerdicts, SettledAnswerKey } from '#contracts/replay.ts';

/** A key is retired 90 days after its making (methodology; certificate.md, "Sealed keys"). */
export const keyLifeMs = 90 * 24 * 60 * 60 * 1000;

/**
 * Something shared, and whether this very replay had it made: then it was cut off before its own checkpoint held it, and
 * what it cost is on its account.
 */
export type Kept<T> = { value: T; own: boolean };

/**
 * What one change's judgments have in common for all runs under the same judge model and prompts: its answer key, so
 * that constructs are compared by one key and only the first pays for it, and the verdicts on the baseline.
 */
export type SharedJudgments = {
  answerKey(): Promise<Kept<SettledAnswerKey> | null>;
  /** Gives back the key that stands: another run's, where that was quicker. */
  keepAnswerKey(outcome: SettledAnswerKey): Promise<SettledAnswerKey>;
  /** Null where none were kept, or by another key than this. */
  baseline(key: AnswerKey): Promise<Kept<BaselineVerdicts> | null>;
  /** Keeps them where this key still stands and has none yet. */
  keepBaseline(verdicts: BaselineVerdicts, key: AnswerKey): Promise<void>;
};
