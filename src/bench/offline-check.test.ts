import { beforeAll, describe, expect, test } from 'vitest';
import type { ReplayScore } from '#contracts/replay.ts';
import { fixtureChanges, meansOf } from '#testing/builders/judged-fixtures.ts';
import { ownChanges } from '#testing/builders/own-changes.ts';
import { isLongRun } from '#testing/runners/fuzzing.ts';
import { offlineJudge } from '#verification/judges/offline/judge.ts';
import { makeAnswerKey } from '#verification/judging/answer-key.ts';
import { toGroundTruth } from '#verification/sources/eligibility.ts';
import { differenceOf, measures, writtenMaterials } from './offline-materials.ts';
import { falseStrategies, type Material, materialOf, readers, scoresOf } from './offline-strategies.ts';

test('fifty changes of this repository stand as the engine would draw them from git', () => {
  const changes = ownChanges();
  expect(changes.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, at) => `own-${at + 1}`));
  for (const change of changes) {
    const { diff, filesChanged: _, ...told } = change;
    expect(toGroundTruth(told, diff), change.id).toEqual(change);
  }
});

test('the offline check makes a key of nearly every change: at most 0.11 of them are replaced', async () => {
  const changes = [...ownChanges(), ...fixtureChanges()];
  const judge = offlineJudge();
  const made = await Promise.all(
    changes.map((change) => makeAnswerKey(judge.open(change), change, { model: judge.model })),
  );
  const without = made.filter(({ kind }) => kind !== 'made').length;
  expect(changes.length).toBeGreaterThanOrEqual(70);
  expect(without / changes.length).toBeLessThanOrEqual(0.11);
});

/**
 * What an honest reader gets at least, and how far below it an oracle that states no true fact stays. The notes say what
 * was changed. The readings and the hand-written answers mostly say what a program does, beside a fact or without one:
 * code cannot decide that, so hardly any of their claims is ruled on, and what they get is by their summaries.
 */
const bounds = {
  notes: { honest: 0.8, apart: 0.25 },
  readings: { honest: 0.21, apart: 0.2 },
  'hand-written answers': { honest: 0.3, apart: 0.25 },
};

/** Every strategy on the notes; outside `npm run test:long` a third of them on each of the others, which are larger. */
const strategiesOn = (material: string): string[] => {
  const place = Object.keys(writtenMaterials).indexOf(material);
  return Object.keys(falseStrategies).filter((_, at) => place === 0 || isLongRun || at % 3 === place);
};

describe.each(Object.entries(writtenMaterials))('on the %s', (name, read) => {
  const scores = new Map<string, ReplayScore[]>();
  const of = (strategy: string) => scores.get(strategy) ?? [];
  const written = read();
  const { honest, apart } = bounds[name as keyof typeof bounds];
  /** Where hardly a claim is ruled on, precision tells no readers apart. */
  const told = name === 'notes' ? measures : { composite: measures.composite };
  let materials: Material[];

  beforeAll(async () => {
    const all = await Promise.all(
      written.map(({ change, note }, at) =>
        materialOf(change, note, written[(at + 7) % written.length]?.note ?? note),
      ),
    );
    materials = all.filter((material) => material !== null);
    const chosen = [...Object.keys(readers), ...strategiesOn(name)];
    for (const [strategy, answer] of Object.entries({ ...readers, ...falseStrategies }))
      if (chosen.includes(strategy)) scores.set(strategy, await scoresOf(answer, materials));
  }, 300_000);

  test('claims turned round are as many as the honest ones, and none of them is one', () => {
    for (const material of materials) {
      const { note } = material;
      const { keyClaims } = falseStrategies['each claim turned round'](material);
      expect(keyClaims).toHaveLength(note.key_claims.length);
      for (const { claim } of keyClaims) expect(note.key_claims).not.toContain(claim);
    }
  });

  test('an honest reader gets what code can decide of it', () => {
    expect(of('honest').length).toBeGreaterThanOrEqual(20);
    expect(meansOf(of('honest')).composite).toBeGreaterThanOrEqual(honest);
  });

  describe.each(Object.entries(told))('by %s the paired interval of the step is above 0:', (_, measure) => {
    test.each([
      ['honest', 'half wrong'],
      ['half wrong', 'vague'],
    ])('%s above %s', (above, below) => {
      expect(differenceOf(of(above), of(below), measure).inference?.interval.lower).toBeGreaterThan(0);
    });
  });

  describe('an oracle that states no true fact has a precision of at most 0.10 and stays far below the honest one:', () => {
    test.each(strategiesOn(name))('%s', (strategy) => {
      const means = meansOf(of(strategy));
      expect(means.precision).toBeLessThanOrEqual(0.1);
      expect(means.composite).toBeLessThanOrEqual(meansOf(of('honest')).composite - apart);
    });
  });
});
