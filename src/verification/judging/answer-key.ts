import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { AnswerKey, AnswerKeyOutcome, CanaryWay } from '#contracts/replay.ts';
import { checkVariants } from '../canaries/variants.ts';
import { dealWays } from '../canaries/ways.ts';
import { type ParsedDiff, parseDiff } from '../diff/parse-diff.ts';
import type { JudgeAnswer, PullRequestJudge } from '../judges/judge.ts';
import { quoteCountsInDiff } from '../text/quotes.ts';
import { askWithinBudget } from './ask.ts';

const maxChanges = 10;

/** The usable part of one answer, and how many of its changes were dropped. */
type Candidate = { key: AnswerKey; dropped: number };

/**
 * The answer key of one pull request (methodology, "One replay", 1), made before its oracle call. Code assigns the ids
 * and checks that every quote stands in the diff. If quotes of some changes do not, the judge is asked again once, and
 * then those changes are left out. Without a quoted change or without a quoted question the key is `impossible`, and
 * the pull request is replaced. Variants that code does not accept are left out, and the judge is not asked for others.
 * @param variants false: they are asked for apart (`withVariants`).
 */
export const makeAnswerKey = async (
  judge: PullRequestJudge,
  groundTruth: GroundTruth,
  { model, variants = true, signal }: { model: string; variants?: boolean; signal?: AbortSignal | undefined },
): Promise<AnswerKeyOutcome> => {
  const diff = parseDiff(groundTruth.diff);
  const ways = variants ? dealWays(groundTruth) : [];
  let best: Candidate | null = null;
  let empty = 0;
  const { outcome, ...asked } = await askWithinBudget(
    judge,
    model,
    () => ({ measure: 'answer_key', ...(variants && { ways }) }),
    (answer) => {
      if (answer.changes.length === 0) empty += 1;
      const candidate = readKey(answer, { diff, groundTruth, ways });
      if (typeof candidate === 'string') return candidate;
      const askedBefore = best !== null;
      // If two keys both lost changes, the one that keeps more says more about the pull request.
      if (best === null || candidate.key.changes.length > best.key.changes.length) best = candidate;
      return candidate.dropped === 0 || askedBefore
        ? null
        : `${candidate.dropped} changes without a quote from the diff`;
    },
    { signal },
  );
  const { model: answering, ...took } = asked;
  if (outcome.kind === 'unavailable') return { kind: 'unavailable', reason: outcome.detail, ...took };
  const key = keyOf(best);
  if (key !== null) {
    const author = key.variants.changes.length === 0 ? null : answering;
    const signed = { ...key, variants: { ...key.variants, author } };
    return { kind: 'made', key: signed, model: answering, reused: false, ...took };
  }
  const fault = outcome.kind === 'outlived' ? outcome.fault : '';
  // This request holds no oracle's text. So a rejection counts as the verifier's failure, not the pull request's.
  if (outcome.kind === 'outlived' && outcome.rejected) return { kind: 'unavailable', reason: fault, ...took };
  return {
    kind: 'impossible',
    // Nothing but empty answers is a finding about the change. Whatever else cannot be used is the judge's own failure.
    cause: empty === took.asks ? 'change' : 'judge',
    reason: `no usable answer key after asking ${took.asks} times: ${fault}`,
    reused: false,
    ...took,
  };
};

const keyOf = (candidate: Candidate | null): AnswerKey | null => candidate?.key ?? null;

/** The usable part of an answer, or why the whole answer is useless. */
function readKey(
  { changes, question, variants }: JudgeAnswer,
  { diff, groundTruth, ways }: { diff: ParsedDiff; groundTruth: GroundTruth; ways: CanaryWay[][] },
): Candidate | string {
  if (changes.length === 0) return 'no changes named';
  if (changes.length > maxChanges)
    return `${changes.length} changes named, at most ${maxChanges} are asked for`;
  if (question === null || isBlank(question.text) || isBlank(question.reference_answer)) {
    return 'no question with a reference answer';
  }
  const asked = `${question.text} ${question.reference_answer}`;
  if (!quoteCountsInDiff(question.quote, diff, asked)) return 'the question has no quote from the diff';
  const statements = new Set<string>();
  const kept = changes.filter(({ statement, quote }) => {
    const folded = statement.toLowerCase().replace(/\s+/gu, ' ').trim();
    if (folded === '' || statements.has(folded) || !quoteCountsInDiff(quote, diff, statement)) return false;
    statements.add(folded);
    return true;
  });
  if (kept.length === 0) return 'no change has a quote from the diff';
  const keyChanges = kept.map(({ statement, quote }, index) => ({ id: `c${index + 1}`, statement, quote }));
  const written = kept.flatMap(({ id }, index) => {
    // Ways were dealt to the changes in the order of the answer, before code left any out.
    const own = ways[changes.findIndex((change) => change.id === id)];
    const change = keyChanges[index];
    return own === undefined || change === undefined
      ? []
      : [{ change, ways: own, texts: variants.filter((variant) => variant.id === id) }];
  });
  return {
    dropped: changes.length - kept.length,
    key: {
      changes: keyChanges,
      variants: {
        author: null,
        ...checkVariants(
          groundTruth,
          keyChanges.map(({ statement }) => statement),
          written,
        ),
      },
      question: question.text,
      referenceAnswer: question.reference_answer,
      questionQuote: question.quote,
    },
  };
}

const isBlank = (text: string) => text.trim() === '';
