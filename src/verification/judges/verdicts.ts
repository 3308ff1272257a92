import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { OracleAnswer } from '#contracts/oracle.ts';
import {
  type AnswerKey,
  type PrecisionVerdict,
  type RecallVerdict,
  type ReplyVerdict,
  replyAccuracies,
} from '#contracts/replay.ts';
import {
  maxResponseCharacters,
  maxSummaryCharacters,
  removeCopiedPassages,
} from '../replay/copied-passages.ts';
import { foldClaims } from '../replay/fold-claims.ts';
import { quoteCountsInDiff, quoteCountsInText } from '../replay/quotes.ts';
import { cutText } from '../replay/words.ts';
import type { ParsedDiff } from '../sources/diff.ts';
import type { JudgeAnswer, JudgeTask, PullRequestJudge } from './judge.ts';
import { type Asked, type AskOutcome, askWithinBudget, maxAsks, notAsked } from './verdicts-ask.ts';

export type VerdictMaterial = {
  judge: PullRequestJudge;
  /** The judge's configured model, named where code decides without asking. */
  model: string;
  groundTruth: GroundTruth;
  diff: ParsedDiff;
  key: AnswerKey;
  answer: OracleAnswer;
  signal?: AbortSignal | undefined;
};

/**
 * Precision (methodology, "One replay", 3 and 4): every text of every folded claim is judged under an id of its own
 * that does not show the folding; a claim is supported only if each of its texts is.
 */
export const judgePrecision = async (material: VerdictMaterial): Promise<PrecisionVerdict> => {
  const { answer, groundTruth, diff } = material;
  const { claims, claimsMade, claimsCut } = foldClaims(answer.keyClaims, groundTruth);
  const texts = claims
    .flatMap((claim) => claim.texts.map((text) => ({ claim: claim.id, text })))
    .map((item, index) => ({ ...item, id: `t${index + 1}` }));
  const { rulings, asked, unscored } = await ruleOnEach(material, {
    ids: texts.map(({ id }) => id),
    task: (pending) => ({
      measure: 'precision',
      claims: texts.filter(({ id }) => pending.has(id)).map(({ id, text }) => ({ id, text })),
    }),
    yes: 'supported',
    no: 'not_supported',
    quoteCounts: (quote) => quoteCountsInDiff(quote, diff),
  });
  if (unscored !== null) return unscoredVerdict(asked, unscored);
  return {
    kind: 'judged',
    ...asked,
    claims: claims.map(({ id, members, restatement }) => {
      const quotes = texts.filter((text) => text.claim === id).map((text) => rulings.get(text.id) ?? null);
      const supported = quotes.every((quote) => quote !== null);
      return { id, members, restatement, supported, quote: supported ? (quotes[0] ?? null) : null };
    }),
    claimsMade,
    claimsCut,
  };
};

/** Recall: which changes of the key the summary surfaces, once what it copied from the diff is taken out. */
export const judgeRecall = async (material: VerdictMaterial): Promise<RecallVerdict> => {
  const { answer, diff, key } = material;
  const { text: judged, cut: summaryCutCharacters } = cutText(answer.summary, maxSummaryCharacters);
  const { text: summary, copiedCharacters } = removeCopiedPassages(judged, diff);
  const { rulings, asked, unscored } = await ruleOnEach(material, {
    ids: saysSomething(summary) ? key.changes.map(({ id }) => id) : [],
    task: (pending) => ({
      measure: 'recall',
      changes: key.changes.filter(({ id }) => pending.has(id)),
      summary,
    }),
    yes: 'surfaced',
    no: 'not_surfaced',
    quoteCounts: (quote) => quoteCountsInText(quote, summary),
  });
  if (unscored !== null) return unscoredVerdict(asked, unscored);
  return {
    kind: 'judged',
    ...asked,
    changes: key.changes.map(({ id }) => {
      const quote = rulings.get(id) ?? null;
      return { id, surfaced: quote !== null, quote };
    }),
    summaryCutCharacters,
    copiedCharacters,
  };
};

/** Reply accuracy: one of five values for the response against diff and reference answer. */
export const judgeReply = async (material: VerdictMaterial): Promise<ReplyVerdict> => {
  const { judge, model, answer, key, signal } = material;
  const { text: response, cut: responseCutCharacters } = cutText(
    answer.followUpResponse,
    maxResponseCharacters,
  );
  if (!saysSomething(response)) {
    return { kind: 'judged', ...notAsked(model), replyAccuracy: 0, responseCutCharacters };
  }
  let replyAccuracy: (typeof replyAccuracies)[number] | null = null;
  const { outcome, ...asked } = await askWithinBudget(
    judge,
    model,
    () => ({ measure: 'reply', question: key.question, referenceAnswer: key.referenceAnswer, response }),
    ({ verdicts }) => {
      // One thing is judged, so whatever id the verdict bears can only mean that one.
      const [first, ...rest] = verdicts;
      replyAccuracy = replyAccuracies.find((value) => String(value) === first?.verdict) ?? null;
      if (rest.length > 0) return `${verdicts.length} verdicts on one response`;
      return replyAccuracy === null ? 'no verdict in the range' : null;
    },
    signal,
  );
  return outcome.kind === 'settled' && replyAccuracy !== null
    ? { kind: 'judged', ...asked, replyAccuracy, responseCutCharacters }
    : unscoredVerdict(asked, reasonOf(outcome, asked.asks));
};

type Ruling = {
  ids: string[];
  task: (pending: ReadonlySet<string>) => JudgeTask;
  yes: JudgeAnswer['verdicts'][number]['verdict'];
  no: JudgeAnswer['verdicts'][number]['verdict'];
  quoteCounts: (quote: string) => boolean;
};

/**
 * Asks for a yes or no on each id until each has one. A yes counts with a quote that counts; without one it is asked
 * again once and is a no then. `rulings` holds the quote of each yes and null for each no.
 */
const ruleOnEach = async (
  { judge, model, signal }: VerdictMaterial,
  { ids, task, yes, no, quoteCounts }: Ruling,
): Promise<{ rulings: Map<string, string | null>; asked: Asked; unscored: string | null }> => {
  const rulings = new Map<string, string | null>();
  if (ids.length === 0) return { rulings, asked: notAsked(model), unscored: null };
  const pending = new Set(ids);
  const unquoted = new Set<string>();

  const read = ({ verdicts }: JudgeAnswer): string | null => {
    // An id that was not asked about means that the judge confused its ids: none of its verdicts can be trusted.
    // One that was settled before is only superfluous.
    if (verdicts.some(({ id }) => !ids.includes(id))) return 'a verdict on an unknown id';
    for (const id of [...pending]) {
      const [ruling, ...repeated] = verdicts.filter((verdict) => verdict.id === id);
      if (ruling === undefined || repeated.length > 0) continue;
      if (ruling.verdict === no) settle(id, null);
      else if (ruling.verdict === yes) {
        if (quoteCounts(ruling.quote)) settle(id, ruling.quote);
        else if (unquoted.has(id)) settle(id, null);
        else unquoted.add(id);
      }
    }
    return pending.size === 0 ? null : `${pending.size} of ${ids.length} verdicts missing or not usable`;
  };
  const settle = (id: string, quote: string | null) => {
    pending.delete(id);
    rulings.set(id, quote);
  };

  const { outcome, ...asked } = await askWithinBudget(judge, model, () => task(pending), read, signal);
  return { rulings, asked, unscored: outcome.kind === 'settled' ? null : reasonOf(outcome, asked.asks) };
};

const saysSomething = (text: string) => /[\p{L}\p{N}]/u.test(text);

const reasonOf = (outcome: AskOutcome, asks: number): string =>
  outcome.kind === 'unavailable'
    ? `the judge was not available: ${outcome.detail}`
    : `no usable verdict in ${asks} of ${maxAsks} askings${outcome.kind === 'outlived' ? `: ${outcome.fault}` : ''}`;

const unscoredVerdict = ({ asks, latencyMs, usage }: Asked, reason: string) =>
  ({ kind: 'unscored', reason, asks, latencyMs, usage }) as const;
