import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { SeededChoice } from '../text/seeded-choice.ts';
import { readAbsence } from './absence.ts';
import { alter, reverse } from './alterations.ts';
import { type ChangeLines, readChangeLines } from './change-lines.ts';
import { type Fact, readFacts } from './diff-facts.ts';
import { phrase } from './phrasing.ts';

/** A claim and the name or path that it is about. Canaries of one pull request should differ in their subjects. */
export type Claim = { subject: string; text: string };

/** How many false claims each way of making them tries: one is needed, the others are fallbacks. */
const triedPerWay = 6;

export const subjectOf = (fact: Fact): string => ('name' in fact ? fact.name : fact.path);

/**
 * Facts in the order of their use: one of each kind in turn, from a chosen kind and place on. Mentions and words come
 * last, because they say little on their own.
 */
export function byChance(facts: Fact[], choice: SeededChoice, label: string): Fact[] {
  const kinds = new Map<Fact['about'], Fact[]>();
  for (const fact of facts) {
    const same = kinds.get(fact.about);
    if (same) same.push(fact);
    else kinds.set(fact.about, [fact]);
  }
  const [mentions, words] = [kinds.get('mention') ?? [], kinds.get('word') ?? []];
  const telling = [...kinds.keys()].filter((kind) => kind !== 'mention' && kind !== 'word').sort();
  return [
    ...inTurn(
      choice
        .turned(telling, `${label} kinds`)
        .map((kind) => choice.turned(kinds.get(kind) ?? [], `${label} ${kind}`)),
    ),
    ...choice.turned(mentions, `${label} mention`),
    ...choice.turned(words, `${label} word`),
  ];
}

/** The first of each list, then the second of each, … */
function inTurn<T>(lists: T[][]): T[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, at) => lists.flatMap((list) => list.slice(at, at + 1))).flat();
}

type Material = {
  groundTruth: GroundTruth;
  others: GroundTruth[];
  change: ChangeLines;
  /** The change's own facts in the order of `byChance`. */
  facts: Fact[];
  choice: SeededChoice;
};

/**
 * Claims that are certainly false of a change. Three ways of making them take turns: a fact in the opposite direction; a
 * fact with a name or number that stands nowhere in the pull request; a fact of another pull request about a file that
 * this one does not touch and a name that it does not hold.
 */
export function falseClaims({ groundTruth, others, change, facts, choice }: Material): Claim[] {
  const absence = readAbsence(groundTruth);
  const told = facts.slice(0, triedPerWay);
  const claim = (fact: Fact, subject: string, label: string): Claim => ({
    subject,
    text: phrase(fact, choice, label),
  });
  const reversed = told.map((fact, at) => claim(reverse(fact), subjectOf(fact), `reversed ${at}`));
  const altered = told.flatMap((fact, at) => {
    const other = alter(fact, absence, choice, `altered ${at}`);
    return other === null ? [] : [claim(other, subjectOf(fact), `altered ${at}`)];
  });
  const touched = new Set([
    ...groundTruth.filesChanged,
    ...change.files.flatMap((file) => [file.path, file.oldPath ?? file.path]),
  ]);
  const foreign = choice.turned(others, 'others').flatMap((other, at) =>
    byChance(readFacts(readChangeLines(other.diff)), choice, `other ${at}`)
      .filter((fact) => fact.about !== 'word' && !touched.has(fact.path) && absence.name(subjectOf(fact)))
      .slice(0, 2)
      .map((fact, place) => claim(fact, subjectOf(fact), `other ${at} ${place}`)),
  );
  return inTurn(choice.turned([reversed, altered, foreign], 'ways'));
}
