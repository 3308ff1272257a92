import { expect, test } from 'vitest';
import type { Call } from './outside.ts';
import { repetitions } from './repeated-calls.ts';

const call = (change: number, question: string, worker: number, from: number): Call => ({
  change,
  question,
  worker,
  from,
  until: from + 600,
});

const calm = [call(1, 'answer_key []', 0, 0), call(1, 'reply []', 0, 700), call(2, 'answer_key []', 0, 0)];
/** Each is stored 50 ms after its answer. */
const stored = calm.map(({ change, question, until }) => ({
  change,
  column: `${question.split(' ')[0]}_json`,
  at: (until ?? 0) + 50,
}));

test('the same calls by other workers at other times do not count as repeated', () => {
  const moved = calm.map((one) => ({ ...one, worker: 2, from: one.from + 9_000 }));
  expect(repetitions(calm, moved, [], stored)).toEqual({
    repeated: [],
    open: 0,
    inexcusable: [],
    missing: 0,
  });
});

test('only a call that was open when its worker was killed may be repeated', () => {
  const again = call(1, 'answer_key []', 1, 12_000);
  const cut = { workers: [0], from: 300, until: 300 };
  // At 300 ms worker 0 has both answer keys open.
  expect(repetitions(calm, [...calm, again], [cut], stored)).toEqual({
    repeated: [again],
    open: 2,
    inexcusable: [],
    missing: 0,
  });
  expect(repetitions(calm, [...calm, again], [{ ...cut, workers: [1, 2] }], stored)).toMatchObject({
    open: 0,
    inexcusable: [again],
  });
  // The reply is answered at 1,300 ms and stored at 1,350.
  expect(
    repetitions(calm, [...calm, again], [{ workers: [0], from: 1_340, until: 1_340 }], stored),
  ).toMatchObject({
    open: 1,
    inexcusable: [],
  });
  expect(
    repetitions(calm, [...calm, again], [{ workers: [0], from: 1_360, until: 1_360 }], stored),
  ).toMatchObject({
    open: 0,
    inexcusable: [again],
  });
});

test('a question that the undisturbed runs never asked counts as repeated, and one not asked counts as missing', () => {
  const other = call(2, 'reply []', 0, 700);
  expect(repetitions(calm, [...calm.slice(0, 2), other], [], stored)).toEqual({
    repeated: [other],
    open: 0,
    inexcusable: [other],
    missing: 1,
  });
});
