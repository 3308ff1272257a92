import { expect, test } from 'vitest';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { bareChange } from '#testing/builders/bare-change.ts';
import { startCpuTime } from '#testing/rigs/cpu-time.ts';
import type { JudgeTask } from '../judge.ts';
import { offlineJudge } from './judge.ts';

/** A unique name for each number, in letters, because digits would be read as numbers. */
const nameOf = (at: number): string =>
  [...at.toString(26)].map((digit) => String.fromCharCode(97 + Number.parseInt(digit, 26))).join('');

const linesPerFile = 40;
const pathOf = (file: number) => `src/part-${nameOf(file)}/set-${nameOf(file)}.ts`;
const lineOf = (at: number) => `const limit_${nameOf(at)} = readLimit('${nameOf(at)} wait', ${at});`;

/** A pull request with this many changed lines. Each has a name of its own and words that all lines share. */
function changeOf(lines: number): GroundTruth {
  const files = Array.from({ length: lines / linesPerFile }, (_, file) => {
    const body = Array.from({ length: linesPerFile }, (_, at) => `+${lineOf(file * linesPerFile + at)}\n`);
    const path = pathOf(file);
    return `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ -1,0 +1,${linesPerFile} @@\n${body.join('')}`;
  });
  return bareChange({ title: 'Read limits', diff: files.join(''), repository: 'acme/limits' });
}

/** One file with one hunk. */
const oneFile = (path: string, lines: string[]): GroundTruth =>
  bareChange({
    title: 'Read limits',
    diff: `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ -1,0 +1,${lines.length} @@\n${lines.map((line) => `+${line}\n`).join('')}`,
    repository: 'acme/limits',
  });

const textOf = (at: number) => `The worker ${nameOf(at)} waits for the door, then ${nameOf(at)} closes.`;
const changeOfText = (lines: number) =>
  oneFile(
    'docs/doors.md',
    Array.from({ length: lines }, (_, at) => textOf(at)),
  );
const changeOfHunk = (lines: number) =>
  oneFile(
    'src/limits.ts',
    Array.from({ length: lines }, (_, at) => lineOf(at)),
  );

const sentenceOf = (at: number) =>
  `In ${pathOf(Math.floor(at / linesPerFile))}, \`limit_${nameOf(at)}\` is added with ${at} from nowhere.`;
const sentences = (lines: number) => Array.from({ length: lines / 4 }, (_, at) => sentenceOf(at * 4));
const claimsOf = (texts: string[]) => texts.map((text, at) => ({ id: `${at}`, text }));

const indexing: JudgeTask = { measure: 'precision', claims: [] };

type Asking = { lines: number; task: JudgeTask; change?: (lines: number) => GroundTruth };
const askings = {
  'an index of the diff': (size) => ({ lines: size, task: indexing }),
  'an answer key': (size) => ({ lines: size, task: { measure: 'answer_key' } }),
  'an answer key of one hunk': (size) => ({
    lines: size,
    task: { measure: 'answer_key' },
    change: changeOfHunk,
  }),
  'an answer key of a text': (size) => ({
    lines: size,
    task: { measure: 'answer_key' },
    change: changeOfText,
  }),
  'verdicts on as many claims with words of one hunk': (size) => ({
    lines: size,
    task: {
      measure: 'precision',
      claims: claimsOf(
        Array.from(
          { length: size / 4 },
          (_, at) => `\`limit_${nameOf(at)}\` is added to the limits of the source.`,
        ),
      ),
    },
    change: changeOfHunk,
  }),
  'verdicts on as many claims about words of a text': (size) => ({
    lines: size,
    task: {
      measure: 'precision',
      claims: claimsOf(
        Array.from(
          { length: size / 4 },
          (_, at) => `Adds the words “worker ${nameOf(at)} waits” in docs/doors.md.`,
        ),
      ),
    },
    change: changeOfText,
  }),
  'verdicts on as many claims': (size) => ({
    lines: size,
    task: { measure: 'precision', claims: claimsOf(sentences(size)) },
  }),
  'verdicts on 50 claims in words of every line': (size) => ({
    lines: size,
    task: {
      measure: 'precision',
      claims: claimsOf(Array(50).fill('It waits for `readLimit` in all constants.')),
    },
  }),
  'verdicts on more claims about the same diff': (size) => ({
    lines: 800,
    task: {
      measure: 'precision',
      claims: claimsOf(Array(size / 8).fill('It waits for `readLimit` in all constants.')),
    },
  }),
  'recall of as long a summary': (size) => ({
    lines: size,
    task: {
      measure: 'recall',
      changes: Array.from({ length: 10 }, (_, at) => ({
        id: `${at}`,
        statement: `Adds \`limit_${nameOf(at * 8)}\``,
        quote: lineOf(at * 8),
      })),
      summary: sentences(size).join(' '),
    },
  }),
  'a grade of as long a reply': (size) => ({
    lines: size,
    task: {
      measure: 'reply',
      question: 'Which name is new?',
      referenceAnswer: `limit_${nameOf(size - 8)}`,
      response: sentences(size).join(' '),
    },
  }),
} satisfies Record<string, (size: number) => Asking>;

/**
 * Makes a function that asks once. If the index is measured, each call opens a judge; otherwise it is indexed before.
 */
function prepare({ lines, task, change: make = changeOf }: Asking): () => Promise<unknown> {
  const change = make(lines);
  if (task === indexing) return () => offlineJudge().open(change).ask(task);
  const opened = offlineJudge().open(change);
  return () => opened.ask(task);
}

async function millisecondsOf(ask: () => Promise<unknown>, times: number): Promise<number> {
  const usedMs = startCpuTime();
  for (let time = 0; time < times; time++) await ask();
  return usedMs();
}

const fewestRounds = 2;
const mostRounds = 10;

// Both sides take about as long and are timed in turn, so a busy machine slows both. The best time of each counts, and
// disturbed rounds are followed by more. With a quadratic rule the large side would take 8 times as long in every
// round. It may take 3 times as long, which is 24 times one small question.
test.each(Object.entries(askings))(
  'eight times the size costs about as much as asking eight times: %s',
  async (_name, asking) => {
    const [small, large] = [prepare(asking(400)), prepare(asking(3200))];
    await small();
    await large();
    let [ofSmall, ofLarge] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let round = 0; round < mostRounds; round++) {
      if (round >= fewestRounds && ofLarge / ofSmall < 3) break;
      ofSmall = Math.min(ofSmall, await millisecondsOf(small, 8));
      ofLarge = Math.min(ofLarge, await millisecondsOf(large, 1));
    }
    expect(ofLarge / ofSmall).toBeLessThan(3);
  },
);
