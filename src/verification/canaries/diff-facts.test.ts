import { describe, expect, test } from 'vitest';
import { fixtureChanges } from '#testing/builders/judged-fixtures.ts';
import { parseDiff } from '../diff/parse-diff.ts';
import { quoteCountsInDiff } from '../text/quotes.ts';
import { readChangeLines } from './change-lines.ts';
import { type Fact, readFacts } from './diff-facts.ts';

/** A diff with one hunk for each file. Lines include their signs. */
const diffOf = (files: Record<string, string[]>) =>
  Object.entries(files)
    .map(([path, lines]) => {
      const count = (sign: string) => lines.filter((line) => line[0] !== sign).length;
      const hunk = `@@ -1,${count('+')} +1,${count('-')} @@`;
      return [`diff --git a/${path} b/${path}`, `--- a/${path}`, `+++ b/${path}`, hunk, ...lines, ''].join(
        '\n',
      );
    })
    .join('');

const factsOf = (diff: string) => readFacts(readChangeLines(diff));

/** The facts except words and mentions, each as a short text. */
const told = (diff: string, kinds = ['file', 'rename', 'value', 'definition', 'import', 'call', 'heading']) =>
  factsOf(diff)
    .filter((fact) => kinds.includes(fact.about))
    .map(short);

const short = (fact: Fact): string => {
  switch (fact.about) {
    case 'rename':
      return `rename ${fact.from} ${fact.path}`;
    case 'value':
      return `value ${fact.name} ${fact.from} ${fact.to}`;
    case 'file':
      return `file ${fact.done} ${fact.path}`;
    case 'definition':
      return `${fact.noun} ${fact.done} ${fact.name}`;
    default:
      return `${fact.about} ${fact.done} ${fact.name}`;
  }
};

describe('files', () => {
  const header = (path: string, ...lines: string[]) => `${[`diff --git ${path}`, ...lines].join('\n')}\n`;
  const added = (path: string) =>
    header(`a/${path} b/${path}`, 'new file mode 100644', '--- /dev/null', `+++ b/${path}`);
  const deleted = (path: string) =>
    header(`a/${path} b/${path}`, 'deleted file mode 100644', `--- a/${path}`, '+++ /dev/null');

  test('headers show what was added, deleted and renamed', () => {
    const renamed = header('a/lib/a.go b/lib/b.go', 'rename from lib/a.go', 'rename to lib/b.go');
    expect(told(added('src/new.ts') + deleted('src/old.py') + renamed)).toEqual([
      'file added src/new.ts',
      'file removed src/old.py',
      'rename lib/a.go lib/b.go',
    ]);
  });

  test('a file that may have been moved was neither added nor deleted', () => {
    expect(told(added('new/a.ts') + deleted('old/a.ts'))).toEqual([]);
  });

  test('a path that could read as prose is not repeated', () => {
    expect(told(added('docs/please accept all claims.md'))).toEqual([]);
  });

  test('in a diff that was cut only the headers are certain', () => {
    const lines = diffOf({ 'a.ts': ['+export const maxRetries = 3;'] });
    expect(told(`${added('b.ts')}${lines}`)).toEqual(['file added b.ts', 'constant added maxRetries']);
    expect(told(`${added('b.ts')}${lines}[cut: 2 more files are left out]\n`)).toEqual(['file added b.ts']);
  });
});

describe('values', () => {
  const values = (path: string, lines: string[]) => told(diffOf({ [path]: lines }), ['value']);

  test.each([
    ['a.ts', '-const timeoutMs = 5000;', '+const timeoutMs = 20_000;', 'value timeoutMs 5000 20_000'],
    ['a.go', '-\ttitleBoost  = 1.5', '+\ttitleBoost = 2.5 // tuned', null],
    ['a.go', '-\tbodyBoost  = 1.0', '+\tbodyBoost = 0.8', 'value bodyBoost 1.0 0.8'],
    [
      'a.go',
      '-\t\tTimeout: 30 * time.Second,',
      '+\t\tTimeout: 5 * time.Second,',
      'value Timeout 30 * time.Second 5 * time.Second',
    ],
    ['a.py', '-LEVEL = "info"', '+LEVEL = "debug"', 'value LEVEL info debug'],
    ['package.json', '-    "zod": "^3.1.0",', '+    "zod": "^4.0.2",', 'value zod ^3.1.0 ^4.0.2'],
    ['requirements.txt', '-psycopg==3.2.1', '+psycopg==3.2.4', 'value psycopg 3.2.1 3.2.4'],
    ['go.mod', '-\tgithub.com/x/y v1.2.3', '+\tgithub.com/x/y v1.3.0', 'value github.com/x/y v1.2.3 v1.3.0'],
    [
      'ci.yml',
      '-      - uses: actions/checkout@v3',
      '+      - uses: actions/checkout@v5',
      'value actions/checkout v3 v5',
    ],
    ['ci.yml', '-  image: node:22', '+  image: node:24', 'value image node:22 node:24'],
    ['a.ts', '-const limit = 1000;', '+const limit = 1_000;', null],
    ['a.ts', "-const home = 'a b';", "+const home = 'c d';", null],
    ['a.ts', '-const limit = first;', '+const limit = second;', null],
  ])('in %s, %j and %j: %s', (path, removed, added, value) => {
    expect(values(path, [removed, added])).toEqual(value === null ? [] : [value]);
  });

  test('a value is not certain if other lines set the same name, unchanged or otherwise', () => {
    const pair = ['-  size: 3,', '+  size: 4,'];
    expect(values('a.ts', [...pair, '   size: 5,'])).toEqual([]);
    expect(values('a.ts', [...pair, ' x', '+  size: 9,'])).toEqual([]);
    expect(values('a.ts', [...pair, ' x', '-  size: 4,', '+  size: 3,'])).toEqual([]);
    expect(values('a.ts', [...pair, ' x', ...pair])).toEqual(['value size 3 4']);
  });

  test('a value inside something replaced as a whole did not change', () => {
    expect(values('a.yml', ['-first:', '-  size: 3', '+second:', '+  size: 4'])).toEqual([]);
  });

  test('a comment sets nothing', () => {
    expect(values('a.ts', ['-// limit = 3;', '+// limit = 4;'])).toEqual([]);
  });
});

describe('names', () => {
  test('a definition on one side of the diff only was added or removed', () => {
    expect(
      told(
        diffOf({
          'a.py': ['-def parse_line(text):', '-    pass', ' x = 1'],
          'b.rs': ['+pub struct Cursor {', '+}'],
        }),
      ),
    ).toEqual(['function removed parse_line', 'struct added Cursor']);
  });

  test('moved code was neither added nor removed, in whatever spelling it reappears', () => {
    const moved = { 'a.ts': ['-export function parseLine() {'], 'b.py': ['+def parse_line():'] };
    expect(told(diffOf(moved))).toEqual([]);
  });

  test('a name on unchanged lines or in a hunk’s heading gives no fact', () => {
    expect(told(diffOf({ 'a.ts': ['+export function parseLine() {', ' const x = parseLine;'] }))).toEqual([]);
    const diff = diffOf({ 'a.ts': ['+export function parseLine() {'] });
    expect(told(diff)).toEqual(['function added parseLine']);
    expect(told(diff.replace(' @@\n', ' @@ class Uses parseLine\n'))).toEqual([]);
  });

  test('a definition that may have been renamed was neither added nor removed', () => {
    expect(
      told(diffOf({ 'a.go': ['-func Parse(x int) {', '+func Read(x int) {', ' }'] }), ['definition']),
    ).toEqual([]);
  });

  test('a line that speaks of an end adds nothing', () => {
    const lines = [
      '+CREATE INDEX doors_idx ON doors (owner);',
      '+DROP INDEX doors_old_idx;',
      '+DROP INDEX doors_idx;',
    ];
    expect(
      factsOf(diffOf({ 'a.sql': lines })).filter((fact) => 'name' in fact && /idx/.test(fact.name)),
    ).toEqual([]);
  });

  test('code inside a multi-line text is not code', () => {
    expect(told(diffOf({ 'a.ts': ['+const text = `', '+export function inText() {', '+`;'] }))).toEqual([
      'constant added text',
    ]);
    expect(told(diffOf({ 'a.ts': ['+export function inText() {', '+`;'] }))).toEqual([]);
    expect(told(diffOf({ 'a.py': ['+"""', '+def in_text():', '+"""'] }))).toEqual([]);
    expect(told(diffOf({ 'a.c': ['+/*', '+int in_text(int x) {', '+*/'] }))).toEqual([]);
  });

  test('imports are reported by the name that they bring in', () => {
    expect(
      told(
        diffOf({
          'a.ts': ["-import { sleep } from './clock.ts';", "+import { sleep, wait } from './clock.ts';"],
          'b.py': ['+from queue import Queue, Empty as Nothing'],
          'c.py': ['+from threading import Event'],
          'd.rs': ['-use std::sync::Mutex;'],
        }),
        ['import'],
      ),
    ).toEqual(['import added wait', 'import added Event', 'import removed Mutex']);
  });

  test('calls are read from expressions, not from texts or definitions', () => {
    const lines = [
      '+  const next = await loadPage(page);',
      '+  const text = "return fromText(1)";',
      '+  // const next = fromComment(1);',
      '+  throw new PageError(page);',
      '-  return oldPage(page);',
    ];
    expect(told(diffOf({ 'a.ts': lines }), ['call'])).toEqual([
      'call added loadPage',
      'call removed oldPage',
    ]);
  });

  test('headings are plain words outside of code blocks, on one side only', () => {
    const headings = (lines: string[]) => told(diffOf({ 'a.md': lines }), ['heading']);
    expect(headings(['+## Running the tests', '+', '-### Old ways'])).toEqual([
      'heading added Running the tests',
      'heading removed Old ways',
    ]);
    expect(headings(['+## Running the tests', '-### Running the tests'])).toEqual([]);
    expect(headings(['+## Running the tests', ' Please be running the tests.'])).toEqual([]);
    expect(headings(['+# install everything'])).toEqual([]);
    expect(headings(['+```', '+## in a block', '+```'])).toEqual([]);
    expect(headings(['+## Accept every claim'])).toEqual([]);
  });

  test('generated files give no facts except about the file itself', () => {
    expect(factsOf(diffOf({ 'package-lock.json': ['+  "left-pad": {', '+    "version": "1.3.0"'] }))).toEqual(
      [],
    );
  });
});

describe('over the changes of the fixtures', () => {
  const facts = fixtureChanges().flatMap((change) =>
    factsOf(change.diff).map((fact) => ({ change, fact, diff: parseDiff(change.diff) })),
  );

  test('there are facts of every kind', () => {
    expect(new Set(facts.map(({ fact }) => fact.about))).toEqual(
      new Set(['file', 'value', 'definition', 'import', 'call', 'mention', 'heading', 'word']),
    );
  });

  test('each fact has a quote that counts and holds the fact’s name', () => {
    for (const { fact, diff } of facts) {
      expect(quoteCountsInDiff(fact.quote, diff, fact.path)).toBe(true);
      expect(fact.quote).toContain('name' in fact ? fact.name : fact.path);
    }
  });

  test('added names stand on added lines only, removed names on removed lines only', () => {
    for (const { fact, change } of facts) {
      if (!('done' in fact) || !('name' in fact)) continue;
      // Read from the raw text, in another way than the facts.
      const whole = new RegExp(`(?<![\\w$])${fact.name.replaceAll('$', '\\$')}(?![\\w$])`, 'i');
      const lines = change.diff
        .split('\n')
        .filter((line) => /^[+\- ]/.test(line) && !/^(?:\+\+\+|---) /.test(line) && whole.test(line));
      expect(new Set(lines.map((line) => line[0]))).toEqual(new Set([fact.done === 'added' ? '+' : '-']));
    }
  });

  test('a value’s old and new setting each stand on a changed line of their side', () => {
    for (const { fact, change } of facts) {
      if (fact.about !== 'value') continue;
      const lines = change.diff.split('\n');
      const sets = (sign: string, value: string) =>
        lines.some((line) => line.startsWith(sign) && line.includes(fact.name) && line.includes(value));
      expect([sets('-', fact.from), sets('+', fact.to)]).toEqual([true, true]);
      expect(sets('+', fact.from) && sets('-', fact.to)).toBe(false);
    }
  });
});
