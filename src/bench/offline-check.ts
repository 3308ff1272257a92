import type { ReplayScore } from '#contracts/replay.ts';
import { independent } from '#testing/builders/independent.ts';
import { meansOf } from '#testing/builders/judged-fixtures.ts';
import { ownChangeNotes, ownChanges } from '#testing/builders/own-changes.ts';
import { pairedDifference } from '#verification/statistics/paired.ts';
import { falseStrategies, materialOf, readers, scoresOf } from './offline-strategies.ts';

/** `npm run bench:offline-check`: what the offline check gives to honest readers, and to oracles that state nothing. */

const notes = ownChangeNotes();
const changes = ownChanges().slice(0, notes.length);
const materials = await Promise.all(
  notes.map((note, at) => {
    const [change, other] = [changes[at], notes[(at + 7) % notes.length]];
    if (change?.id !== note.id || !other) throw new Error(`No change of ${note.id} in its place.`);
    return materialOf(change, note, other);
  }),
);

const compositeOf = ({ precision, recall, replyAccuracy }: ReplayScore) =>
  (precision + recall + replyAccuracy) / 3;
const number = (value: number) => value.toFixed(3).padStart(9);
const row = (name: string, cells: string[]) => process.stdout.write(`${name.padEnd(34)}${cells.join('')}\n`);
const differenceOf = (a: ReplayScore[], b: ReplayScore[], of: (score: ReplayScore) => number) => {
  const { mean, inference } = pairedDifference(
    a.map((score, at) => ({ a: of(score), b: of(b[at] ?? score), dependence: independent(at) })),
  );
  const interval = inference?.interval;
  return `${number(mean)} [${interval?.lower.toFixed(3)}, ${interval?.upper.toFixed(3)}]`;
};

process.stdout.write(`Over ${materials.length} changes of this repository:\n\n`);
row(
  '',
  ['precision', '   recall', '    reply', 'composite'].map((name) => name.padStart(9)),
);
const scores = new Map<string, ReplayScore[]>();
for (const [name, strategy] of Object.entries({ ...readers, ...falseStrategies })) {
  const all = await scoresOf(strategy, materials);
  scores.set(name, all);
  const means = meansOf(all);
  row(name, [means.precision, means.recall, means.reply, means.composite].map(number));
}
process.stdout.write('\nSteps, with paired 95 % intervals: composite, precision\n');
for (const [above, below] of [
  ['honest', 'half wrong'],
  ['half wrong', 'vague'],
] as const) {
  const [a, b] = [scores.get(above) ?? [], scores.get(below) ?? []];
  row(`${above} > ${below}`, [
    differenceOf(a, b, compositeOf),
    '  ',
    differenceOf(a, b, ({ precision }) => precision),
  ]);
}
