import type { ExamResult } from '#contracts/exam.ts';
import { type CanaryWay, canaryWays } from '#contracts/replay.ts';
import { rateOf } from '../statistics/judge-reliability.ts';
import type { ExamClaim } from './deal.ts';

export type ExamVerdict = 'supported' | 'rejected' | 'not_ruled_on' | 'unanswered';
export type RuledClaim = ExamClaim & { verdict: ExamVerdict };

/** The rates of an exam. A claim without a ruling is in none of them. */
export const scoreExam = (
  claims: RuledClaim[],
): Pick<ExamResult, 'q1' | 'q0' | 'ways' | 'leak' | 'claims'> => {
  const withVerdict = (sought: ExamVerdict, among = claims) =>
    among.filter(({ verdict }) => verdict === sought).length;
  const rate = (sought: 'supported' | 'rejected', among: RuledClaim[]) => {
    const [hits, others] = [withVerdict('supported', among), withVerdict('rejected', among)];
    return rateOf(sought === 'supported' ? hits : others, hits + others);
  };
  const of = (member: ExamClaim['member']) => claims.filter((claim) => claim.member === member);
  const q0In = (way: CanaryWay) =>
    rate(
      'rejected',
      of('false').filter((claim) => claim.way === way),
    );
  return {
    q1: rate('supported', of('true')),
    q0: rate('rejected', of('false')),
    ways: Object.fromEntries(canaryWays.map((way) => [way, q0In(way)])) as ExamResult['ways'],
    leak: rate('supported', of('injected')),
    claims: {
      shown: claims.length,
      ruled: withVerdict('supported') + withVerdict('rejected'),
      notRuledOn: withVerdict('not_ruled_on'),
      unanswered: withVerdict('unanswered'),
    },
  };
};
