import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { ReplayScore } from '#contracts/replay.ts';
import { independent } from '#testing/builders/independent.ts';
import { fixtureChanges, fixtureReadings } from '#testing/builders/judged-fixtures.ts';
import { type ChangeNote, ownChangeNotes, ownChanges, ownReadings } from '#testing/builders/own-changes.ts';
import { compositeOf } from '#verification/statistics/aggregate.ts';
import { pairedDifference } from '#verification/statistics/paired.ts';

/** A change and what a person who understood it wrote about it. */
export type Written = { change: GroundTruth; note: ChangeNote };

const beside = (changes: GroundTruth[], notes: ChangeNote[]): Written[] => {
  const byId = new Map(changes.map((change) => [change.id, change]));
  return notes.map((note) => {
    const change = byId.get(note.id);
    if (change === undefined) throw new Error(`There is no change ${note.id}.`);
    return { change, note };
  });
};

/**
 * The notes were written by somebody who knew the rule of the offline check. The readings, and the answers about the
 * changes of invented projects, were not: they mostly say what a program does, which no rule decides.
 */
export const writtenMaterials = {
  notes: () => beside(ownChanges(), ownChangeNotes()),
  readings: () => beside(ownChanges(), ownReadings()),
  'hand-written answers': () =>
    beside(
      fixtureChanges(),
      fixtureReadings().map(({ invented_claims: false_claims, ...reading }) => ({
        ...reading,
        false_claims,
      })),
    ),
} satisfies Record<string, () => Written[]>;

/** Half of each material was looked at while the rule was written: that of the changes with an odd number. */
export const wasSeen = ({ note }: Written): boolean => Number(/\d+/.exec(note.id)?.[0]) % 2 === 1;

export const measures = {
  composite: (score: ReplayScore) => compositeOf(score, { precision: 1, recall: 1, replyAccuracy: 1 }),
  precision: ({ precision }: ReplayScore) => precision,
};

/** The mean difference of two oracles on the same changes, with its inference. These are taken as independent, however few. */
export const differenceOf = (a: ReplayScore[], b: ReplayScore[], measure: (score: ReplayScore) => number) =>
  pairedDifference(
    a.map((score, at) => ({ a: measure(score), b: measure(b[at] ?? score), dependence: independent(at) })),
    0.05,
    1,
  );
