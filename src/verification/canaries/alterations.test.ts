import { describe, expect, test } from 'vitest';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { fixtureChanges } from '#testing/builders/judged-fixtures.ts';
import { seededChoice } from '../text/seeded-choice.ts';
import { readAbsence } from './absence.ts';
import { alter, alterName, alterNumber, reverse } from './alterations.ts';
import { readChangeLines } from './change-lines.ts';
import { readFacts } from './diff-facts.ts';

const [first] = fixtureChanges();
const saying = (diff: string, rest: Partial<GroundTruth> = {}): GroundTruth => ({
  ...(first as GroundTruth),
  title: '',
  description: '',
  filesChanged: [],
  diff,
  ...rest,
});
const choice = seededChoice('s', '1');

describe('what stands nowhere in a pull request', () => {
  test.each(['retryCount', 'retry_count', 'RETRY-COUNT', 'retry count', 'x.retry.counter'])(
    'a name is found in any spelling: %s',
    (spelling) => {
      expect(readAbsence(saying(spelling)).name('retryCount')).toBe(false);
    },
  );

  test('title, description and list of files count as well', () => {
    expect(readAbsence(saying('', { title: 'Adds retryCount' })).name('retryCount')).toBe(false);
    expect(readAbsence(saying('', { description: 'retry count' })).word('retry')).toBe(false);
    expect(readAbsence(saying('', { filesChanged: ['retry/count.ts'] })).name('retryCount')).toBe(false);
    expect(readAbsence(saying('retries')).name('retryCount')).toBe(true);
  });

  // By hand: 5 s is 5000 ms, 5 min 300 s, 5 KiB 5120 bytes, 5 % 0.05.
  test.each(['5', '5_000', '5,000', '300', '5120', '0.05', 'v5', 'es5', '1.2.5'])(
    'the number 5 is found in any unit: %s',
    (text) => {
      expect(readAbsence(saying(text)).number(5)).toBe(false);
    },
  );

  test('another number is not found', () => {
    expect(readAbsence(saying('7 and 55')).number(5)).toBe(true);
  });
});

describe('altered names and numbers', () => {
  const absence = readAbsence(saying('maxRetries = 12; batch bucket cache'));

  test.each([
    ['maxRetries', /^(?:max[A-Z][a-z]+|[a-z]+Retries)$/],
    ['max_retries', /^(?:max_[a-z]+|[a-z]+_retries)$/],
    ['MAX_RETRIES', /^(?:MAX_[A-Z]+|[A-Z]+_RETRIES)$/],
    ['MaxRetries', /^(?:Max[A-Z][a-z]+|[A-Z][a-z]+Retries)$/],
  ])('%s keeps its spelling', (name, form) => {
    for (const label of ['a', 'b', 'c', 'd']) {
      const altered = alterName(name, absence, choice, label);
      expect(altered).toMatch(form);
      expect(altered).not.toBe(name);
      expect(altered).not.toMatch(/batch|bucket|cache/i);
    }
  });

  test('a name of short parts cannot be altered', () => {
    expect(alterName('is_ok', absence, choice, 'a')).toBeNull();
  });

  test('numbers keep their decimals and are new', () => {
    for (const label of ['a', 'b', 'c', 'd']) {
      expect(alterNumber('12', absence, choice, label)).toMatch(/^(?!12$)\d+$/);
      expect(alterNumber('1.5', absence, choice, label)).toMatch(/^(?!1\.5$)\d+\.\d$/);
    }
    expect(alterNumber('node:22', absence, choice, 'a')).toBeNull();
  });
});

test('every altered fact of the fixtures names something that stands nowhere in the pull request', () => {
  let altered = 0;
  for (const change of fixtureChanges()) {
    const absence = readAbsence(change);
    const text = `${change.diff}\n${change.title}\n${change.description}`.toLowerCase();
    for (const [at, fact] of readFacts(readChangeLines(change.diff)).entries()) {
      const other = alter(fact, absence, choice, `${at}`);
      if (other === null) continue;
      altered += 1;
      const token = other.about === 'value' ? other.to : 'name' in other ? other.name : other.path;
      expect(text).not.toContain(token.toLowerCase());
    }
  }
  expect(altered).toBeGreaterThan(200);
});

test('a fact reversed twice is the same fact, and reversed once another', () => {
  for (const change of fixtureChanges()) {
    for (const fact of readFacts(readChangeLines(change.diff))) {
      expect(reverse(fact)).not.toEqual(fact);
      expect(reverse(reverse(fact))).toEqual(fact);
    }
  }
});
