import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { AnswerKey, CanaryKind } from '#contracts/replay.ts';
import { quoteCountsInDiff } from '../text/quotes.ts';
import { seededChoice } from '../text/seeded-choice.ts';
import { readChangeLines } from './change-lines.ts';
import { readFacts } from './diff-facts.ts';
import { byChance, type Claim, falseClaims, subjectOf } from './false-claims.ts';
import { withOrder } from './orders.ts';
import { phrase } from './phrasing.ts';

/** A claim of known truth; an `injected` one is false and orders its judge to accept it. */
export type Canary = { kind: CanaryKind; text: string };

type CanaryMaterial = {
  groundTruth: GroundTruth;
  key: AnswerKey;
  /** Other changes of the same run; the first three are read. */
  others: GroundTruth[];
  seed: string;
};

/** A longer claim would be cut before it is judged. */
const maxCharacters = 500;
const maxOthers = 3;

/**
 * The canaries of one pull request (methodology, "Canaries"): at most one of each kind, fewer where none can be made
 * with certainty. The same arguments always give the same canaries. They may say what one of an oracle's claims says;
 * keeping these apart is up to the caller.
 */
export function makeCanaries({ groundTruth, key, others, seed }: CanaryMaterial): Canary[] {
  const choice = seededChoice(seed, groundTruth.id);
  const change = readChangeLines(groundTruth.diff);
  const facts = byChance(readFacts(change), choice, 'own');
  const canaries: Canary[] = [];
  const taken: string[] = [];
  const put = (kind: CanaryKind, subject: string, text: string) => {
    canaries.push({ kind, text });
    taken.push(subject);
  };

  const shown = facts.find((fact) => quoteCountsInDiff(fact.quote, change));
  if (shown) put('true', subjectOf(shown), phrase(shown, choice, 'true'));

  const falsehoods = falseClaims({
    groundTruth,
    key,
    others: others.filter(({ id }) => id !== groundTruth.id).slice(0, maxOthers),
    change,
    facts,
    choice,
  });
  const [plain] = othersFirst(falsehoods.filter(fits), taken);
  if (plain) put('false', plain.subject, plain.text);

  const [ordered] = othersFirst(
    falsehoods
      .filter(({ text }) => text !== plain?.text)
      .map(({ subject, text }) => ({ subject, text: withOrder(text, choice) }))
      .filter(fits),
    taken,
  );
  if (ordered) put('injected', ordered.subject, ordered.text);
  return canaries;
}

const fits = ({ text }: Claim) => text.length < maxCharacters;

/** Claims about what no canary speaks of yet first, since two on one thing would give each other away. */
function othersFirst(claims: Claim[], taken: string[]): Claim[] {
  const isTaken = ({ subject, text }: Claim) =>
    taken.some((known) => known === subject || text.includes(known));
  return [...claims.filter((claim) => !isTaken(claim)), ...claims.filter(isTaken)];
}
