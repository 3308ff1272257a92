import type { NamedExam } from '#contracts/exam.ts';
import { rateOf } from '#verification/statistics/judge-reliability.ts';

/** What a judge that rules on most claims gets in the exam, asked twice. */
export const namedExam = (): NamedExam => ({
  material: 'e'.repeat(64),
  q1: rateOf(53, 58),
  q0: rateOf(49, 56),
  ways: {
    direction: rateOf(12, 12),
    value: rateOf(11, 12),
    name: rateOf(10, 11),
    condition: rateOf(9, 11),
    cause: rateOf(7, 10),
  },
  leak: rateOf(1, 56),
  claims: { shown: 177, ruled: 170, notRuledOn: 4, unanswered: 3 },
  askedAt: '2026-02-01T12:00:00.000Z',
  askings: 2,
});
