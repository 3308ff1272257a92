import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { bareChange } from '#testing/builders/bare-change.ts';
import { fixtureChanges, oracleAnswer, replayFixture } from '#testing/builders/judged-fixtures.ts';
import { ownChanges } from '#testing/builders/own-changes.ts';
import type { JudgeAnswer } from '../judge.ts';
import { offlineJudge } from './judge.ts';

const judge = offlineJudge();

/** One file's part of a diff, each line with its sign. */
const fileDiff = (path: string, lines: string[], header = '') =>
  `diff --git a/${path} b/${path}\n${header}--- ${header === '' ? `a/${path}` : '/dev/null'}\n+++ b/${path}\n@@ -1,${lines.length} +1,${lines.length} @@\n${lines.join('\n')}\n`;

const changeOf = (...files: string[]) => bareChange({ title: 'Tune it', diff: files.join('') });

const keyOf = async (change: GroundTruth): Promise<JudgeAnswer> => {
  const reply = await judge.open(change).ask({ measure: 'answer_key' });
  if (!reply.ok) throw new Error('The offline check always answers.');
  return reply.answer;
};

const statementsOf = async (change: GroundTruth) =>
  (await keyOf(change)).changes.map(({ statement }) => statement);

const gradeOf = async (change: GroundTruth, question: string, referenceAnswer: string, response: string) => {
  const reply = await judge.open(change).ask({ measure: 'reply', question, referenceAnswer, response });
  return reply.ok ? reply.answer.verdicts[0]?.verdict : null;
};

/** How the author of a key may put its statements and its answer. */
const wordings = [
  { name: 'lines', joint: '\n', reply: (answer: string) => answer },
  { name: 'sentences', joint: ' ', reply: (answer: string) => `It is \`${answer}\`.` },
];

/** Null: no key can be made. */
async function authorScore(change: GroundTruth, { joint, reply }: (typeof wordings)[number]) {
  const { changes, question } = await keyOf(change);
  if (question === null) return null;
  const statements = changes.map(({ statement }) => statement);
  const { score } = await replayFixture(change, judge, () =>
    oracleAnswer(statements.join(joint), statements, reply(question.reference_answer)),
  );
  return { precision: score.precision, recall: score.recall, replyAccuracy: score.replyAccuracy };
}

const full = { precision: 1, recall: 1, replyAccuracy: 1 };

describe('stating a key’s statements and its reference answer earns full marks', () => {
  test.each(wordings)('on every change that comes with the project, put as in $name', async (wording) => {
    for (const change of [...ownChanges(), ...fixtureChanges()])
      expect([full, null], change.id).toContainEqual(await authorScore(change, wording));
  });

  const word = fc.constantFrom(
    ...'the run waits for each job never no retryCount max_tries `pollMs` 30 3.5 is set to from src/a/b.ts reads'.split(
      ' ',
    ),
    'don’t',
    'not_found',
    '"quoted text"',
  );
  const name = fc.constantFrom(
    ...'retryCount max_tries pollMs JobTry tryJob isNotFound never precision Pool x'.split(' '),
  );
  const value = fc.constantFrom(
    ...`3 30_000 2.5 true null 'never' 'not_found' 'https://example.org/owner/name' './lib/pool.ts' 'a,b;c:d' '(?:a|b)+$' '-' "don't" 'src/x' [1,2] 5*60`.split(
      ' ',
    ),
  );
  const codeLine = fc.oneof(
    fc.tuple(name, value).map(([n, v]) => `const ${n} = ${v};`),
    fc.tuple(name, value).map(([n, v]) => `  ${n}: ${v},`),
    fc.tuple(name, name).map(([n, m]) => `export function ${n}(${m}: string) {`),
    fc.tuple(name, name).map(([n, m]) => `  ${n}(${m});`),
    fc.tuple(name, fc.array(word, { maxLength: 8 })).map(([n, words]) => `  ${n}("${words.join(' ')}");`),
    name.map((n) => `import { ${n} } from './some/module.ts';`),
    name.map((n) => `export class ${n} {`),
    fc.array(word, { minLength: 1, maxLength: 14 }).map((words) => `// ${words.join(' ')}`),
    fc.constant('}'),
  );
  const textLine = fc.oneof(
    fc.array(word, { minLength: 1, maxLength: 16 }).map((words) => words.join(' ')),
    fc.array(word, { minLength: 1, maxLength: 9 }).map((words) => `## ${words.join(' ')}`),
  );
  const signed = (line: fc.Arbitrary<string>) =>
    fc.array(
      fc.tuple(fc.constantFrom('+', '-', ' '), line).map(([sign, text]) => `${sign}${text}`),
      { minLength: 1, maxLength: 30 },
    );
  const aFile = fc.oneof(
    fc
      .tuple(
        fc.constantFrom('src/pool.ts', 'src/shared/pool.ts', 'lib/pool.py', `src/${'deep/'.repeat(60)}a.ts`),
        signed(codeLine),
      )
      .map(([path, lines]) => fileDiff(path, lines)),
    fc
      .tuple(fc.constantFrom('README.md', 'docs/pool.md'), signed(textLine))
      .map(([path, lines]) => fileDiff(path, lines)),
    fc.array(textLine, { minLength: 1, maxLength: 6 }).map((lines) =>
      fileDiff(
        'docs/new.md',
        lines.map((line) => `+${line}`),
        'new file mode 100644\n',
      ),
    ),
  );

  test('on generated changes of code and texts', async () => {
    let made = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(aFile, { minLength: 1, maxLength: 4, selector: (diff) => diff.split('\n', 1)[0] }),
        fc.constantFrom(...wordings),
        async (files, wording) => {
          const score = await authorScore(changeOf(...files), wording);
          if (score === null) return;
          made += 1;
          expect(score).toEqual(full);
        },
      ),
      { numRuns: 300, seed: 11 },
    );
    expect(made).toBeGreaterThan(150);
  });
});

describe('where nothing else is changed, a key has words that only the new or the old text has:', () => {
  const reworded = [
    '-The worker waits for a while before it asks again.',
    '+The worker pauses a little before it asks again.',
  ];

  test.each([
    ['a reworded text', 'README.md', reworded, ['Adds the words “worker pauses” in README.md.']],
    [
      'a reworded comment',
      'src/worker.ts',
      reworded.map((line) => `${line[0]}// ${line.slice(1)}`),
      ['Adds the words “worker pauses” in src/worker.ts.'],
    ],
    [
      'a reworded message',
      'src/worker.ts',
      ["-  'Wait for a calm moment.',", "+  'Wait for a calm moment without noise.',"],
      ['Adds the words “moment without noise” in src/worker.ts.'],
    ],
    [
      'a heading',
      'README.md',
      ['+## How the worker waits before it asks again'],
      ['Adds the words “worker waits” in README.md.'],
    ],
    [
      'a comment that goes',
      'src/worker.ts',
      ['-// The worker waits patiently.'],
      ['Removes the words “worker waits patiently” from src/worker.ts.'],
    ],
  ])('%s', async (_name, path, lines, statements) => {
    expect(await statementsOf(changeOf(fileDiff(path, lines)))).toEqual(statements);
  });

  test('but not words that only stand on another line', async () => {
    const lines = ['-// The worker waits', '-// patiently.', '+// The worker', '+// waits patiently.'];
    expect(await statementsOf(changeOf(fileDiff('src/worker.ts', lines)))).toEqual([]);
  });

  test('leaves the rest of the key as it is', async () => {
    const code = fileDiff('src/up.ts', ['-const maxTries = 3;', '+const maxTries = 5;']);
    expect(await statementsOf(changeOf(fileDiff('README.md', [...reworded, ...reworded]), code))).toEqual([
      'Changes `maxTries` from `3` to `5` in src/up.ts.',
    ]);
  });

  test('a text without names is still an added file', async () => {
    const added = fileDiff('docs/wait.md', ['+The worker waits for a while.'], 'new file mode 100644\n');
    expect(await statementsOf(changeOf(added))).toEqual(['Adds the file docs/wait.md.']);
  });
});

describe('a move', () => {
  const isMoved = async (gone: string[], come: string[]) =>
    (
      await statementsOf(
        changeOf(
          fileDiff(
            'src/from.ts',
            gone.map((line) => `-${line}`),
          ),
          fileDiff(
            'src/to.ts',
            come.map((line) => `+${line}`),
          ),
        ),
      )
    ).some((statement) => statement.startsWith('Moves'));

  test.each([
    ['the same line', ['const parse = (text: string) => {'], ['export const parse = (text: string) => {']],
    [
      'the lines of a definition with another head',
      [
        'function parse(text) {',
        '  const at = text.indexOf(":");',
        '  const key = text.slice(0, at);',
        '  return { key, at };',
        '}',
      ],
      [
        'function parse(text, from) {',
        '  const at = text.indexOf(":");',
        '  const key = text.slice(0, at);',
        '  return { key, at };',
        '}',
      ],
    ],
    [
      'an inner line with the one beside it',
      ['  first(text: string) {', '  second(text: string) {'],
      ['  first(text: string) {', '  second(text: string) {'],
    ],
  ])('is shown by %s', async (_name, gone, come) => {
    expect(await isMoved(gone, come)).toBe(true);
  });

  test.each([
    [
      'two unrelated fields of one name',
      ['  precision: replays.filter(isSupported).length,'],
      ['  precision: boundsOf(scores, missing),'],
    ],
    [
      'the same inner line alone',
      ['  width: number,', '  other: string,'],
      ['  third: string,', '  width: number,'],
    ],
    [
      'two functions of one name',
      ['function parse(text) {', '  return text.trim();', '}'],
      ['function parse(url, base) {', '  return new URL(url, base);', '}'],
    ],
  ])('is not shown by %s', async (_name, gone, come) => {
    expect(await isMoved(gone, come)).toBe(false);
  });
});

describe('the reference answer alone is a right reply:', () => {
  const change = changeOf(fileDiff('src/up.ts', ['-const maxTries = 3;', '+const maxTries = 5;']));

  test.each([
    'https://github.com/owner/name',
    './lib/pool.ts',
    'never',
    'not_found',
    "don't",
    'a,b;c:d',
    '(?:a|b)+$',
    '0.5.0',
    '--no-cache',
    'Waiting for no one',
  ])('%s', async (answer) => {
    const grade = (response: string) => gradeOf(change, 'Which value is it given?', answer, response);
    expect(await grade(answer)).toBe('1');
    expect(await grade(`It is "${answer}".`)).toBe('1');
    expect(await grade(`It is not ${answer}.`)).not.toBe('1');
  });

  test('a longer word or a path that holds it is another answer', async () => {
    for (const response of ['poolside', 'src/pool/other.ts', 'carpool'])
      expect(await gradeOf(change, 'Which value is it given?', 'pool', response), response).toBe('0');
  });
});
