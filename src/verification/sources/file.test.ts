import { expect, test } from 'vitest';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { fileSource, serializeGroundTruth } from './file.ts';
import { type DrawRequest, SourceError } from './source.ts';

const request: DrawRequest = { limit: 10, reserve: 0, seed: 's', since: null, label: null };
const record = (id: string, fields: Partial<GroundTruth> = {}): GroundTruth => ({
  id,
  title: 'T',
  description: 'D',
  diff: 'diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -0,0 +1,3 @@\n+one\n+two\n+three\n',
  filesChanged: ['a'],
  mergedAt: '2025-01-01T00:00:00.000Z',
  mergeCommit: 'a'.repeat(40),
  labels: ['feature'],
  author: 'ada',
  url: null,
  repository: 'r',
  ...fields,
});
const draw = (text: string, more: Partial<DrawRequest> = {}) =>
  fileSource({ readText: async () => text, path: 'truth.jsonl' }).draw({ ...request, ...more });
const failure = async (text: string, more: Partial<DrawRequest> = {}) => {
  const error = await draw(text, more).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(SourceError);
  return error;
};

test('a written file is read back unchanged', async () => {
  const records = [record('1'), record('2', { mergeCommit: null, description: 'line\nbreak\u2028' })];
  const result = await draw(serializeGroundTruth(records));
  expect(result.drawn.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(records);
  expect(result).toMatchObject({ listed: 2, excluded: {}, source: 'file:truth.jsonl', private: false });
});

test('times with an offset are read as UTC, and blank lines and a byte order mark are skipped', async () => {
  const text = `\u{feff}${JSON.stringify(record('1', { mergedAt: '2025-01-01T01:30:00+01:00' }))}\r\n\r\n`;
  expect((await draw(text)).drawn[0]?.mergedAt).toBe('2025-01-01T00:30:00.000Z');
});

test('since and label filter the list', async () => {
  const text = serializeGroundTruth([
    record('old', { mergedAt: '2024-12-31T23:59:59Z' }),
    record('new'),
    record('other', { labels: [] }),
  ]);
  const result = await draw(text, { since: '2025-01-01', label: 'feature' });
  expect(result.drawn.map(({ id }) => id)).toEqual(['new']);
});

test('the newest change is the one merged last, wherever it is in the file', async () => {
  const text = serializeGroundTruth([
    record('middle'),
    record('newest', { mergedAt: '2025-01-02T00:00:00Z' }),
    record('oldest', { mergedAt: '2024-12-31T00:00:00Z' }),
  ]);
  const result = await draw(text, { order: 'newest', limit: 1 });
  expect(result.drawn.map(({ id }) => id)).toEqual(['newest']);
});

test.each<[string, string, RegExp]>([
  ['a line that is not JSON', 'nonsense', /truth\.jsonl, line 2: not JSON/],
  ['a line that is not an object', '[]', /line 2: .*expected object/],
  ['a missing field', '{"id":"2"}', /line 2: title: /],
  [
    'a field of the wrong type',
    JSON.stringify({ ...record('2'), filesChanged: ['a', 3] }),
    /line 2: filesChanged\.1: /,
  ],
  [
    'an invalid time',
    JSON.stringify(record('2', { mergedAt: 'soon' })),
    /line 2: mergedAt: must be an RFC 3339 time/,
  ],
  ['a duplicate id', JSON.stringify(record('1')), /line 2: id: "1" is already on line 1/],
])('%s is reported with its line and field', async (_, line, expected) => {
  expect(await failure(`${JSON.stringify(record('1'))}\n${line}\n`)).toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(expected),
  });
});

test('an empty file and a missing file give different errors', async () => {
  expect(await failure('\n')).toMatchObject({ code: 'empty' });
  const missing = fileSource({
    readText: () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOENT' })),
    path: 'x.jsonl',
  });
  await expect(missing.draw(request)).rejects.toMatchObject({ code: 'not_found' });
});

test('escaped NUL in any text becomes U+FFFD', async () => {
  const result = await draw(JSON.stringify(record('1', { title: 'a\0b', url: 'x\0' })));
  expect(result.drawn[0]).toMatchObject({ title: 'a\u{fffd}b', url: 'x\u{fffd}' });
});
