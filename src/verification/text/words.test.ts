import { expect, test } from 'vitest';
import { indexRuns, isTelling, negations, splitParts, splitRunWords, splitWords } from './words.ts';

const texts = (words: { text: string }[]) => words.map((word) => word.text);

test('an identifier is one word, and its parts are the same in every spelling', () => {
  expect(texts(splitWords('Set retryCount to 1.5 in the client’s config'))).toEqual([
    'set',
    'retrycount',
    'to',
    '1.5',
    'in',
    'the',
    'client',
    'config',
  ]);
  for (const spelling of [
    'retryCount',
    'retry_count',
    'RetryCount',
    'RETRY_COUNT',
    'retry-count',
    'retry count',
  ]) {
    expect(splitParts(spelling), spelling).toEqual(['retry', 'count']);
  }
  expect(splitParts('parseHTTPResponse')).toEqual(['parse', 'http', 'response']);
});

test('scripts without spaces are split into words too', () => {
  expect(texts(splitWords('重试次数从三次改为五次')).length).toBeGreaterThan(3);
  expect(texts(splitWords('再試行回数を5回に変更しました。')).length).toBeGreaterThan(4);
  expect(texts(splitWords('เพิ่มจำนวนครั้งที่ลองใหม่')).length).toBeGreaterThan(2);
});

test('words keep their positions in the text', () => {
  const text = 'Moves src/app/page.tsx — 再試行, then foo_bar.';
  for (const word of [...splitWords(text), ...splitRunWords(text)]) {
    expect(text.slice(word.start, word.end).toLowerCase()).toBe(word.text);
  }
});

test('a path is one word when runs are counted', () => {
  expect(texts(splitRunWords('See ./src/verification/replay/quotes.ts.'))).toEqual([
    'see',
    'src/verification/replay/quotes.ts',
  ]);
});

test('runs shared with a text cover every word in them', () => {
  const inRuns = indexRuns(['one two three four five', 'six seven eight nine'], 4);
  expect(inRuns(splitRunWords('zero one two three four ten six seven eight'))).toEqual([
    false,
    true,
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});

test('no list of words without content contains a negation', () => {
  for (const word of [...negations, "doesn't"]) expect(isTelling(word), word).toBe(true);
});
