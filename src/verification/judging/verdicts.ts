import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { JudgedAnswer } from '#contracts/oracle.ts';
import {
  type AnswerKey,
  type Canary,
  type PrecisionVerdict,
  type RecallVerdict,
  type ReplyVerdict,
  replyAccuracies,
} from '#contracts/replay.ts';
import { mixCanaries } from '../canaries/mix-canaries.ts';
import type { ParsedDiff } from '../diff/parse-diff.ts';
import type { PullRequestJudge } from '../judges/judge.ts';
import { removeCopiedPassages } from '../text/copied-passages.ts';
import { foldClaims } from '../text/fold-claims.ts';
import { faultOfDiffQuote, faultOfTextQuote } from '../text/quotes.ts';
import { askWithinBudget, maxAsks, notAsked, withoutOutcome } from './ask.ts';
import {
  type Attempt,
  controlPasses,
  type Obtained,
  obtainVerdict,
  type Ruling,
  type Rulings,
  ruleOnEach,
} from './ruling.ts';

export type VerdictMaterial = {
  judge: PullRequestJudge;
  /** The judge's configured model, named if code decides without asking. */
  model: string;
  groundTruth: GroundTruth;
  diff: ParsedDiff;
  key: AnswerKey;
  answer: JudgedAnswer;
  /** The answer is title and description by construction, so its claims are not folded for standing there. */
  isBaseline?: boolean;
  /** How the run's judge folds claims, also for another one that judges the same claims again. */
  factsOf?: PullRequestJudge['factsOf'] | undefined;
  signal?: AbortSignal | undefined;
};

/** Claims of known truth to put among the oracle's, and the seed that decides their places. */
export type CanaryMaterial = { canaries: Canary[]; seed: string };

/** How claims about a change are ruled on, an oracle's and the exam's alike. */
export const rulingOnClaims = (items: { id: string; text: string }[], diff: ParsedDiff): Ruling => ({
  ids: items.map(({ id }) => id),
  task: (pending, faults) => ({
    measure: 'precision',
    claims: items.filter(({ id }) => pending.has(id)).map(({ id, text }) => ({ id, text })),
    ...(faults.length > 0 && { faults }),
  }),
  yes: 'supported',
  no: 'not_supported',
  faultOfQuote: (quote, asked) =>
    faultOfDiffQuote(quote, diff, items.find(({ id }) => id === asked)?.text ?? ''),
});

/**
 * Precision (methodology, "One replay", 3 and 4). Every text of every folded claim is judged under its own id, which
 * does not show the folding. A claim is supported only if each of its texts is. The judge rules on canaries among them;
 * they count in no score.
 */
export const judgePrecision = async (
  material: VerdictMaterial,
  { canaries, seed }: CanaryMaterial = { canaries: [], seed: '' },
): Promise<PrecisionVerdict> => {
  const { answer, groundTruth, diff, key } = material;
  const claims = foldClaims(
    answer.keyClaims,
    material.isBaseline ? { ...groundTruth, title: '', description: '' } : groundTruth,
    material.factsOf,
  );
  const own = claims.flatMap((claim) => claim.texts.map((text) => ({ claim: claim.id, canary: null, text })));
  const texts = mixCanaries(own, canaries, `${seed}/${groundTruth.id}`).map((item, index) => ({
    ...item,
    id: `t${index + 1}`,
  }));
  const verdict = await obtainRulings(material, rulingOnClaims(texts, diff), () =>
    rulingOnClaims(
      key.changes.map(({ statement }, index) => ({ id: `t${index + 1}`, text: statement })),
      diff,
    ),
  );
  if (verdict.kind === 'unscored') return verdict;
  const { rulings, ...judged } = verdict;
  return {
    ...judged,
    claims: claims.map(({ id, members, restatement }) => {
      const own = texts.filter((text) => text.claim === id);
      const quotes = own.map((text) => rulings.get(text.id) ?? null);
      // Where a control shows that the text is the cause, each claim is ruled on: it is not supported.
      const ruled = judged.control || own.some((text) => rulings.has(text.id));
      const supported = quotes.every((quote) => quote !== null);
      return { id, members, restatement, ruled, supported, quote: supported ? (quotes[0] ?? null) : null };
    }),
    claimsMade: answer.keyClaims.length + answer.cut.claims,
    claimsCut: answer.cut.claims,
    canaries: texts.flatMap(({ id, canary, text }) => {
      const ruling = rulings.get(id);
      return canary === null || ruling === undefined ? [] : [{ ...canary, text, supported: ruling !== null }];
    }),
  };
};

/** Recall: which changes of the key the summary surfaces, after passages copied from the diff are removed. */
export const judgeRecall = async (material: VerdictMaterial): Promise<RecallVerdict> => {
  const { answer, groundTruth, key } = material;
  const { text: summary, copiedCharacters } = removeCopiedPassages(answer.summary, groundTruth.diff);
  const rulingOn = (text: string): Ruling => ({
    ids: key.changes.map(({ id }) => id),
    task: (pending, faults) => ({
      measure: 'recall',
      // Fields in a fixed order, whatever the stored key has, so that the same question has the same bytes.
      changes: key.changes
        .filter(({ id }) => pending.has(id))
        .map(({ id, statement, quote }) => ({ id, statement, quote })),
      summary: text,
      ...(faults.length > 0 && { faults }),
    }),
    yes: 'surfaced',
    no: 'not_surfaced',
    faultOfQuote: (quote) => faultOfTextQuote(quote, text),
  });
  const verdict = await obtainRulings(
    material,
    saysSomething(summary) ? rulingOn(summary) : { ...rulingOn(summary), ids: [] },
    () => rulingOn(key.changes.map(({ statement }) => statement).join('\n')),
  );
  if (verdict.kind === 'unscored') return verdict;
  const { rulings, ...judged } = verdict;
  return {
    ...judged,
    changes: key.changes.map(({ id }) => {
      const quote = rulings.get(id) ?? null;
      return { id, surfaced: quote !== null, quote };
    }),
    summaryCutCharacters: answer.cut.summaryCharacters,
    copiedCharacters,
  };
};

type ReplyAccuracy = (typeof replyAccuracies)[number];

/** Reply accuracy: one of five grades for the response, compared with diff and reference answer. */
export const judgeReply = async (material: VerdictMaterial): Promise<ReplyVerdict> => {
  const { model, answer, key } = material;
  const response = answer.followUpResponse;
  const responseCutCharacters = answer.cut.responseCharacters;
  if (!saysSomething(response)) {
    return {
      kind: 'judged',
      control: false,
      ...notAsked(model),
      replyAccuracy: 0,
      needsSupport: material.judge.factsOf !== undefined,
      responseCutCharacters,
    };
  }
  const obtained = await obtainVerdict(await gradeReply(material, response, maxAsks), async () => {
    const control = await gradeReply(material, key.referenceAnswer, 1);
    return { ...control, passes: control.outcome.kind === 'settled' && (control.value ?? 0) >= 0.5 };
  });
  if (obtained.kind === 'unscored') return unscored(obtained);
  return {
    kind: 'judged',
    control: obtained.kind === 'control',
    model: obtained.model,
    ...tookOf(obtained),
    replyAccuracy: obtained.kind === 'obtained' ? (obtained.value ?? 0) : 0,
    needsSupport: material.judge.factsOf !== undefined,
    responseCutCharacters,
  };
};

const gradeReply = async (
  { judge, model, key, signal }: VerdictMaterial,
  response: string,
  budget: number,
): Promise<Attempt<ReplyAccuracy | null>> => {
  let value: ReplyAccuracy | null = null;
  const asked = await askWithinBudget(
    judge,
    model,
    () => ({ measure: 'reply', question: key.question, referenceAnswer: key.referenceAnswer, response }),
    ({ verdicts }) => {
      // Only one thing is judged, so any id must mean it.
      const [first, ...rest] = verdicts;
      value = replyAccuracies.find((accuracy) => String(accuracy) === first?.verdict) ?? null;
      if (rest.length > 0) return `${verdicts.length} verdicts on one response`;
      return value === null ? 'no verdict in the range' : null;
    },
    { signal, budget },
  );
  return { ...asked, value };
};

/** Rulings on the oracle's text. Empty, so that every id is a no, if the control shows that this text is the cause. */
const obtainRulings = async (material: VerdictMaterial, ruling: Ruling, control: () => Ruling) => {
  const obtained = await obtainVerdict(await ruleOnEach(material, ruling), async () => {
    const attempt = await ruleOnEach(material, control(), 1);
    return { ...attempt, passes: controlPasses(attempt) };
  });
  if (obtained.kind === 'unscored') return unscored(obtained);
  const rulings: Rulings = obtained.kind === 'obtained' ? obtained.value : new Map();
  return {
    kind: 'judged',
    control: obtained.kind === 'control',
    model: obtained.model,
    ...tookOf(obtained),
    rulings,
  } as const;
};

const saysSomething = (text: string) => /[\p{L}\p{N}]/u.test(text);

const tookOf = (obtained: Obtained<unknown>) => {
  const { model: _, ...took } = withoutOutcome(obtained);
  return took;
};

const unscored = (obtained: Extract<Obtained<unknown>, { kind: 'unscored' }>) => ({
  kind: 'unscored' as const,
  reason: obtained.reason,
  ...tookOf(obtained),
});
