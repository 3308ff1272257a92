import { expect, test } from 'vitest';
import { seededChoice } from '../text/seeded-choice.ts';
import type { Fact } from './diff-facts.ts';
import { phrase, wordingsOf } from './phrasing.ts';

const path = 'src/queue.ts';
const named = (['import', 'call', 'mention', 'heading', 'word'] as const).flatMap((about) =>
  (['added', 'removed'] as const).map((done): Fact => ({ about, done, name: 'retryLimit', path, quote: '' })),
);
const definitions = ['function', 'interface', 'method'].flatMap((noun) =>
  (['added', 'removed'] as const).map(
    (done): Fact => ({ about: 'definition', noun, done, name: 'retryLimit', path, quote: '' }),
  ),
);
const facts: Fact[] = [
  ...named,
  ...definitions,
  { about: 'file', done: 'added', path, quote: '' },
  { about: 'file', done: 'removed', path, quote: '' },
  { about: 'rename', from: 'src/jobs.ts', path, quote: '' },
  { about: 'value', name: 'retryLimit', from: '5', to: '20', path, quote: '' },
  { about: 'value', name: 'retryLimit', from: 'info', to: 'debug', path, quote: '' },
];

test('every wording is one sentence of its own that names what the fact names', () => {
  for (const fact of facts) {
    const all = wordingsOf(fact);
    expect(new Set(all).size).toBe(all.length);
    expect(all.length).toBeGreaterThanOrEqual(3);
    for (const text of all) {
      expect(text).toMatch(/^[^\n]+\.$/);
      expect(text).toContain(path);
      expect(text).not.toMatch(/undefined|\[object|\ba (?:interface|import)\b/);
      for (const part of ['name', 'from', 'to'] as const) {
        if (part in fact) expect(text).toContain((fact as Record<string, string>)[part]);
      }
    }
  }
});

test('a number that grows is raised, one that shrinks is lowered, and a text is neither', () => {
  const wordings = (from: string, to: string) =>
    wordingsOf({ about: 'value', name: 'retryLimit', from, to, path, quote: '' }).join('\n');
  expect(wordings('5', '20')).toContain('Raises `retryLimit` in src/queue.ts from 5 to 20.');
  expect(wordings('20_000', '1.5')).toContain('Lowers `retryLimit` in src/queue.ts from 20_000 to 1.5.');
  expect(wordings('info', 'debug')).not.toMatch(/rais|lower/i);
});

test('things that a file may hold several times are never called new or gone', () => {
  for (const fact of definitions.filter((f) => 'noun' in f && f.noun === 'method')) {
    expect(wordingsOf(fact).join('\n')).not.toMatch(/\bnew\b|no longer|\bthat .* had\b/);
  }
});

test('the seed chooses among all wordings', () => {
  const [fact] = facts;
  if (!fact) throw new Error('There is a fact.');
  const said = new Set(Array.from({ length: 100 }, (_, at) => phrase(fact, seededChoice(`${at}`, '1'), 'x')));
  expect(said).toEqual(new Set(wordingsOf(fact)));
});
