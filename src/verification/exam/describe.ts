import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import {
  type ExamDescription,
  type ExamResult,
  examHalves,
  examResultSchema,
  type NamedExam,
  namedExamSchema,
  type ScriptedExam,
  scriptedExamSchema,
} from '#contracts/exam.ts';
import type { JudgeIdentity } from '#contracts/judge-providers.ts';
import { canaryWays } from '#contracts/replay.ts';
import { examChanges } from './changes.ts';
import offlineResults from './offline-results.json' with { type: 'json' };
import { type ExamPair, examPairs, halfOf, isDisputed, labelsOf, writtenPairs } from './pairs.ts';
import scriptResults from './script-results.json' with { type: 'json' };

/** SHA-256 (hex) over everything that a judge is shown or scored by. */
export const materialDigest = (): string => {
  const shown = {
    changes: examChanges().map(({ id, title, description, diff }) => ({ id, title, description, diff })),
    pairs: examPairs().map((pair) => [pair.id, pair.change, pair.way, pair.true, pair.false, halfOf(pair)]),
  };
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(shown))));
};

const remarks = [
  'No person has read the exam. Its two writers and its third reader are sessions of a language model, very probably of the same one: what that model cannot see, no label shows.',
  'The writers wrote the pairs, each for half of the changes, by the same instructions. Each then labelled the other’s claims from the diff alone, without the other’s labels, but knowing that half of the claims are true. Each list held both members of every pair, at least 39 places apart. So their agreement is an upper estimate of the labels’ quality.',
  'The third reader had written nothing, and saw one member of each pair only.',
  'Each list was labelled within four minutes of being written.',
  'A pair is left out if one label differs from its writer’s.',
  'The exam is public, so a model may have been trained on it. Its changes are of this project’s own history: it says little of other languages and styles.',
];

const readerNames: Record<keyof ExamPair['labels'], string> = {
  second: 'the other writer',
  third: 'the third reader',
};

export const describeExam = (): ExamDescription => {
  const [written, pairs] = [writtenPairs(), examPairs()];
  const countWhere = (holds: (pair: ExamPair) => boolean) => pairs.filter(holds).length;
  return {
    material: materialDigest(),
    pairs: pairs.length,
    pairsByWay: Object.fromEntries(
      canaryWays.map((way) => [way, countWhere((pair) => pair.way === way)]),
    ) as ExamDescription['pairsByWay'],
    pairsByHalf: Object.fromEntries(
      examHalves.map((half) => [half, countWhere((pair) => halfOf(pair) === half)]),
    ) as ExamDescription['pairsByHalf'],
    changes: new Set(pairs.map(({ change }) => change)).size,
    disputed: written.filter(isDisputed).length,
    readers: (['second', 'third'] as const).map((reader) => {
      const labels = written.flatMap((pair) => labelsOf(pair, reader));
      return {
        reader: readerNames[reader],
        agreeing: labels.filter(({ agrees }) => agrees).length,
        of: labels.length,
      };
    }),
    remarks,
  };
};

/**
 * The offline check's results. It follows a rule, so they are the same wherever it is asked, and come with the program.
 * A test computes them again.
 */
export const knownResults = (): ExamResult[] => examResultSchema.array().parse(offlineResults);

/** The figures of the scripts, for comparison. A test computes them again, and `judge exam --script` does for anybody. */
export const knownReferences = (): ScriptedExam[] => scriptedExamSchema.array().parse(scriptResults);

/** What a certificate names of an exam that comes with the program. Null: none comes with it for this judge. */
export const shippedExam = (judge: JudgeIdentity & { promptDigest: string }): NamedExam | null => {
  const known = knownResults().find(
    ({ half, provider, model, promptDigest }) =>
      half === 'publication' &&
      provider === judge.provider &&
      model === judge.model &&
      promptDigest === judge.promptDigest,
  );
  return known === undefined ? null : namedExamSchema.parse({ ...known, askedAt: null, askings: 0 });
};
