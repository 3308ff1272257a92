import { expect, test } from 'vitest';
import { partsKey, plainKey, readTerms, stem } from './terms.ts';

test.each([
  ['cache', 'caching', 'cached', 'caches'],
  ['retry', 'retries', 'retrying'],
  ['connect', 'connection', 'connected'],
  ['drop', 'dropped', 'dropping', 'drops'],
])('one stem for %s and its forms', (word, ...forms) => {
  for (const form of forms) expect(stem(form), form).toBe(stem(word));
});

test('words of one synonym group share a key, others do not', () => {
  expect(plainKey('raises')).toBe(plainKey('exception'));
  expect(plainKey('deleted')).toBe(plainKey('removing'));
  expect(plainKey('cache')).not.toBe(plainKey('queue'));
});

test('a name is the same in every spelling', () => {
  expect(
    new Set(['retryCount', 'retry_count', 'RetryCount', '_retry_count', 'RETRY_COUNT'].map(partsKey)).size,
  ).toBe(1);
});

const read = (text: string) =>
  readTerms(text)
    .filter(({ kind }) => kind !== 'filler')
    .map(({ kind, key }) => `${kind} ${key}`);

test.each([
  ['Using `send` with retryCount', ['name send', 'name retrycount']],
  ['Waits 20 seconds, 2,000 rows, 2.6 %', ['plain wait', 'number 20', 'number 2000', 'number 2.6']],
  ['Updates src/app/page.tsx and flags.ts', ['path src/app/page.tsx', 'path flags.ts']],
  ['GitHub and TypeScript are products', ['plain github', 'plain typescript', `plain ${stem('products')}`]],
  ['Reads cart.currency', [`plain ${plainKey('reads')}`, 'name cart', 'name currency']],
  ['Three attempts', ['count 3', 'plain retry']],
  ['ES256 is accepted', ['name es256']],
])('%s', (text, expected) => {
  expect(read(text)).toEqual(expected);
});

test('terms keep their places', () => {
  const text = 'Sets `maxAge` to 2,000 in a/b.ts, as GitHub does.';
  for (const { word, start, end } of readTerms(text)) {
    expect(text.slice(start, end).toLowerCase().replace(',', '_')).toBe(word);
  }
});
