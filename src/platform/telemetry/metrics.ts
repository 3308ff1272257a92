import type { JudgeProvider } from '#contracts/judge-providers.ts';
import type { OracleOutcome } from '#contracts/oracle.ts';
import type { OracleType } from '#contracts/oracle-types.ts';
import type { ReplayCheckpoint, ReplayStep } from '#contracts/replay.ts';
import type { JudgeReply, JudgeTask } from '#verification/judges/judge.ts';

/** A step of a replay as it was stored. */
export type StoredStep = {
  [Step in ReplayStep]: { step: Step; value: Required<ReplayCheckpoint>[Step] };
}[ReplayStep];

/** What a replay is put back on the queue for. */
export type WaitReason = 'judge_unavailable' | 'oracle_unreachable' | 'budget' | 'call_slots' | 'batch';

/** How a call to GitHub's API ended: by its status, or without one. */
export type GitHubOutcome = '2xx' | '3xx' | '4xx' | '5xx' | 'unreachable';

/** A port: what a process counts. Nothing that is told here may be unbounded in number, as ids and addresses are. */
export type Metrics = {
  /** @param models those asked, for verdicts that do not say who gave them. */
  stepStored(stored: StoredStep, models: { first: string; second: string }): void;
  oracleAsked(type: OracleType, outcome: OracleOutcome): void;
  judgeAsked(provider: JudgeProvider, measure: JudgeTask['measure'], reply: JudgeReply): void;
  githubAsked(outcome: GitHubOutcome): void;
  waited(reason: WaitReason): void;
};

const nothing = () => {};

/** Where nobody asks for what was counted. */
export const noMetrics: Metrics = {
  stepStored: nothing,
  oracleAsked: nothing,
  judgeAsked: nothing,
  githubAsked: nothing,
  waited: nothing,
};
