import type { AnswerKey, BaselineVerdicts, SharedAnswerKey } from '#contracts/replay.ts';

/** A key is retired 90 days after it was made (methodology; certificate.md, "Sealed keys"). */
export const keyLifeMs = 90 * 24 * 60 * 60 * 1000;

/**
 * Something shared. `own`: this very replay had it made, but was cut off before its checkpoint held it. Then the cost
 * is on this replay's account.
 */
export type Kept<T> = { value: T; own: boolean };

/**
 * What all runs under the same judge model and prompts share about one change: its answer key and the verdicts on the
 * baseline. So constructs are compared by one key, and only the first run pays for it.
 */
export type SharedJudgments = {
  answerKey(): Promise<Kept<SharedAnswerKey> | null>;
  /** Returns the key that stands: another run's if that run was faster. */
  keepAnswerKey(outcome: SharedAnswerKey): Promise<SharedAnswerKey>;
  /** Null: none were kept, or they were judged by another key. */
  baseline(key: AnswerKey): Promise<Kept<BaselineVerdicts> | null>;
  /** Keeps them if this key still stands and has none yet. */
  keepBaseline(verdicts: BaselineVerdicts, key: AnswerKey): Promise<void>;
};
