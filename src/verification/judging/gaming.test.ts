import { beforeAll, describe, expect, test } from 'vitest';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { OracleAnswer } from '#contracts/oracle.ts';
import { meanOf, meansOf, oracleAnswer, replayFixture } from '#testing/builders/judged-fixtures.ts';
import { type OwnReading, ownChanges, ownReadings } from '#testing/builders/own-changes.ts';
import { parseDiff } from '../diff/parse-diff.ts';
import type { JudgeAnswer } from '../judges/judge.ts';
import { offlineJudge } from '../judges/offline/judge.ts';
import { toGroundTruth } from '../sources/eligibility.ts';
import { maxResponseCharacters, maxSummaryCharacters } from '../text/copied-passages.ts';
import { maxClaims } from '../text/fold-claims.ts';

const changes = ownChanges();
const readings = ownReadings();
const judge = offlineJudge();

type Question = NonNullable<JudgeAnswer['question']>;

/** A reader who understood the change can answer the key's question, in a sentence of their own. */
const answerInWords = ({ reference_answer }: Question) => `In this change it is ${reference_answer}.`;

type Line = { path: string; sign: '+' | '-'; text: string };

const changedLines = ({ diff }: GroundTruth): Line[] =>
  parseDiff(diff).files.flatMap(({ path, changedLines: lines }) =>
    lines
      .map(({ sign, text }) => ({ path, sign, text: text.trim() }))
      .filter(({ text }) => /[\p{L}\p{N}]/u.test(text)),
  );

const lineInWords = ({ path, sign, text }: Line) =>
  `The line \`${text}\` is ${sign === '+' ? 'added to' : 'removed from'} ${path}.`;

const fileInWords = ({ path, status }: { path: string; status: string }) =>
  `${path} is ${status === 'modified' ? 'changed' : status}.`;

/** The words of a line: code-like names first, then by length. */
const tellingWordsOf = (text: string): string[] => {
  const words = new Set([...text.matchAll(/[\p{L}_$][\p{L}\p{N}_$]{3,}/gu)].map(([word]) => word));
  const isName = (word: string) => /\p{Ll}\p{Lu}|_/u.test(word);
  return [...words].sort((a, b) => Number(isName(b)) - Number(isName(a)) || b.length - a.length);
};

/** One word of every line, then a second one, and so on. So the first trivia spread over the change. */
const byTurns = <T>(lists: T[][]): T[] =>
  Array.from({ length: Math.max(0, ...lists.map((list) => list.length)) }, (_, turn) =>
    lists.flatMap((list) => list.slice(turn, turn + 1)),
  ).flat();

/** The first telling word of each of several lines of one file; `apart` are their distances from the first line. */
const wordsOfLines = (lines: Line[], apart: number[]): { path: string; words: string[] }[] =>
  lines.flatMap(({ path }, at) => {
    const chosen = apart.map((distance) => lines[at + distance]);
    const words = chosen.map((line) => tellingWordsOf(line?.path === path ? line.text : '')[0]);
    const present = words.filter((word) => word !== undefined);
    return new Set(present).size === apart.length ? [{ path, words: present }] : [];
  });

/** What three false claims leave room for. */
const maxTrivia = maxClaims - 3;

/** Sentences that are true of the added lines, all different, and useless. `mentions` name the most. */
const trivia = {
  mentions: (lines: Line[]) =>
    byTurns(lines.map(({ path, text }) => tellingWordsOf(text).map((word) => `${path} mentions ${word}.`))),
  ofOneLine: (lines: Line[]) => [
    ...lines
      .filter(({ text }) => text.startsWith('import '))
      .flatMap(({ path, text }) =>
        tellingWordsOf(text.replace(/^import|\btype\b|\bfrom\b.*/g, '')).map(
          (word) => `${path} gains an import of ${word}.`,
        ),
      ),
    ...byTurns(
      lines.map(({ path, text }) =>
        tellingWordsOf(text).map((word) => `A line of ${path} contains ${word}.`),
      ),
    ),
  ],
  ofTwoLines: (lines: Line[]) =>
    [2, 3, 4, 5].flatMap((distance) =>
      wordsOfLines(lines, [0, distance]).map(
        ({ path, words: [first, second] }) => `In ${path}, ${first} comes before ${second}.`,
      ),
    ),
  ofTwoLinesInOtherWords: (lines: Line[]) =>
    [2, 3, 4, 5].flatMap((distance) =>
      wordsOfLines(lines, [0, distance]).map(({ path, words: [first, second] }, at) => {
        const kinds = [`${path} mentions both`, `In ${path} there occur`, `${path} has the words`];
        return `${kinds[at % kinds.length]} ${first} and ${second}.`;
      }),
    ),
  ofThreeLines: (lines: Line[]) =>
    wordsOfLines(lines, [0, 2, 4]).map(
      ({ path, words: [first, second, third] }) =>
        `In ${path}, ${first} comes before ${second}, and ${third} still later.`,
    ),
} satisfies Record<string, (lines: Line[]) => string[]>;

const triviaOf = (change: GroundTruth, kind: keyof typeof trivia): string[] =>
  [...new Set(trivia[kind](changedLines(change).filter(({ sign }) => sign === '+')))].slice(0, maxTrivia);

const padding = (change: GroundTruth, { false_claims }: OwnReading, kind: keyof typeof trivia) => {
  const mentions = triviaOf(change, 'mentions');
  return oracleAnswer(
    mentions.join(' ').slice(0, maxSummaryCharacters),
    [...false_claims, ...triviaOf(change, kind)],
    mentions[0],
  );
};

const oracles = {
  byHand: (_, { summary, key_claims }, question) =>
    oracleAnswer(summary, key_claims, answerInWords(question)),
  falseAlone: (_, { false_claims }) => oracleAnswer(false_claims.join(' '), false_claims),
  verbatim: (change) =>
    oracleAnswer(
      change.diff.slice(0, maxSummaryCharacters),
      changedLines(change)
        .map(({ text }) => text)
        .slice(0, maxClaims),
      change.diff.slice(0, maxResponseCharacters),
    ),
  verbatimInWords: (change) => {
    const sentences = changedLines(change).map(lineInWords);
    return oracleAnswer(
      sentences.join(' ').slice(0, maxSummaryCharacters),
      sentences.slice(0, maxClaims),
      change.diff.slice(0, maxResponseCharacters),
    );
  },
  titleOnly: ({ title, description }) => {
    const told = `${title}. ${description}`;
    return oracleAnswer(told, [title, ...description.split(/(?<=\.)\s+/)], told);
  },
  fileList: ({ diff }) => {
    const sentences = parseDiff(diff).files.map(fileInWords);
    return oracleAnswer(sentences.join(' '), sentences, sentences.join(' '));
  },
  paddedWithLines: (change, reading) => padding(change, reading, 'ofOneLine'),
  paddedWithMentions: (change, reading) => padding(change, reading, 'mentions'),
  paddedWithPairs: (change, reading) => padding(change, reading, 'ofTwoLines'),
  paddedWithOtherPairs: (change, reading) => padding(change, reading, 'ofTwoLinesInOtherWords'),
  paddedWithTriples: (change, reading) => padding(change, reading, 'ofThreeLines'),
} satisfies Record<string, (change: GroundTruth, reading: OwnReading, question: Question) => OracleAnswer>;

type Name = keyof typeof oracles;
const means = {} as Record<Name, ReturnType<typeof meansOf>>;

const questionOf = async (change: GroundTruth): Promise<Question> => {
  const reply = await judge.open(change).ask({ measure: 'answer_key' });
  if (!reply.ok || reply.answer.question === null) throw new Error(`No key can be made for ${change.id}.`);
  return reply.answer.question;
};

beforeAll(async () => {
  const questions = await Promise.all(changes.map(questionOf));
  for (const name of Object.keys(oracles) as Name[]) {
    const scores = await Promise.all(
      changes.map(async (change, at) => {
        const [reading, question] = [readings[at], questions[at]];
        if (reading?.id !== change.id || !question)
          throw new Error(`No reading of ${change.id} in its place.`);
        const { score } = await replayFixture(change, judge, () => oracles[name](change, reading, question));
        return score;
      }),
    );
    means[name] = meansOf(scores);
  }
});

test('fifty changes of this repository stand as the engine would draw them from git', () => {
  expect(changes.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, at) => `own-${at + 1}`));
  for (const change of changes) {
    const { diff, filesChanged: _, ...told } = change;
    expect(toGroundTruth(told, diff), change.id).toEqual(change);
  }
});

describe('an oracle that games stays at least 0.25 below one whose claims are written by hand:', () => {
  test.each([
    ['verbatim', 'the diff repeated'],
    ['verbatimInWords', 'every line repeated in a sentence'],
    ['titleOnly', 'title and description'],
    ['fileList', 'the list of files'],
    ['paddedWithLines', 'false claims among words of one line'],
    ['paddedWithMentions', 'false claims among names'],
    ['paddedWithPairs', 'false claims among pairs of names'],
    ['paddedWithOtherPairs', 'false claims among pairs of names in several other words'],
    ['paddedWithTriples', 'false claims among triples of names'],
  ] as const)('%s, %s', (name, _kind) => {
    expect(means[name].composite).toBeLessThanOrEqual(means.byHand.composite - 0.25);
  });
});

describe('true trivia do not hide false claims: they raise precision by less than 0.25:', () => {
  test.each([
    'paddedWithLines',
    'paddedWithMentions',
    'paddedWithPairs',
    'paddedWithOtherPairs',
    'paddedWithTriples',
  ] as const)('%s', (name) => {
    expect(means[name].precision - means.falseAlone.precision).toBeLessThan(0.25);
  });

  test('the test tries many trivia, not a few', () => {
    for (const kind of Object.keys(trivia) as (keyof typeof trivia)[]) {
      expect(meanOf(changes.map((change) => triviaOf(change, kind).length)), kind).toBeGreaterThan(20);
    }
  });
});
