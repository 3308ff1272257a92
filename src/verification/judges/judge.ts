import { z } from 'zod';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { JudgeProvider } from '#contracts/judge-providers.ts';
import { type AnswerForm, type CanaryWay, canaryWays, type JudgeUsage } from '#contracts/replay.ts';
import { storableText } from '#contracts/text.ts';

/**
 * One question to a judge about a pull request. Beside the pull request, each shows only the material named here.
 * `ways`: those of the false variants of the key's first changes, in their order; without them no variants are asked
 * for. `variants` asks for those of a key that is there already. `faults`: what was wrong with the quotes of an earlier answer, by id.
 */
export type JudgeTask =
  | { measure: 'answer_key'; ways?: CanaryWay[][] }
  | { measure: 'variants'; changes: { id: string; statement: string; quote: string; ways: CanaryWay[] }[] }
  | { measure: 'precision'; claims: { id: string; text: string }[]; faults?: QuoteFaults }
  | {
      measure: 'recall';
      changes: { id: string; statement: string; quote: string }[];
      summary: string;
      faults?: QuoteFaults;
    }
  | { measure: 'reply'; question: string; referenceAnswer: string; response: string };

/** In words of this program alone: a quote may hold a hostile text. */
export type QuoteFaults = { id: string; fault: string }[];

/** The verdicts of all measures together: one strict schema serves all calls. */
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
 * The text that is checked must be the text that is stored. Each use gets a schema of its own: a shared one would reach a
 * model as a reference, and the form of the answer is part of every prompt.
 */
const text = () => z.string().overwrite(storableText);

/**
 * Every model answers in this form. Fields that a measure does not ask for are empty. A quote comes before what rests on
 * it, and a reason before its verdict: a model that decides first only justifies.
 */
export const judgeAnswerSchema = z.object({
  changes: z.array(z.object({ id: text(), quote: text(), statement: text() })),
  question: z.object({ quote: text(), text: text(), reference_answer: text() }).nullable(),
  variants: z.array(z.object({ id: text(), way: z.enum(['true', ...canaryWays]), text: text() })),
  verdicts: z.array(z.object({ id: text(), quote: text(), reason: text(), verdict: z.enum(verdictValues) })),
});
type ModelAnswer = z.infer<typeof judgeAnswerSchema>;

/**
 * What counts of an answer: a reason helps its model alone. A judge that follows a rule names the ids that its rule
 * cannot decide in `notRuledOn`. A model decides each.
 */
export type JudgeAnswer = Omit<ModelAnswer, 'verdicts'> & {
  verdicts: Omit<ModelAnswer['verdicts'][number], 'reason'>[];
  notRuledOn?: string[];
};

/** An answer that says nothing. */
export const emptyAnswer: JudgeAnswer = { changes: [], question: null, variants: [], verdicts: [] };

/**
 * `refused`, `truncated` and `malformed` are the judge's answers to this material. It is asked again within a budget.
 * `rejected`: the judge's API refused the request, either for its content or for a reason of its own. Asking about a
 * control shows which. `unavailable` is the verifier's own failure: no key, no connection, or limits that outlasted the
 * client's retries. If it is `passing`, the same question may be answered later. `mend` names what must be corrected
 * before any question can be answered: the key or the model's name. `retries` counts what the client sent again on its
 * own, `uncertain` what it sent without getting an answer: each of those may have been charged (`CallCost`). `form` says
 * how a model was held to the answer's form.
 */
export type JudgeReply = {
  model: string;
  usage: JudgeUsage;
  latencyMs: number;
  retries: number;
  uncertain?: number;
} & (
  | { ok: true; answer: JudgeAnswer; form?: AnswerForm | undefined }
  | {
      ok: false;
      fault: 'refused' | 'truncated' | 'malformed' | 'rejected';
      detail: string;
      /** The API's own words, for the exam alone: they may repeat what was sent. */
      said?: string | undefined;
    }
  | {
      ok: false;
      fault: 'unavailable';
      detail: string;
      passing: boolean;
      mend?: 'key' | 'model' | undefined;
    }
);

/** A question was given up before it was sent, so nothing can be charged. `cause` says why. */
export class NotSent extends Error {
  override readonly name = 'NotSent';

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : 'given up', { cause });
  }
}

/**
 * What asking once may cost, in US dollars. `mostUsd` is booked before the call. `likelyUsd` is what a call counts that
 * was cut off, because nobody will learn what it was charged.
 */
export type CallCost = { likelyUsd: number; mostUsd: number };

/** A judge opened on one pull request. The calls of one replay share its fence and its cached prefix. */
export type PullRequestJudge = {
  /** Rejects when `signal` is aborted, with `NotSent` if nothing had been sent by then. */
  ask(task: JudgeTask, signal?: AbortSignal): Promise<JudgeReply>;
  costOf(task: JudgeTask): CallCost;
  /**
   * Of a judge that follows a rule: the facts that a text states and that the rule can decide, true or false, each by an
   * id of its own. A model has none: it judges meaning.
   */
  factsOf?(text: string): string[];
};

/** A port: makes answer keys and gives verdicts. Code checks and counts its answers; see `verdicts.ts`. */
export type Judge = {
  provider: JudgeProvider;
  /** The requested model. Each reply names the one that answered. */
  model: string;
  /** The origin of an endpoint that the operator chose; null for a provider's own, and for a judge without a model. */
  endpoint: string | null;
  /**
   * SHA-256 (hex) of such an endpoint's whole address: two below one origin may serve one name differently, so they share
   * no judgments. A path may hold a secret, so neither it nor this is ever published. Exams, pooled canaries and resumed
   * runs still tell endpoints apart by origin alone.
   */
  endpointDigest?: string | undefined;
  /** SHA-256 (hex) over the exact bytes of the prompts, or of the rule's version for the offline check. */
  promptDigest: string;
  open(groundTruth: GroundTruth): PullRequestJudge;
};

/** The same judge with its `ask` replaced by the one that `around` returns. */
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
