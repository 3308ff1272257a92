import { expect, test } from 'vitest';
import { killDuringPaidCalls } from './paid-kills.ts';

/** On a quiet machine the run pauses for seconds, the lease of what the dead worker held. */
const longestPauseMs = 90_000;

test('a run whose workers are killed with paid calls under way pauses for less than 90 s', async () => {
  const { disturbed, paidCalls } = await killDuringPaidCalls();
  expect(disturbed).toMatchObject({ status: 'COMPLETED', error: null });
  const times = paidCalls.map(({ from }) => from).toSorted((a, b) => a - b);
  const pausesMs = times.slice(1).map((from, at) => from - (times[at] ?? 0));
  expect(Math.max(...pausesMs)).toBeLessThan(longestPauseMs);
}, 1_800_000);
