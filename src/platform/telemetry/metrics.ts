import type { JudgeProvider } from '#contracts/judge-providers.ts';
import type { OracleOutcome } from '#contracts/oracle.ts';
import type { OracleType } from '#contracts/oracle-types.ts';
import type { ReplayCheckpoint, ReplayStep } from '#contracts/replay.ts';
import type { JudgeReply, JudgeTask } from '#verification/judges/judge.ts';

/** A stored step of a replay. A draft of a key counts with the key. */
type TimedStep = Exclude<ReplayStep, 'canaries' | 'draftKey'>;
export type StoredStep = {
  [Step in TimedStep]: { step: Step; value: Required<ReplayCheckpoint>[Step] };
}[TimedStep];

/** What a replay on the queue waits for. */
export type WaitReason =
  | 'judge_unavailable'
  | 'oracle_unreachable'
  | 'budget'
  | 'call_slots'
  | 'batch'
  | 'source_limit';

/** How a call to GitHub's API ended: its status class, or no answer. */
export type GitHubOutcome = '2xx' | '3xx' | '4xx' | '5xx' | 'unreachable';

/** A port: a process's counters. No argument may have an unbounded number of values, such as ids and addresses. */
export type Metrics = {
  /** @param models the judges' models, for verdicts that do not name theirs. */
  stepStored(stored: StoredStep, models: { first: string; second: string }): void;
  oracleAsked(type: OracleType, outcome: OracleOutcome): void;
  judgeAsked(provider: JudgeProvider, measure: JudgeTask['measure'], reply: JudgeReply): void;
  githubAsked(outcome: GitHubOutcome): void;
  waited(reason: WaitReason): void;
};

const nothing = () => {};

/** For processes whose metrics nobody reads. */
export const noMetrics: Metrics = {
  stepStored: nothing,
  oracleAsked: nothing,
  judgeAsked: nothing,
  githubAsked: nothing,
  waited: nothing,
};
