import { describe, expect, test } from 'vitest';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { reliableJudge } from '#contracts/judge-trust.ts';
import { type AnswerKey, type CanaryWay, canaryWays } from '#contracts/replay.ts';
import { ownChanges, writtenKey } from '#testing/builders/own-changes.ts';
import { noVariants } from '#testing/builders/replay-checkpoint.ts';
import { changeNumber, changeNumbers } from '#testing/rigs/scripted-engine.ts';
import { dealCanaries, type ReplayShown } from './deal-canaries.ts';
import { dealWays } from './ways.ts';

/** A key whose first `places` changes have all variants in the ways that are dealt to them. */
const keyOf = (groundTruth: GroundTruth, places = 4): AnswerKey => ({
  changes: Array.from({ length: 6 }, (_, at) => ({
    id: `c${at + 1}`,
    statement: `Statement ${at + 1}.`,
    quote: `const line${at + 1} = true;`,
  })),
  question: 'Q?',
  referenceAnswer: 'A',
  questionQuote: '',
  variants: {
    author: 'writer',
    changes: dealWays(groundTruth)
      .slice(0, places)
      .map((ways, at) => ({
        changeId: `c${at + 1}`,
        paraphrase: `True of change ${at + 1}.`,
        falsehoods: ways.map((way) => ({ way, text: `False of change ${at + 1} in ${way}.` })),
      })),
    dropped: 0,
  },
});

const others = changeNumbers(3, 500);
const deal = (id: number, shown: ReplayShown[], places = 4) => {
  const groundTruth = changeNumber(id);
  return dealCanaries({ groundTruth, key: keyOf(groundTruth, places), others, seed: 'seed', shown });
};
const counted = (shown: ReplayShown[], kind: string, way?: CanaryWay) =>
  shown.flat().filter((canary) => canary.kind === kind && (way === undefined || canary.way === way)).length;

/** A run whose replays are dealt one after another. `shows` says whether the replay at a place can show anything. */
const run = (replays: number, shows: (at: number) => boolean = () => true, places?: number) => {
  const shown: ReplayShown[] = [];
  for (let at = 0; at < replays; at += 1) shown.push(shows(at) ? deal(at + 1, shown, places) : []);
  return shown;
};

test('a replay shows one true and three false natural canaries, each of another change, and one that code made', () => {
  for (const shown of run(20)) {
    const texts = shown.filter(({ kind }) => kind === 'true' || kind === 'false');
    expect(counted([shown], 'true')).toBe(1);
    expect(counted([shown], 'false')).toBe(3);
    expect(counted([shown], 'code_true') + counted([shown], 'code_false')).toBe(1);
    expect(texts).toHaveLength(4);
  }
});

test('of one change of the key at most one canary is shown', () => {
  for (let id = 1; id <= 40; id += 1) {
    const changes = deal(id, []).flatMap(({ text }) => /of change (\d)/.exec(text)?.[1] ?? []);
    expect(new Set(changes).size).toBe(changes.length);
  }
});

test('natural ones bear their author, and only false ones a way', () => {
  for (const { kind, way, author } of deal(1, [])) {
    expect(author).toBe(kind === 'true' || kind === 'false' ? 'writer' : null);
    expect(way !== null).toBe(kind === 'false');
  }
});

test('the same arguments give the same canaries, and what was shown before changes them', () => {
  expect(deal(1, [])).toEqual(deal(1, []));
  const [first] = deal(1, []).flatMap(({ way }) => way ?? []);
  const often = Array.from({ length: 9 }, () => [{ kind: 'false' as const, way: first ?? null }]);
  expect(deal(1, often).filter(({ way }) => way === first).length).toBeLessThanOrEqual(
    deal(1, []).filter(({ way }) => way === first).length,
  );
});

test('a default run shows 100 true, 300 false ones in all ways evenly, and 50 injected', () => {
  const shown = run(100);
  expect(counted(shown, 'true')).toBe(100);
  expect(counted(shown, 'false')).toBe(300);
  for (const way of canaryWays) expect(Math.abs(counted(shown, 'false', way) - 60)).toBeLessThanOrEqual(2);
  expect(counted(shown, 'injected')).toBe(50);
  expect(Math.abs(counted(shown, 'code_true') - counted(shown, 'code_false'))).toBeLessThanOrEqual(1);
});

test('a default run over keys as a model wrote them shows enough true ones, and enough false ones of every way', async () => {
  const keys = await Promise.all(
    ownChanges().map(async (groundTruth) => ({ groundTruth, key: await writtenKey(groundTruth) })),
  );
  const shown: ReplayShown[] = [];
  for (const round of [1, 2])
    for (const { groundTruth, key } of keys) {
      const change = { ...groundTruth, id: `${groundTruth.id} ${round}` };
      shown.push(dealCanaries({ groundTruth: change, key, others, seed: 'seed', shown }));
    }
  expect(shown).toHaveLength(100);
  expect(counted(shown, 'true')).toBeGreaterThanOrEqual(reliableJudge.true);
  const written = (way: CanaryWay) =>
    keys
      .flatMap(({ key }) => key.variants.changes)
      .flatMap(({ falsehoods }) => falsehoods)
      .filter((falsehood) => falsehood.way === way).length;
  for (const way of canaryWays) {
    expect(counted(shown, 'false', way)).toBeGreaterThanOrEqual(reliableJudge.falseOfEachWay);
    // A way that few variants are written in is shown whenever it can be.
    expect(counted(shown, 'false', way)).toBeGreaterThanOrEqual(Math.min(60, 2 * written(way)));
  }
});

describe('what replays could not show', () => {
  test('is made up for, at most one true one more at a time', () => {
    const shown = run(60, (at) => at % 3 !== 0);
    // By hand: 40 replays show canaries, at most 4 each; one true a replay is due, 60 in all.
    expect(counted(shown, 'true')).toBeGreaterThan(40);
    for (const own of shown) {
      expect(counted([own], 'true')).toBeLessThanOrEqual(2);
      expect(counted([own], 'true') + counted([own], 'false')).toBeLessThanOrEqual(4);
    }
    expect(counted(shown, 'injected')).toBe(30);
  });

  test('may take every place: at most two true ones, and as many false ones as changes have variants', () => {
    const replaysOf = (canary: ReplayShown[number]): ReplayShown[] =>
      Array.from({ length: 40 }, (_, at) => (at < 20 ? [canary, canary] : []));
    const onlyTrue = deal(1, replaysOf({ kind: 'true', way: null }));
    expect([counted([onlyTrue], 'true'), counted([onlyTrue], 'false')]).toEqual([0, 4]);
    const onlyFalse = deal(1, replaysOf({ kind: 'false', way: 'name' }));
    expect([counted([onlyFalse], 'true'), counted([onlyFalse], 'false')]).toEqual([2, 2]);
  });

  test('keys of one change still give both kinds, as a reliable judge needs them', () => {
    const shown = run(80, () => true, 1);
    // By hand: 80 true to 125 false ones are needed, so of 80 places 31 are true.
    expect(counted(shown, 'true')).toBe(31);
    expect(counted(shown, 'false')).toBe(49);
  });

  test('a run of keys of two changes nearly reaches both counts', () => {
    const shown = run(110, () => true, 2);
    expect(counted(shown, 'true')).toBeGreaterThanOrEqual(80);
    for (const way of canaryWays) expect(counted(shown, 'false', way)).toBeGreaterThanOrEqual(25);
  });
});

test('a key without variants shows what code made alone', () => {
  const groundTruth = changeNumber(1);
  const key = { ...keyOf(groundTruth), variants: noVariants };
  const kinds = dealCanaries({ groundTruth, key, others, seed: 's', shown: [] }).map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === 'true' || kind === 'false')).toEqual([]);
  expect(kinds).toHaveLength(2);
});
