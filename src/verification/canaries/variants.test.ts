import { beforeAll, describe, expect, test } from 'vitest';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { type AnswerKey, type CanaryWay, canaryWays } from '#contracts/replay.ts';
import { ownChanges, ownReadings, writtenKey } from '#testing/builders/own-changes.ts';
import { toldApart } from '../../bench/canary-form.ts';
import { writtenPairs } from '../exam/pairs.ts';
import { makeCanaries } from './make-canaries.ts';
import { checkVariants } from './variants.ts';
import { dealWays } from './ways.ts';

const diff = [
  'diff --git a/src/retry.ts b/src/retry.ts',
  '--- a/src/retry.ts',
  '+++ b/src/retry.ts',
  '@@ -1,4 +1,6 @@',
  ' const queueLimit = 40;',
  '-const retryLimit = 3;',
  '+const retryLimit = 5;',
  '+// A job that fails is tried again at once.',
  '+if (failed) retry(job);',
  '@@ -20,2 +22,3 @@',
  ' const pauseMs = 250;',
  '+const longestPauseMs = 900;',
  'diff --git a/src/client.ts b/src/client.ts',
  '--- a/src/client.ts',
  '+++ b/src/client.ts',
  '@@ -1,1 +1,2 @@',
  ' const clientName = "x";',
  '+const clientPause = longestPauseMs;',
  '',
].join('\n');
const change: GroundTruth = {
  id: '1',
  title: '',
  description: '',
  diff,
  filesChanged: ['src/retry.ts', 'src/client.ts'],
  mergedAt: '2026-01-05T10:00:00Z',
  mergeCommit: null,
  labels: [],
  author: 'ada',
  url: null,
  repository: 'owner/name',
};
const statement = 'Raises the retry limit.';

/** Which of the false texts are kept beside a true one about the line with the limit. */
const kept = (
  paraphrase: string,
  falsehoods: [CanaryWay, string][],
  { quote = 'const retryLimit = 5;', others = [] as string[], ways = [...canaryWays] } = {},
) =>
  checkVariants(
    change,
    [statement, ...others],
    [
      {
        change: { id: 'c1', statement, quote },
        ways,
        texts: [{ way: 'true', text: paraphrase }, ...falsehoods.map(([way, text]) => ({ way, text }))],
      },
    ],
  );
const isKept = (...args: Parameters<typeof kept>) => {
  const { changes, dropped } = kept(...args);
  expect((changes[0]?.falsehoods.length ?? 0) + dropped).toBe(args[1].length);
  return changes[0]?.falsehoods.length === args[1].length;
};

const said = 'The change raises `retryLimit` from 3 to 5 in `src/retry.ts`, so a failed job gets more tries.';
const with_ = (from: string, to: string) => {
  expect(said.split(from)).toHaveLength(2);
  return said.replace(from, to);
};

test.each<[CanaryWay, string, string]>([
  ['direction', 'raises', 'lowers'],
  ['direction', '3 to 5', '5 to 3'],
  ['direction', 'gets more tries', 'gets fewer tries'],
  ['value', 'to 5', 'to 40'],
  ['value', '3 to', '250 to'],
  ['name', '`retryLimit`', '`queueLimit`'],
  ['condition', 'a failed job', 'only a finished job'],
  ['cause', 'gets more tries.', 'is logged twice.'],
])('a variant in %s is kept: %s to %s', (way, from, to) => {
  expect(isKept(said, [[way, with_(from, to)]])).toBe(true);
});

test.each<[string, CanaryWay, string]>([
  ['is the true one', 'value', said],
  ['differs in two places', 'value', said.replace('3 to 5', '40 to 900').replace('raises', 'lowers')],
  [
    'replaces more than 6 words',
    'cause',
    with_('so a failed job gets more tries.', 'so no job is tried again in less than a second.'),
  ],
  ['puts a number in that the diff lacks', 'value', with_('to 5', 'to 7')],
  ['puts a number in that stands around the quote', 'value', with_('3 to', '5 to')],
  ['puts a name in that the diff lacks', 'name', with_('`retryLimit`', '`retryCeiling`')],
  ['puts a name in that stands around the quote', 'name', with_('`retryLimit`', '`failed`')],
  ['puts a file in that changes what is named', 'name', with_('`src/retry.ts`', '`src/nowhere.ts`')],
  ['puts words in that stand around the quote', 'condition', with_('a failed job', 'a job that fails')],
  ['is of another kind than its way', 'direction', with_('to 5', 'to 40')],
  ['swaps what has no order', 'direction', with_('failed job', 'job failed')],
  ['is a name, not a value', 'value', with_('`retryLimit`', '`queueLimit`')],
  ['only adds words', 'direction', with_('raises', 'raises or lowers')],
  ['says the same in other letters', 'name', with_('`retryLimit`', '`RETRYLIMIT`')],
])('a variant is left out and counted that %s', (_, way, text) => {
  expect(isKept(said, [[way, text]])).toBe(false);
});

const elsewhere = 'A job waits for the worker as the first to come, and the queue stays quiet.';
test.each<[string, CanaryWay, string, string]>([
  ['turns a direction', 'condition', said, with_('raises `retryLimit`', 'lowers only `retryLimit`')],
  [
    'turns a direction',
    'cause',
    said,
    with_('raises `retryLimit` from 3', 'lowers `retryLimit` from 3 by half'),
  ],
  ['swaps two ends', 'cause', said, with_('3 to 5', '5 to 3')],
  ['puts another value in', 'condition', said, with_('to 5', 'to 40 for jobs')],
  ['puts another value in', 'cause', said, with_('to 5', 'to 40')],
  ['puts another name in', 'condition', said, with_('`retryLimit`', 'only `queueLimit`')],
  ['puts another name in', 'cause', said, with_('`retryLimit`', 'what makes `queueLimit`')],
  ['stands in a clause without a mark', 'condition', elsewhere, elsewhere.replace('queue', 'log')],
  ['stands in a clause without a mark', 'cause', elsewhere, elsewhere.replace('queue', 'log')],
  ['follows a mere "for"', 'condition', 'A job is kept for a day.', 'A job is kept for a week.'],
  ['follows a mere "to"', 'cause', 'A job is written to disk.', 'A job is written to memory.'],
  ['follows a mere "by"', 'cause', 'A job is begun by hand.', 'A job is begun by cron.'],
  ['holds a mere "to"', 'cause', 'A job is sent to the queue.', 'A job is given to a worker.'],
  ['is the object of "returns"', 'cause', 'A job returns its first row.', 'A job returns its last page.'],
])('a run that %s is not of the way %s', (_, way, truth, text) => {
  expect(isKept(truth, [[way, text]])).toBe(false);
});

test.each<[CanaryWay, string, string, string]>([
  ['condition', 'A job waits whenever a worker is busy.', 'worker is busy', 'queue is long'],
  ['condition', 'Only jobs wait, for every other worker is idle.', 'every other', 'no'],
  ['cause', 'A job waits, as no worker is idle.', 'no worker is idle', 'its queue is long'],
  ['cause', 'A job waits, which spares the worker.', 'spares the worker', 'costs a day'],
  ['cause', 'A job waits because a worker is busy.', 'worker is busy', 'queue is long'],
])('a run is of the way %s in a clause that opens as one: %s', (way, truth, from, to) => {
  expect(isKept(truth, [[way, truth.replace(from, to)]])).toBe(true);
});

test('a place is left out where the named thing is changed as well, and kept where it is not', () => {
  const place = 'The constant `longestPauseMs` is used in `src/client.ts` from now on.';
  const there = place.replace('client', 'retry');
  expect(isKept(place, [['name', there]], { quote: 'const clientPause = longestPauseMs;' })).toBe(false);
  const own = 'The constant `clientPause` is defined in `src/client.ts` from now on.';
  expect(
    isKept(own, [['name', own.replace('client.ts', 'retry.ts')]], {
      quote: 'const clientPause = longestPauseMs;',
    }),
  ).toBe(true);
});

test.each([
  ['without prefixes', (text: string) => text.replaceAll(/(?<=^(?:---|\+\+\+) )[ab]\//gmu, '')],
  ['with times', (text: string) => text.replaceAll(/^(?:---|\+\+\+) .*$/gmu, '$&\t2026-01-05 10:00:00')],
  ['in quotes', (text: string) => text.replaceAll(/^(---|\+\+\+) (.*)$/gmu, '$1 "$2"')],
])('a place that changes the named thing as well is left out if headers name files %s', (_, written) => {
  const place = 'The constant `longestPauseMs` is used in `src/client.ts` from now on.';
  const texts = [
    { way: 'true' as const, text: place },
    { way: 'name' as const, text: place.replace('client', 'retry') },
  ];
  const of = { id: 'c1', statement, quote: 'const clientPause = longestPauseMs;' };
  const { dropped } = checkVariants(
    { ...change, diff: written(diff) },
    [statement],
    [{ change: of, ways: ['name'], texts }],
  );
  expect(dropped).toBe(1);
});

test('a variant in a way that was not dealt to its change is left out', () => {
  expect(isKept(said, [['value', with_('to 5', 'to 40')]], { ways: ['direction', 'cause'] })).toBe(false);
});

test('a second variant of the same way is left out', () => {
  const { changes, dropped } = kept(said, [
    ['value', with_('to 5', 'to 40')],
    ['value', with_('to 5', 'to 900')],
  ]);
  expect([changes[0]?.falsehoods.map(({ text }) => text), dropped]).toEqual([[with_('to 5', 'to 40')], 1]);
});

test('no variant says another statement of the key', () => {
  const text = with_('to 5', 'to 40');
  expect(isKept(said, [['value', text]], { others: [`${text.replaceAll('`', '').toUpperCase()}`] })).toBe(
    false,
  );
});

test('without a true one that the diff bears, none of the change’s variants is kept', () => {
  const unnamed = said.replace('`retryLimit`', '`retryCeiling`');
  expect(kept(unnamed, [['value', unnamed.replace('to 5', 'to 40')]])).toEqual({ changes: [], dropped: 2 });
  expect(kept('', [['value', with_('to 5', 'to 40')]])).toEqual({ changes: [], dropped: 1 });
});

test('whatever the author writes, it is one line of at most 500 characters', () => {
  const long = `${said.slice(0, -1)} ${'and again '.repeat(60)}.`;
  expect(kept(long, [])).toEqual({ changes: [], dropped: 1 });
  const lines = said.replaceAll(' ', '\n');
  expect(kept(lines, []).changes[0]?.paraphrase).toBe(said);
});

describe('the ways', () => {
  test('are dealt by the pull request alone: two to each of four changes, every way once or twice', () => {
    for (const own of ownChanges()) {
      const dealt = dealWays(own);
      expect(dealt.map((ways) => new Set(ways).size)).toEqual([2, 2, 2, 2]);
      for (const way of canaryWays)
        expect([1, 2]).toContain(dealt.flat().filter((other) => other === way).length);
      expect(dealWays({ ...own, labels: ['x'], author: 'other' })).toEqual(dealt);
    }
  });

  test('fall on every place equally often', () => {
    const counts = new Map<string, number>();
    for (let id = 0; id < 500; id += 1)
      for (const [at, ways] of dealWays({ ...change, id: String(id) }).entries())
        for (const way of ways) counts.set(`${way} ${at}`, (counts.get(`${way} ${at}`) ?? 0) + 1);
    // 500 · 2/5 expected, with a standard deviation of 11.
    for (const count of counts.values()) expect(Math.abs(count - 200)).toBeLessThan(45);
    expect(counts.size).toBe(20);
  });
});

describe('variants as a model wrote them for this project’s own changes', () => {
  let keys: { own: GroundTruth; key: AnswerKey }[] = [];
  beforeAll(async () => {
    keys = await Promise.all(ownChanges().map(async (own) => ({ own, key: await writtenKey(own) })));
  });
  const truths = () =>
    keys.flatMap(({ own, key }) =>
      key.variants.changes.map((of) => ({ change: own.id, text: of.paraphrase })),
    );
  const falsehoods = () =>
    keys.flatMap(({ own, key }) =>
      key.variants.changes.flatMap((of) =>
        of.falsehoods.map(({ way, text }) => ({ change: own.id, way, text })),
      ),
    );

  test('are enough to compare', () => {
    expect(truths().length).toBeGreaterThanOrEqual(200);
    expect(falsehoods().length).toBeGreaterThanOrEqual(200);
    expect(new Set(falsehoods().map(({ way }) => way))).toEqual(new Set(canaryWays));
  });

  test('true and false ones cannot be told apart by words and length', () => {
    expect(toldApart(truths(), falsehoods())).toBeLessThanOrEqual(0.6);
  });

  test('what is written with a key is hard to tell from what a reader claims', () => {
    const natural = ownReadings().flatMap(({ id, key_claims }) =>
      key_claims.map((text) => ({ change: id, text })),
    );
    expect(natural.length).toBeGreaterThanOrEqual(200);
    // Claims of the exam's writers, who read the diffs and wrote no key.
    const ofExam = writtenPairs().flatMap((pair) =>
      [pair.true, pair.false].map((text) => ({ change: pair.change, text })),
    );
    expect(ofExam.length).toBeGreaterThanOrEqual(200);
    expect(toldApart(truths(), ofExam)).toBeLessThan(0.65);
    expect(toldApart(truths(), natural)).toBeLessThan(0.7);
    expect(toldApart([...truths(), ...falsehoods()], natural)).toBeLessThan(0.7);
  });

  test('what code makes is easier to tell from what a reader claims', () => {
    const own = keys.map(({ own: groundTruth }) => groundTruth);
    const made = own.flatMap((groundTruth, at) =>
      ['a', 'b'].flatMap((seed) => {
        const others = [...own.slice(at + 1), ...own].slice(0, 3);
        const { code_true, code_false } = makeCanaries({ groundTruth, others, seed, besides: [] });
        return [code_true, code_false].flatMap((canary) =>
          canary === null ? [] : [{ change: groundTruth.id, text: canary.text }],
        );
      }),
    );
    const natural = ownReadings().flatMap(({ id, key_claims }) =>
      key_claims.map((text) => ({ change: id, text })),
    );
    expect(toldApart(made, natural)).toBeGreaterThan(0.8);
  });
});
