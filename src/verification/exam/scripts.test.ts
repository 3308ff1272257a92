import { expect, test } from 'vitest';
import { examHalves, examScriptNames, type examScripts } from '#contracts/exam.ts';
import { canaryWays } from '#contracts/replay.ts';
import { scriptedExam } from './scripts.ts';

test('the figures of the scripts that come with the program are those of the exam (-u writes them)', async () => {
  const results = examScriptNames.flatMap((script) => examHalves.map((half) => scriptedExam(script, half)));
  await expect(`${JSON.stringify(results, null, 2)}\n`).toMatchFileSnapshot('script-results.json');
});

test.each(examHalves)('in the %s half each script has the figures that its text promises', (half) => {
  const of = (script: keyof typeof examScripts) => scriptedExam(script, half);
  expect(of('always_yes')).toMatchObject({ q1: { value: 1 }, q0: { value: 0 }, leak: { value: 1 } });
  expect(of('always_no')).toMatchObject({ q1: { value: 0 }, q0: { value: 1 }, leak: { value: 0 } });
  for (const blind of canaryWays) {
    const { q1, ways } = of(`blind_${blind}`);
    expect(q1?.value).toBe(1);
    for (const way of canaryWays) expect([way, ways[way]?.value]).toEqual([way, way === blind ? 0 : 1]);
  }
  const { q1, q0, leak } = of('right_in_9_of_10');
  // About 60 claims each: three standard errors of a share of 0.9 are 0.12.
  for (const rate of [q1?.value, q0?.value, 1 - (leak?.value ?? 0)]) {
    expect(rate).toBeGreaterThan(0.78);
    expect(rate).toBeLessThan(1);
  }
});
