import { z } from 'zod';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { JudgeProvider } from '#contracts/judge-providers.ts';
import type { JudgeUsage } from '#contracts/replay.ts';
import { storableText } from '#contracts/text.ts';

/** One thing a judge is asked about a pull request. Each sees only the material named here. */
export type JudgeTask =
  | { measure: 'answer_key' }
  | { measure: 'precision'; claims: { id: string; text: string }[] }
  | { measure: 'recall'; changes: { id: string; statement: string; quote: string }[]; summary: string }
  | { measure: 'reply'; question: string; referenceAnswer: string; response: string };

/** The enumerated verdicts, of all measures together: one strict schema serves all four calls. */
const verdictValues = [
  'supported',
  'not_supported',
  'surfaced',
  'not_surfaced',
  '0',
  '0.25',
  '0.5',
  '0.75',
  '1',
] as const;

/**
 * What is checked must be what is stored. A schema of its own each time: one that stands in several places would reach
 * a model as a reference, and the form that models are asked for is part of every prompt.
 */
const text = () => z.string().overwrite(storableText);

/** The one form of every judge's answer. Fields that a measure does not ask for are empty. */
export const judgeAnswerSchema = z.object({
  changes: z.array(z.object({ id: text(), statement: text(), quote: text() })),
  question: z.object({ text: text(), reference_answer: text(), quote: text() }).nullable(),
  verdicts: z.array(z.object({ id: text(), verdict: z.enum(verdictValues), quote: text() })),
});
export type JudgeAnswer = z.infer<typeof judgeAnswerSchema>;

/**
 * `refused`, `truncated` and `malformed` are the judge's answers to this material: asked again within a budget.
 * `rejected` is the same from outside the judge: its API would not have this request, perhaps for what stands in it,
 * perhaps for a reason of its own; a control tells. `unavailable` is the verifier's own failure (no key, no connection,
 * limits outlived the client's retries); where it is `passing`, the same question may be answered later; `mend` says
 * what no later question gets past: the key, or the name of the model. `retries` counts what the client sent again by
 * itself, and `uncertain` what it sent and heard no more of: each may have been charged, at `mostUsd` at most.
 */
export type JudgeReply = {
  model: string;
  usage: JudgeUsage;
  latencyMs: number;
  retries: number;
  uncertain?: number;
} & (
  | { ok: true; answer: JudgeAnswer }
  | { ok: false; fault: 'refused' | 'truncated' | 'malformed' | 'rejected'; detail: string }
  | {
      ok: false;
      fault: 'unavailable';
      detail: string;
      passing: boolean;
      mend?: 'key' | 'model' | undefined;
    }
);

/** A question was given up before it was sent, so that nothing of it can be charged; `cause` is why. */
export class NotSent extends Error {
  override readonly name = 'NotSent';

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : 'given up', { cause });
  }
}

/** A judge that has one pull request before it; calls of one replay share its fence and its cached prefix. */
export type PullRequestJudge = {
  /** Rejects where `signal` is aborted, with `NotSent` where nothing had been sent until then. */
  ask(task: JudgeTask, signal?: AbortSignal): Promise<JudgeReply>;
  /** What asking this once can cost at most, in US dollars. */
  mostUsd(task: JudgeTask): number;
};

/** A port: who makes answer keys and gives verdicts. Code checks and counts what it says; see `verdicts.ts`. */
export type Judge = {
  provider: JudgeProvider;
  /** The model asked for; each reply names the one that answered. */
  model: string;
  /** SHA-256 (hex) over the exact bytes of the prompts, or of the rule's version for the offline judge. */
  promptDigest: string;
  open(groundTruth: GroundTruth): PullRequestJudge;
};

/** The same judge, whose every question about a pull request passes through what `around` makes of its asking. */
export const askingThrough = (
  judge: Judge,
  around: (opened: PullRequestJudge) => PullRequestJudge['ask'],
): Judge => ({
  ...judge,
  open: (groundTruth) => {
    const opened = judge.open(groundTruth);
    return { ...opened, ask: around(opened) };
  },
});
