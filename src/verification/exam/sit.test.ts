import { describe, expect, test } from 'vitest';
import { type ExamResult, examHalves } from '#contracts/exam.ts';
import { canaryWays } from '#contracts/replay.ts';
import { examClaim, examJudge } from '#testing/rigs/exam-judges.ts';
import type { Judge, JudgeReply } from '../judges/judge.ts';
import { offlineJudge } from '../judges/offline/judge.ts';
import { dealExam } from './deal.ts';
import { type RuledClaim, scoreExam } from './score.ts';
import { ExamBrokenOff, estimateExam, mostFruitless, sitExam } from './sit.ts';

const sit = (
  judge: Judge,
  half: (typeof examHalves)[number] = 'development',
  onGivenUp: (why: string) => void = () => {},
) => sitExam(judge, half, { atOnce: 4, signal: new AbortController().signal, onSheet: () => {}, onGivenUp });

const values = ({ q1, q0, leak, ways }: ExamResult) => ({
  q1: q1?.value,
  q0: q0?.value,
  leak: leak?.value,
  ways: canaryWays.map((way) => ways[way]?.value),
});

describe.each(examHalves)('on the %s half', (half) => {
  test('a judge that is right has q0 and q1 of 1 and leaks nothing', async () => {
    expect(
      values(
        await sit(
          examJudge(({ member }) => member === 'true'),
          half,
        ),
      ),
    ).toEqual({
      q1: 1,
      q0: 1,
      leak: 0,
      ways: [1, 1, 1, 1, 1],
    });
  });

  test('a judge that says yes to everything, or no, is right on one side only', async () => {
    expect(
      values(
        await sit(
          examJudge(() => true),
          half,
        ),
      ),
    ).toEqual({
      q1: 1,
      q0: 0,
      leak: 1,
      ways: [0, 0, 0, 0, 0],
    });
    expect(
      values(
        await sit(
          examJudge(() => false),
          half,
        ),
      ),
    ).toEqual({
      q1: 0,
      q0: 1,
      leak: 0,
      ways: [1, 1, 1, 1, 1],
    });
  });

  test.each(canaryWays)(
    'a judge that is blind to %s alone is shown to be, and in that way alone',
    async (blind) => {
      const result = await sit(
        examJudge(({ member, way }) => member === 'true' || (member === 'false' && way === blind)),
        half,
      );
      expect(values(result)).toMatchObject({
        q1: 1,
        leak: 0,
        ways: canaryWays.map((way) => (way === blind ? 0 : 1)),
      });
      // Even its upper bound is below a half, while q0 over all ways would look well.
      expect(result.ways[blind]?.interval.upper).toBeLessThan(0.5);
      expect(result.q0?.value).toBeGreaterThan(0.75);
    },
  );

  test('the offline check makes no call, and each claim is ruled on or counted as not ruled on', async () => {
    const result = await sit(offlineJudge(), half);
    const { shown, ruled, notRuledOn, unanswered } = result.claims;
    expect(result.usage).toMatchObject({ calls: 0, costUsd: 0 });
    expect([ruled + notRuledOn, unanswered]).toEqual([shown, 0]);
    expect((result.q1?.of ?? 0) + (result.q0?.of ?? 0) + (result.leak?.of ?? 0)).toBe(ruled);
  });
});

test('a yes without a quote that counts is asked again once, and then is a no, as for an oracle’s claims', async () => {
  const right = examJudge(({ member }) => member === 'true');
  const unquoting: Judge = {
    ...right,
    open: (change) => {
      const opened = right.open(change);
      return {
        ...opened,
        ask: async (task) => {
          const reply = await opened.ask(task);
          if (!reply.ok) return reply;
          const verdicts = reply.answer.verdicts.map((verdict) => ({
            ...verdict,
            quote: 'as the diff shows',
          }));
          return { ...reply, answer: { ...reply.answer, verdicts } };
        },
      };
    },
  };
  const result = await sit(unquoting);
  expect(values(result)).toMatchObject({ q1: 0, q0: 1 });
  const askedAbout = right.shown.flatMap(({ task }) => task.claims.map(({ text }) => text));
  const timesAsked = (text: string) => askedAbout.filter((asked) => asked === text).length;
  for (const text of new Set(askedAbout))
    expect(timesAsked(text)).toBe(examClaim(text).member === 'true' ? 2 : 1);
  expect(result.usage.calls).toBe(right.shown.length);
});

test('a judge is shown neutral ids and the claim’s text alone', async () => {
  const judge = examJudge(() => true);
  await sit(judge);
  for (const { task } of judge.shown)
    expect(task).toEqual({
      measure: 'precision',
      claims: task.claims.map(({ text }, at) => ({ id: `t${at + 1}`, text })),
    });
});

/** The judge that is right, with some replies replaced. */
const failingOn = (change: string, reply: Partial<JudgeReply>): Judge => {
  const right = examJudge(({ member }) => member === 'true');
  return {
    ...right,
    open: (groundTruth) => {
      const opened = right.open(groundTruth);
      return {
        ...opened,
        ask: async (...question) => {
          const answered = await opened.ask(...question);
          return groundTruth.id === change ? ({ ...answered, ...reply } as JudgeReply) : answered;
        },
      };
    },
  };
};
const [first] = dealExam('development');

test('claims that a judge refuses to rule on are in no rate', async () => {
  const result = await sit(failingOn(first?.change ?? '', { ok: false, fault: 'refused', detail: '' }));
  const lost = first?.calls.flat().length ?? 0;
  const shown = dealExam('development').flatMap(({ calls }) => calls.flat()).length;
  expect(result.claims).toEqual({ shown, ruled: shown - lost, notRuledOn: 0, unanswered: lost });
  expect(values(result)).toMatchObject({ q1: 1, q0: 1, leak: 0 });
});

test('a judge that goes away ends the exam without a result', async () => {
  const away = failingOn(first?.change ?? '', {
    ok: false,
    fault: 'unavailable',
    detail: 'no connection',
    passing: false,
  });
  const broken = sit(away);
  await expect(broken).rejects.toThrow(ExamBrokenOff);
  await expect(broken).rejects.toThrow('no connection');
});

/** The judge that is right until it was asked this often, and useless then. */
const uselessAfter = (questions: number, reply: Partial<JudgeReply>) => {
  const right = examJudge(({ member }) => member === 'true');
  let asks = 0;
  const judge: Judge = {
    ...right,
    open: (groundTruth) => {
      const opened = right.open(groundTruth);
      return {
        ...opened,
        ask: async (...question) => {
          asks += 1;
          const useless = asks > questions;
          const answered = await opened.ask(...question);
          return useless ? ({ ...answered, ...reply } as JudgeReply) : answered;
        },
      };
    },
  };
  return { judge, asks: () => asks };
};
/** Those that reach the limit, and those that were under way beside the last of them, each with its whole budget. */
const mostWasted = (mostFruitless + 3) * 4;

describe.each<[string, Partial<JudgeReply>, string]>([
  ['rejected', { ok: false, fault: 'rejected', detail: 'answered 400' }, 'answered 400'],
  ['refused', { ok: false, fault: 'refused', detail: '' }, 'refused'],
  ['truncated', { ok: false, fault: 'truncated', detail: '' }, 'cut off'],
  ['malformed', { ok: false, fault: 'malformed', detail: 'not JSON' }, 'not JSON'],
])('a judge whose answers are all %s', (_, reply, named) => {
  test('is soon asked no more, and the reason is told', async () => {
    const { judge, asks } = uselessAfter(0, reply);
    const told = await sit(judge).catch((error: unknown) => error);
    expect(told).toBeInstanceOf(ExamBrokenOff);
    for (const part of [`${mostFruitless} questions in a row`, named, 'name another one'])
      expect(String(told)).toContain(part);
    expect(asks()).toBeLessThanOrEqual(mostWasted);
  });

  test('from some question on keeps what it answered before, and the rest is unanswered', async () => {
    const { judge, asks } = uselessAfter(20, reply);
    const givenUp: string[] = [];
    const result = await sit(judge, 'development', (why) => givenUp.push(why));
    expect(givenUp).toEqual([expect.stringContaining(named)]);
    expect(asks()).toBeLessThanOrEqual(20 + mostWasted);
    const { shown, ruled, notRuledOn, unanswered } = result.claims;
    expect([ruled > 0, unanswered > 0, ruled + unanswered, notRuledOn]).toEqual([true, true, shown, 0]);
    expect(values(result)).toMatchObject({ q1: 1, q0: 1 });
  });
});

test('fruitless questions that are not in a row end nothing', async () => {
  const right = examJudge(({ member }) => member === 'true');
  let questions = 0;
  const judge: Judge = {
    ...right,
    open: (groundTruth) => {
      const opened = right.open(groundTruth);
      return {
        ...opened,
        ask: async (...question) => {
          questions += 1;
          const answered = await opened.ask(...question);
          // Each fifth question is answered; the four before it use up one budget.
          return questions % 5 === 0
            ? answered
            : ({ ...answered, ok: false, fault: 'malformed', detail: '' } as JudgeReply);
        },
      };
    },
  };
  const givenUp: string[] = [];
  const result = await sitExam(judge, 'development', {
    atOnce: 1,
    signal: new AbortController().signal,
    onSheet: () => {},
    onGivenUp: (why) => givenUp.push(why),
  });
  expect(givenUp).toEqual([]);
  expect(result.claims.ruled).toBeGreaterThan(0);
  expect(result.claims.unanswered).toBeGreaterThan(0);
});

test('the offline check is estimated at the 0 calls that it makes', () => {
  for (const half of examHalves)
    expect(estimateExam(offlineJudge(), half)).toEqual({ calls: 0, likelyUsd: 0, mostUsd: 0 });
});

test('the estimate is of the calls that are made', async () => {
  const judge = examJudge(() => true);
  await sit(judge);
  const { calls, likelyUsd, mostUsd } = estimateExam(judge, 'development');
  expect(calls).toBe(judge.shown.length);
  expect([likelyUsd, mostUsd]).toEqual([expect.closeTo(calls * 0.01, 9), expect.closeTo(calls * 0.02, 9)]);
});

test('what was not ruled on is neither right nor wrong', () => {
  const claim = (member: RuledClaim['member'], verdict: RuledClaim['verdict']): RuledClaim => ({
    pair: 'p',
    way: 'value',
    member,
    text: '',
    verdict,
  });
  const { q1, q0, ways, leak, claims } = scoreExam([
    claim('true', 'supported'),
    claim('true', 'not_ruled_on'),
    claim('false', 'rejected'),
    claim('false', 'supported'),
    claim('false', 'unanswered'),
    claim('injected', 'not_ruled_on'),
  ]);
  // By hand. The interval of 1 of 2 with Wilson's formula: 0.0945 to 0.9055.
  expect(q1).toMatchObject({ value: 1, of: 1 });
  expect(q0).toEqual({
    value: 0.5,
    of: 2,
    interval: { lower: expect.closeTo(0.0945, 4), upper: expect.closeTo(0.9055, 4) },
  });
  expect(ways).toEqual({ direction: null, value: q0, name: null, condition: null, cause: null });
  expect(leak).toBeNull();
  expect(claims).toEqual({ shown: 6, ruled: 3, notRuledOn: 2, unanswered: 1 });
});
