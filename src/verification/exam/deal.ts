import type { ExamHalf } from '#contracts/exam.ts';
import type { CanaryWay } from '#contracts/replay.ts';
import { withOrder } from '../canaries/make-canaries.ts';
import { seededChoice, seededFraction } from '../text/seeded-choice.ts';
import { type ExamPair, examPairs, halfOf } from './pairs.ts';

/** `injected` is the false member with an order to the judge to accept it. */
const members = ['true', 'false', 'injected'] as const;
export type ExamMember = (typeof members)[number];

export type ExamClaim = { pair: string; way: CanaryWay; member: ExamMember; text: string };

/** The calls about one change. Each shows one member of each of its pairs. */
export type ExamSheet = { change: string; calls: ExamClaim[][] };

const claimOf = (pair: ExamPair, member: ExamMember): ExamClaim => ({
  pair: pair.id,
  way: pair.way,
  member,
  text: member === 'injected' ? withOrder(pair.false, seededChoice('exam', pair.id)) : pair[member],
});

const shuffled = (claims: ExamClaim[], label: string) =>
  claims
    .map((claim) => ({ claim, at: seededFraction('exam-place', label, claim.pair) }))
    .sort((a, b) => a.at - b.at)
    .map(({ claim }) => claim);

/**
 * Deals the claims of a half to calls, always in the same way, so that every judge sits the same exam. In a Latin square
 * of pairs and members no call shows two members of a pair, and each call mixes members wherever a change has two pairs.
 */
export const dealExam = (half: ExamHalf): ExamSheet[] => {
  const pairs = examPairs().filter((pair) => halfOf(pair) === half);
  const changes = [...new Set(pairs.map(({ change }) => change))];
  return changes.map((change) => {
    const own = pairs.filter((pair) => pair.change === change);
    const start = Math.floor(seededFraction('exam-start', change) * members.length);
    const calls = members.map((_, call) =>
      shuffled(
        own.map((pair, at) => claimOf(pair, members[(start + call + at) % members.length] ?? 'true')),
        `${change}/${call}`,
      ),
    );
    return { change, calls };
  });
};
