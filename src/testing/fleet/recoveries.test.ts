import { expect, test } from 'vitest';
import { recoveries } from './recoveries.ts';

const call = (change: number, worker: number, from: number) => ({
  change,
  question: 'reply []',
  worker,
  from,
  until: from + 600,
});
const calls = [call(1, 0, 0), call(2, 1, 100), call(3, 1, 2_000), call(4, 0, 5_000)];
const stored = calls.map(({ change, until }) => ({ change, column: 'reply_json', at: until + 50 }));

test('a worker has recovered once it has stored the answer of a call that it made after the strike', () => {
  expect(recoveries([{ kind: 'kill', workers: [0], at: 300 }], calls, stored)).toEqual(
    // Its own call from 5,000 on, stored at 5,650, and neither the one under way nor those of worker 1.
    new Map([['kill', [5_350]]]),
  );
});

test('of several workers the first counts, each strike of a kind has its time, and the last may have none', () => {
  const strikes = [300, 3_000, 6_000].map((at) => ({ kind: 'cut', workers: [0, 1], at }));
  expect(recoveries(strikes, calls, stored)).toEqual(new Map([['cut', [2_350, 2_650]]]));
});
