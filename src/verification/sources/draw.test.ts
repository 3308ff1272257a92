import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { fc } from '#testing/runners/fuzzing.ts';
import { commitRangeOf, drawChanges, seededOrder } from './draw.ts';
import { type DrawRequest, SourceError } from './source.ts';

const request: DrawRequest = { limit: 2, reserve: 1, seed: 'seed', since: null, label: null };
const groundTruth = (id: string, fields: Partial<GroundTruth> = {}): GroundTruth => ({
  id,
  title: id,
  description: '',
  diff: '',
  filesChanged: [],
  mergedAt: '2025-01-01T00:00:00.000Z',
  mergeCommit: null,
  labels: [],
  author: null,
  url: null,
  repository: 'r',
  ...fields,
});
const candidates = ['1', '2', '3', '4', '5', '6'].map((id) => ({ id }));
const draw = (load: (id: string) => GroundTruth | { excluded: 'too_small' | 'too_large' }, more = {}) =>
  drawChanges({
    candidates,
    load: async ({ id }) => load(id),
    request: { ...request, ...more },
    source: 'git:r',
    isPrivate: false,
  });

test('the order is ascending SHA-256 of seed, NUL and id', () => {
  // An independent implementation: the engine does not use node:crypto.
  const key = (id: string) => createHash('sha256').update(`seed\0${id}`, 'utf8').digest('hex');
  const expected = candidates.map(({ id }) => id).sort((a, b) => (key(a) < key(b) ? -1 : 1));
  expect(seededOrder(candidates, 'seed').map(({ id }) => id)).toEqual(expected);
});

test('the order does not depend on the list’s order, and an added change moves no other', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { minLength: 1 }), fc.string(), (ids, seed) => {
      const order = (list: string[]) =>
        seededOrder(
          list.map((id) => ({ id })),
          seed,
        ).map(({ id }) => id);
      expect(order(ids.toReversed())).toEqual(order(ids));
      const [added] = ids;
      expect(order(ids).filter((id) => id !== added)).toEqual(order(ids.slice(1)));
    }),
  );
});

test('changes are loaded only until sample and reserve are full, and exclusions are counted by reason', async () => {
  const order = seededOrder(candidates, 'seed').map(({ id }) => id);
  const loaded: string[] = [];
  const said: string[] = [];
  const result = await draw(
    (id) => {
      loaded.push(id);
      if (id === order[0]) return { excluded: 'too_small' };
      if (id === order[2]) return { excluded: 'too_large' };
      return groundTruth(id);
    },
    { onProgress: (message: string) => said.push(message) },
  );
  expect(loaded).toEqual(order.slice(0, 5));
  expect(result.drawn.map(({ id }) => id)).toEqual([order[1], order[3]]);
  expect(result.reserve.map(({ id }) => id)).toEqual([order[4]]);
  expect(result).toMatchObject({ listed: 6, excluded: { too_small: 1, too_large: 1 }, source: 'git:r' });
  expect(said.at(-1)).toBe('Reading merged changes: 2 of 3 taken, 2 left out');
});

test('the newest changes are taken in the listed order, skipping any that cannot serve', async () => {
  const result = await draw((id) => (id === '1' ? { excluded: 'too_small' } : groundTruth(id)), {
    order: 'newest',
    limit: 1,
    reserve: 0,
  });
  expect(result.drawn.map(({ id }) => id)).toEqual(['2']);
  expect(result).toMatchObject({ reserve: [], excluded: { too_small: 1 } });
});

test('when nothing can serve, the error gives the counts', async () => {
  const error = await draw((id) => ({ excluded: id < '3' ? 'too_large' : 'too_small' })).catch(
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(SourceError);
  expect(error).toMatchObject({
    code: 'no_eligible_changes',
    message: expect.stringMatching(/None of the 6 .*4 with fewer than 3 changed lines, 2 too large to read/),
  });
});

test('an aborted draw loads nothing more', async () => {
  const controller = new AbortController();
  let loads = 0;
  const drawing = draw(
    (id) => {
      loads += 1;
      controller.abort(new Error('enough'));
      return groundTruth(id);
    },
    { signal: controller.signal },
  );
  await expect(drawing).rejects.toThrow('enough');
  expect(loads).toBe(1);
});

test('the commit range goes from the oldest merge to the newest by time, not by position', () => {
  const at = (id: string, mergedAt: string) => groundTruth(id, { mergedAt, mergeCommit: id.repeat(40) });
  expect(
    commitRangeOf([
      at('b', '2025-02-01T00:00:00.500Z'),
      at('a', '2025-01-01T00:00:00Z'),
      at('c', '2025-02-01T00:00:01Z'),
      groundTruth('none', { mergedAt: '2026-01-01T00:00:00Z' }),
    ]),
  ).toBe('aaaaaaaaaaaa..cccccccccccc');
});
