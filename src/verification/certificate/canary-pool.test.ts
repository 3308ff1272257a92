import { expect, test } from 'vitest';
import { ruledCanary } from '#testing/builders/canaries.ts';
import { type PublishedCanaries, poolCanaries } from './canary-pool.ts';

const hour = 60 * 60_000;

/** A certificate issued at hour `at`, with one injected canary for each change. */
const published = (
  id: string,
  at: number,
  changes: string[],
  { source = 'github:owner/name', supported = false, account = id } = {},
): PublishedCanaries => ({
  id,
  account,
  issuedAt: new Date(at * hour),
  source,
  replays: changes.map((groundTruthId) => ({
    groundTruthId,
    canaries: [ruledCanary('injected', supported)],
  })),
});

const range = (from: number, count: number) => Array.from({ length: count }, (_, place) => `${from + place}`);

test('a later certificate adds the changes that no earlier one has, and alters nothing else', () => {
  const first = published('first', 1, range(1, 50), { supported: true });
  const second = published('second', 2, range(50, 2));
  expect(poolCanaries([second, first])).toMatchObject({
    canaries: { injected: { shown: 51, supported: 50 } },
    certificates: ['first', 'second'],
  });
});

test('a certificate whose every change an earlier one has is not named', () => {
  const again = published('again', 2, ['1'], { source: 'github:Owner/Name', supported: true });
  expect(poolCanaries([again, published('first', 1, ['1', '2'])])).toMatchObject({
    canaries: { injected: { shown: 2, supported: 0 } },
    certificates: ['first'],
  });
});

test('of more than fifty certificates the pool names those with the most counting changes, and of equal ones the older', () => {
  const tiny = range(1, 60).map((id) => published(`tiny-${id}`, Number(id), [`own-${id}`]));
  const large = published('large', 100, ['a', 'b'], { supported: true });
  expect(poolCanaries([...tiny, large])).toMatchObject({
    canaries: { injected: { shown: 49 + 2, supported: 2 } },
    certificates: [...range(1, 49).map((id) => `tiny-${id}`), 'large'],
  });
});

test('no account has more than ten certificates in a pool, however large', () => {
  const flood = range(1, 60).map((id) =>
    published(
      `flood-${id}`,
      Number(id),
      range(0, 60).map((place) => `${id}-${place}`),
      {
        account: 'one',
        supported: true,
      },
    ),
  );
  const others = range(1, 5).map((id) => published(`other-${id}`, 100 + Number(id), [`honest-${id}`]));
  const { certificates, canaries } = poolCanaries([...flood, ...others]);
  expect(certificates).toEqual([...range(1, 10).map((id) => `flood-${id}`), ...others.map(({ id }) => id)]);
  expect(canaries.injected).toEqual({ shown: 605, supported: 600 });
});

test('a certificate over its account’s limit takes no change from another account’s', () => {
  const flood = range(1, 10).map((id) =>
    published(`flood-${id}`, Number(id), [`${id}-a`, `${id}-b`], { account: 'one' }),
  );
  const eleventh = published('eleventh', 11, ['shared'], { account: 'one', supported: true });
  const honest = published('honest', 20, ['shared']);
  const { certificates, canaries } = poolCanaries([...flood, eleventh, honest]);
  expect(certificates).toContain('honest');
  expect(certificates).not.toContain('eleventh');
  expect(canaries.injected).toEqual({ shown: 21, supported: 0 });
});

test('a pool depends only on the certificates that it names: they supply the changes of a certificate left out', () => {
  const large = range(1, 50).map((id) => published(`large-${id}`, 10, [`${id}-a`, `${id}-b`, 'shared']));
  // Its only change counts, but it is left out.
  const left = published('left', 1, ['shared'], { supported: true });
  const pool = poolCanaries([left, ...large]);
  expect(pool).toMatchObject({ canaries: { injected: { shown: 101, supported: 0 } } });
  expect(pool.certificates).not.toContain('left');
  expect(poolCanaries(large.filter(({ id }) => pool.certificates.includes(id)))).toEqual(pool);
});

test('the order of the certificates changes nothing', () => {
  const all = [
    published('b', 1, ['1', '2'], { supported: true }),
    published('a', 1, ['2', '3']),
    published('c', 2, ['3', '4']),
  ];
  expect(poolCanaries(all.toReversed())).toEqual(poolCanaries(all));
  expect(poolCanaries(all).canaries.injected).toEqual({ shown: 4, supported: 1 });
});
