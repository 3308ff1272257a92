import type { ReplayScore } from '#contracts/replay.ts';
import { meansOf } from '#testing/builders/judged-fixtures.ts';
import { ruleOnClaim } from '#verification/judges/offline/claim-verdict.ts';
import { indexDiff } from '#verification/judges/offline/diff-index.ts';
import { splitSentences } from '#verification/judges/offline/statements.ts';
import { differenceOf, measures, type Written, wasSeen, writtenMaterials } from './offline-materials.ts';
import { falseStrategies, materialOf, readers, scoresOf } from './offline-strategies.ts';

/**
 * `npm run bench:offline-check`: what the offline check gives to honest readers, and to oracles that state nothing. With
 * `-- --list` also the true claims that it does not rule on, and those that it rules on wrongly, of the half of each
 * material that was looked at.
 */

const number = (value: number) => value.toFixed(3).padStart(9);
const row = (name: string, cells: string[]) => process.stdout.write(`${name.padEnd(36)}${cells.join('')}\n`);
const step = (a: ReplayScore[], b: ReplayScore[], measure: (score: ReplayScore) => number) => {
  const { mean, inference } = differenceOf(a, b, measure);
  if (inference === null) return `${number(mean)} [not measured]  `;
  const { lower, upper } = inference.interval;
  return `${number(mean)} [${lower.toFixed(3)}, ${upper.toFixed(3)}]  `;
};

const parts: [string, (one: Written) => boolean][] = [
  ['all', () => true],
  ['looked at', wasSeen],
  ['only scored', (one) => !wasSeen(one)],
];

function showRulings(name: string, written: Written[]): void {
  const kinds = { 'true claims': 'key_claims', 'false claims': 'false_claims' } as const;
  for (const [part, isOf] of parts) {
    const own = written.filter(isOf);
    const verdicts = (texts: (one: Written) => string[]) =>
      own.flatMap((one) => {
        const index = indexDiff(one.change);
        return texts(one).map((text) => ({ text, verdict: ruleOnClaim(text, index).verdict }));
      });
    const count = (all: { verdict: string }[], verdict: string) =>
      all.filter((one) => one.verdict === verdict).length;
    for (const [kind, field] of Object.entries(kinds)) {
      const all = verdicts(({ note }) => note[field]);
      row(`${name}, ${part}: ${kind}`, [
        `  ${all.length}, of them ${count(all, 'supported')} supported, ${count(all, 'not_supported')} not, `,
        `${count(all, 'undecided')} not ruled on`,
      ]);
      const isRight = field === 'key_claims' ? 'supported' : 'not_supported';
      if (process.argv.includes('--list') && part === 'looked at')
        for (const { text, verdict } of all)
          if (verdict !== isRight && !(field === 'false_claims' && verdict === 'undecided'))
            process.stdout.write(`    ${verdict}: ${text}\n`);
    }
    const sentences = verdicts(({ note }) => splitSentences(note.summary));
    row(`${name}, ${part}: sentences`, [
      `  ${sentences.length}, of them ${count(sentences, 'supported')} with true facts, `,
      `${count(sentences, 'undecided')} not ruled on`,
    ]);
  }
}

async function showScores(name: string, written: Written[]): Promise<void> {
  const made = await Promise.all(
    written.map(({ change, note }, at) =>
      materialOf(change, note, written[(at + 7) % written.length]?.note ?? note),
    ),
  );
  row('', [
    ...['precision', 'recall', 'reply', 'composite'].map((cell) => cell.padStart(9)),
    '  the honest composite above it, paired, 95 %',
  ]);
  const materials = made.filter((material) => material !== null);
  const scores = new Map<string, ReplayScore[]>();
  for (const [strategy, answer] of Object.entries({ ...readers, ...falseStrategies })) {
    const all = await scoresOf(answer, materials);
    scores.set(strategy, all);
    for (const [part, isOf] of strategy === 'honest' ? parts : parts.slice(0, 1)) {
      const means = meansOf(all.filter((_, at) => isOf(materials[at] as Written)));
      row(part === 'all' ? strategy : `${strategy}, ${part}`, [
        number(means.precision),
        number(means.recall),
        number(means.reply),
        number(means.composite),
        ...(strategy === 'honest' ? [] : [step(scores.get('honest') ?? [], all, measures.composite)]),
      ]);
    }
  }
  process.stdout.write(`\nSteps of the ${name}, with paired 95 % intervals: composite, precision\n`);
  for (const [above, below] of [
    ['honest', 'half wrong'],
    ['half wrong', 'vague'],
  ] as const) {
    const [a, b] = [scores.get(above) ?? [], scores.get(below) ?? []];
    row(
      `${above} > ${below}`,
      Object.values(measures).map((measure) => step(a, b, measure)),
    );
  }
}

for (const [name, written] of Object.entries(writtenMaterials).map(([key, read]) => [key, read()] as const)) {
  process.stdout.write(`\n${name}: ${written.length} changes\n\n`);
  showRulings(name, written);
  process.stdout.write('\n');
  await showScores(name, written);
}
