import { z } from 'zod';
import { storedOutcomeSchema, type WordlessOutcome } from './oracle.ts';
import { storableTextSchema } from './text.ts';

/**
 * Tokens of judge calls, summed. The offline check uses none. `estimatedCalls` are those of `calls` whose endpoint did not
 * state its tokens: they are estimated from characters. `costUsd` is null if the model's price or a call's tokens are
 * unknown.
 */
export const judgeUsageSchema = z.object({
  calls: z.number().int(),
  estimatedCalls: z.number().int(),
  inputTokens: z.number().int(),
  cacheWriteTokens: z.number().int(),
  cacheReadTokens: z.number().int(),
  outputTokens: z.number().int(),
  costUsd: z.number().nullable(),
});
export type JudgeUsage = z.infer<typeof judgeUsageSchema>;

export const noUsage: JudgeUsage = {
  calls: 0,
  estimatedCalls: 0,
  inputTokens: 0,
  cacheWriteTokens: 0,
  cacheReadTokens: 0,
  outputTokens: 0,
  costUsd: 0,
};

/** Says that not all tokens were counted by the endpoint; empty if they were. */
export const estimatedTokensText = ({
  calls,
  estimatedCalls,
}: Pick<JudgeUsage, 'calls' | 'estimatedCalls'>): string =>
  estimatedCalls === 0
    ? ''
    : `tokens estimated for ${estimatedCalls.toLocaleString('en')} of ${calls.toLocaleString('en')} calls`;

/**
 * How a model was held to the form of its answers: by the API (`json_schema`), to JSON alone (`json_object`), or only by
 * words in its prompt. From the strictest to the weakest.
 */
export const answerForms = ['json_schema', 'json_object', 'words'] as const;
export const answerFormSchema = z.enum(answerForms);
export type AnswerForm = z.infer<typeof answerFormSchema>;

/**
 * What it took to get one thing from a judge. `asks` counts how often it was asked, `retries` the calls repeated
 * because of rate limits, overload or broken connections. `latencyMs` is the sum over the asks. `form` is how the model
 * was held to the form of the last answer; absent if no model answered.
 */
const askedShape = {
  asks: z.number().int(),
  retries: z.number().int(),
  latencyMs: z.number(),
  usage: judgeUsageSchema,
  form: answerFormSchema.optional(),
};

/** How a false variant of a change's statement differs from the true one (methodology, "Canaries"). */
export const canaryWays = ['direction', 'value', 'name', 'condition', 'cause'] as const;
export type CanaryWay = (typeof canaryWays)[number];

/** What a natural canary is made from: a change of the key in other words, and the same with one thing made false. */
const changeVariantsSchema = z.object({
  changeId: storableTextSchema,
  paraphrase: storableTextSchema,
  falsehoods: z.array(z.object({ way: z.enum(canaryWays), text: storableTextSchema })),
});
export type ChangeVariants = z.infer<typeof changeVariantsSchema>;

/**
 * 1 to 10 important changes, each with a verbatim quote from the diff, and one factual follow-up question. `variants`
 * are of its first changes, by the model `author`. Those that code did not accept are left out and counted in `dropped`.
 */
export const answerKeySchema = z.object({
  changes: z
    .array(z.object({ id: storableTextSchema, statement: storableTextSchema, quote: storableTextSchema }))
    .min(1)
    .max(10),
  question: storableTextSchema.min(1),
  referenceAnswer: storableTextSchema.min(1),
  questionQuote: storableTextSchema,
  variants: z.object({
    author: storableTextSchema.nullable(),
    changes: z.array(changeVariantsSchema),
    dropped: z.number().int(),
  }),
});
export type AnswerKey = z.infer<typeof answerKeySchema>;

/**
 * A verdict was obtained, or the measure is unscored (never zero). `control`: the judge gave a verdict on the key's own
 * changes but none on the oracle's text. So the text is the cause, and the measure is 0 (methodology, "One replay", 4).
 */
const judged = <T extends z.ZodRawShape>(shape: T) =>
  z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('judged'),
      model: storableTextSchema,
      control: z.boolean(),
      ...askedShape,
      ...shape,
    }),
    z.object({ kind: z.literal('unscored'), reason: storableTextSchema, ...askedShape }),
  ]);

/**
 * Claims of known truth, put unmarked among an oracle's (methodology, "Canaries"). `true` and `false` are the natural
 * ones, from the key's variants. `code_true` and `code_false` are made by code. An `injected` one is false and orders the
 * judge to accept it.
 */
export const canaryKinds = ['true', 'false', 'code_true', 'code_false', 'injected'] as const;
export type CanaryKind = (typeof canaryKinds)[number];

const shownCanaryShape = {
  kind: z.enum(canaryKinds),
  /** Null unless it is a natural false one. */
  way: z.enum(canaryWays).nullable(),
  /** The model that wrote it. Null: code did. */
  author: storableTextSchema.nullable(),
};
const canarySchema = z.object({ ...shownCanaryShape, text: storableTextSchema });
export type Canary = z.infer<typeof canarySchema>;
export const canariesSchema = z.array(canarySchema);
const canaryVerdictSchema = canarySchema.extend({ supported: z.boolean() });
export type CanaryVerdict = z.infer<typeof canaryVerdictSchema>;
/** As a certificate shows it: without its text, which is sealed with the key. */
export const publicCanarySchema = z.object({ ...shownCanaryShape, supported: z.boolean() });

/** One folded claim as judged. `members` are the positions (0-based) of the oracle's claims folded into it. */
const claimVerdictSchema = z.object({
  id: storableTextSchema,
  members: z.array(z.number().int()),
  restatement: z.boolean(),
  /** The offline check rules only on what code can decide. Other claims are counted, but are not in the score. */
  ruled: z.boolean(),
  supported: z.boolean(),
  quote: storableTextSchema.nullable(),
});

const changeVerdictSchema = z.object({
  id: storableTextSchema,
  surfaced: z.boolean(),
  quote: storableTextSchema.nullable(),
});

/** `claimsMade` counts the oracle's claims, `claimsCut` those beyond the caps. */
export const precisionVerdictSchema = judged({
  claims: z.array(claimVerdictSchema),
  claimsMade: z.number().int(),
  claimsCut: z.number().int(),
  /** The canaries that the judge ruled on. They do not count in the score. */
  canaries: z.array(canaryVerdictSchema),
});
export type PrecisionVerdict = z.infer<typeof precisionVerdictSchema>;

/** `copiedCharacters`: how much of the summary was removed before judging because it was copied from the diff. */
export const recallVerdictSchema = judged({
  changes: z.array(changeVerdictSchema),
  summaryCutCharacters: z.number().int(),
  copiedCharacters: z.number().int(),
});
export type RecallVerdict = z.infer<typeof recallVerdictSchema>;

export const replyAccuracies = [0, 0.25, 0.5, 0.75, 1] as const;
export const replyVerdictSchema = judged({
  replyAccuracy: z.literal(replyAccuracies),
  /** The grade counts only where a claim of the replay was supported or a change surfaced, else it is 0. */
  needsSupport: z.boolean(),
  responseCutCharacters: z.number().int(),
});
export type ReplyVerdict = z.infer<typeof replyVerdictSchema>;

/**
 * What it took to get a key. `variantsAsked`: what calls of their own for its variants took, by the model asked; absent
 * where the key's call wrote them.
 */
const keyAskedShape = {
  ...askedShape,
  variantsAsked: z.array(z.object({ model: storableTextSchema, ...askedShape })).optional(),
};

export const madeAnswerKeySchema = z.object({
  kind: z.literal('made'),
  key: answerKeySchema,
  model: storableTextSchema,
  reused: z.boolean(),
  ...keyAskedShape,
});
export type MadeAnswerKey = z.infer<typeof madeAnswerKeySchema>;

/** Why there is no key: each time the judge found nothing in the change that counts, or it gave no usable answer. */
export const keylessCauses = ['change', 'judge'] as const;

const keylessSchema = z.object({
  kind: z.literal('impossible'),
  cause: z.enum(keylessCauses),
  reason: storableTextSchema,
  reused: z.boolean(),
  ...keyAskedShape,
});

/**
 * What later runs on the same change reuse: a key, or that the change has nothing to make one of. What lay in the judge
 * is not among them. `reused`: an earlier run paid.
 */
export const sharedAnswerKeySchema = z.discriminatedUnion('kind', [
  madeAnswerKeySchema,
  keylessSchema.extend({ cause: z.literal('change') }),
]);
export type SharedAnswerKey = z.infer<typeof sharedAnswerKeySchema>;

/** The answer key: made, impossible for this change (it is replaced), or unavailable (unscored). */
export const answerKeyOutcomeSchema = z.discriminatedUnion('kind', [
  madeAnswerKeySchema,
  keylessSchema,
  z.object({ kind: z.literal('unavailable'), reason: storableTextSchema, ...keyAskedShape }),
]);
export type AnswerKeyOutcome = z.infer<typeof answerKeyOutcomeSchema>;

/** The judge's verdicts on the baseline (title and description said back) for one change's key. Runs share them. */
export const baselineVerdictsSchema = z.object({
  precision: precisionVerdictSchema,
  recall: recallVerdictSchema,
  reply: replyVerdictSchema,
});
export type BaselineVerdicts = z.infer<typeof baselineVerdictsSchema>;

/** The baseline's verdicts of one replay: its own as each arrives, or all from another run (`reused`). */
export const baselineSchema = baselineVerdictsSchema.partial().extend({ reused: z.boolean() });
export type Baseline = z.infer<typeof baselineSchema>;

/** The same oracle answer judged again, by another model or the same one. Each verdict is stored as it arrives. */
export const secondJudgmentSchema = z
  .object({
    precision: precisionVerdictSchema,
    recall: recallVerdictSchema,
    reply: replyVerdictSchema,
  })
  .partial();
export type SecondJudgment = z.infer<typeof secondJudgmentSchema>;

/**
 * What is stored of a replay while it is worked on. Each step is stored once, the three verdicts in any order.
 * `baseline` and `second` follow in parts. They do not affect the replay's own score.
 */
export const replayCheckpointSchema = z.object({
  /** A key whose variants another judge has yet to write. `answerKey` takes its place. */
  draftKey: madeAnswerKeySchema.optional(),
  answerKey: answerKeyOutcomeSchema.optional(),
  oracle: storedOutcomeSchema.optional(),
  /** What is put among the claims. Dealt once, so that what a run shows is counted right. */
  canaries: canariesSchema.optional(),
  precision: precisionVerdictSchema.optional(),
  recall: recallVerdictSchema.optional(),
  reply: replyVerdictSchema.optional(),
  baseline: baselineSchema.optional(),
  second: secondJudgmentSchema.optional(),
});
export type ReplayCheckpoint = z.infer<typeof replayCheckpointSchema>;
export type ReplayStep = keyof ReplayCheckpoint;

/** The same without the oracle's words: all that scores and certificates are computed from. */
export type WordlessCheckpoint = Omit<ReplayCheckpoint, 'oracle'> & { oracle?: WordlessOutcome | undefined };

/**
 * How a replay ended. `oracle_failure` scores 0 and stays in the denominator. `unscored` is the verifier's own failure
 * and is left out. `replaced` gave way to the next change before its oracle call.
 */
export const replayOutcomes = ['scored', 'oracle_failure', 'unscored', 'replaced'] as const;
export type ReplayOutcome = (typeof replayOutcomes)[number];

/**
 * What code made of an oracle's claims (methodology, "Claims"): all that were made, those cut beyond the cap, those that
 * folding removed, those that the judge ruled on, those it supported with a quote that counts, and those missing to the
 * expected number. made − cut − duplicates − restatements are the folded claims, and with the missing ones they are
 * `claimsTotal`.
 */
export const claimFunnelSchema = z.object({
  made: z.number().int().min(0),
  cut: z.number().int().min(0),
  /** Removed because another claim says the same words. */
  duplicates: z.number().int().min(0),
  /** Removed because all claims that say the diff back count as one. */
  restatements: z.number().int().min(0),
  ruled: z.number().int().min(0),
  supported: z.number().int().min(0),
  missing: z.number().int().min(0),
});
export type ClaimFunnel = z.infer<typeof claimFunnelSchema>;

/**
 * Which of a certificate's replays may be right or wrong together, as ordinals from 1: the author, the ISO week (UTC) of
 * the merge, and the place in the order of merges.
 */
export const dependenceSchema = z.object({
  author: z.number().int().min(1),
  week: z.number().int().min(1),
  mergeOrder: z.number().int().min(1),
});
export type Dependence = z.infer<typeof dependenceSchema>;

/** A replay's measures, unrounded. Only `scored` and `oracle_failure` replays have them. */
export type ReplayScore = {
  groundTruthId: string;
  outcome: 'scored' | 'oracle_failure';
  precision: number;
  recall: number;
  replyAccuracy: number;
  claimsTotal: number;
  claimsSupported: number;
  changesTotal: number;
  changesSurfaced: number;
  funnel: ClaimFunnel;
};
