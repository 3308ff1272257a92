import { expect, test } from 'vitest';
import { spokenProgress, timeLeftText } from './run-status.tsx';

test('progress is read aloud at each quarter, not at each replay', () => {
  const spoken = Array.from({ length: 11 }, (_, progress) => spokenProgress({ progress, total: 10 }));
  expect(new Set(spoken)).toEqual(
    new Set(['', ...[25, 50, 75, 100].map((share) => `${share} % of the replays have ended.`)]),
  );
  expect(spoken[2]).toBe('');
  expect(spoken[3]).toContain('25 %');
  expect(spoken[9]).toContain('75 %');
  expect(spokenProgress({ progress: 0, total: 0 })).toBe('');
});

test('the time left is shown in the coarsest useful unit', () => {
  expect(timeLeftText(59)).toBe('less than a minute left');
  expect(timeLeftText(60)).toBe('about 1 minute left');
  expect(timeLeftText(5_340)).toBe('about 89 minutes left');
  expect(timeLeftText(7_200)).toBe('about 2 hours left');
});
