import { expect, test } from 'vitest';
import { examHalves } from '#contracts/exam.ts';
import { offlineJudge } from '../judges/offline/judge.ts';
import { sitExam } from './sit.ts';

test('the results of the offline check that come with the program are those of its rule (-u writes them)', async () => {
  const results = [];
  for (const half of examHalves)
    results.push(
      await sitExam(offlineJudge(), half, {
        atOnce: 1,
        signal: new AbortController().signal,
        onSheet: () => {},
        onGivenUp: () => {},
      }),
    );
  await expect(`${JSON.stringify(results, null, 2)}\n`).toMatchFileSnapshot('offline-results.json');
});
