import { expect, test } from 'vitest';
import type { OracleFailure } from '#contracts/oracle.ts';
import {
  type Asked,
  absenceOf,
  absenceText,
  earlyAbsenceOf,
  standing,
  tookQuestion,
  wasThere,
} from './oracle-presence.ts';

const failing = (more: Partial<OracleFailure> = {}): OracleFailure => ({
  kind: 'failure',
  reason: 'connection',
  detail: 'It broke.',
  httpAnswered: false,
  latencyMs: 1,
  retries: 2,
  ...more,
});
const status = (code: number) => failing({ reason: 'status', httpAnswered: true, status: code });
const answer = { kind: 'answer' } as const;
const now = (outcome: Asked['outcome']): Asked => ({ outcome, carried: false });
const earlier = (outcome: Asked['outcome']): Asked => ({ outcome, carried: true });

test('a redirect, a refusal, an unknown address or method and a missing HTTP answer did not take the question', () => {
  for (const code of [300, 301, 302, 303, 307, 308, 401, 402, 403, 404, 405, 407, 410, 415, 501])
    expect([code, tookQuestion(status(code))]).toEqual([code, false]);
  expect(tookQuestion(failing())).toBe(false);
});

test('an answer, an error of the oracle’s own, a malformed answer and a late one took the question', () => {
  for (const code of [400, 408, 409, 418, 422, 429, 500, 502, 503, 504])
    expect([code, tookQuestion(status(code))]).toEqual([code, true]);
  expect(tookQuestion(answer)).toBe(true);
  expect(tookQuestion(failing({ reason: 'malformed', httpAnswered: true }))).toBe(true);
});

test('a used-up quota and an unknown tool did not take the question, whatever the status', () => {
  for (const reason of ['quota_exhausted', 'unknown_tool'] as const)
    for (const code of [undefined, 429])
      expect(tookQuestion(failing({ reason, httpAnswered: true, ...(code && { status: code }) }))).toBe(
        false,
      );
});

test('a run stops early only after five replays in which no question was taken', () => {
  const refused = Array.from({ length: 5 }, () => now(status(402)));
  expect(earlyAbsenceOf(refused)).toMatchObject({ replays: 5, failure: status(402) });
  expect(earlyAbsenceOf(refused.slice(1))).toBeNull();
  expect(earlyAbsenceOf([...refused, now(answer)])).toBeNull();
  expect(earlyAbsenceOf([...refused, now(status(500))])).toBeNull();
  expect(earlyAbsenceOf([earlier(answer), ...refused])).toMatchObject({ replays: 5 });
  expect(earlyAbsenceOf(Array.from({ length: 9 }, () => earlier(status(402))))).toBeNull();
});

test('an oracle was there if anything answered at its address, now or at an earlier start', () => {
  expect(wasThere([now(failing())])).toBe(false);
  expect(wasThere([now(failing()), earlier(status(401))])).toBe(true);
  expect(wasThere([now(answer)])).toBe(true);
});

test('a run that asked nothing since its start has no absent oracle', () => {
  expect(absenceOf([])).toBeNull();
  expect(absenceOf([earlier(answer), earlier(failing())])).toBeNull();
});

test('an absence names how many replays asked since the start, and the first failure', () => {
  const absence = absenceOf([earlier(answer), now(status(401)), now(failing())]);
  expect(absence).toEqual({ replays: 2, failure: status(401), resumed: true });
  expect(absence && absenceText(absence)).toBe(
    'In 2 replays since the run was resumed the oracle accepted no question (status: It broke.). A wrong address, name or header, or an oracle that is down, is a mistake, not a verdict: check the oracle’s URL or module, its headers and that it runs.',
  );
});

test('one failed change says nothing if nothing was answered before, or if its question cannot have gone out', () => {
  expect(absenceOf([now(status(403))])).not.toBeNull();
  const askedBefore = 1;
  for (const failure of [
    failing({ askedBefore, unreachable: true }),
    failing({ askedBefore, reason: 'not_loaded' }),
    failing({ askedBefore, reason: 'refused_by_network_rule' }),
  ]) {
    const absence = absenceOf([earlier(answer), now(failure)]);
    expect(absence && absenceText(absence)).not.toContain('counts as its failure');
    expect(absence).not.toBeNull();
  }
  expect(absenceOf([earlier(answer), now(failing({ askedBefore }))])).toBeNull();
});

test('if the oracle took no question, no outcome stands and everything is asked again', () => {
  const asked = [now(failing()), now(status(401))];
  expect(asked.map(standing(asked))).toEqual([false, false]);
});

test('a failure among answers stands, and an earlier one stands even if the oracle is absent now', () => {
  const among = [now(failing()), now(status(500))];
  expect(among.map(standing(among))).toEqual([true, true]);
  const absent = [earlier(answer), earlier(failing()), now(failing()), now(failing())];
  expect(absent.map(standing(absent))).toEqual([true, true, false, false]);
});
