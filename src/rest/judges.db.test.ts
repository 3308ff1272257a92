import { afterAll, beforeAll, expect, test } from 'vitest';
import { get, openRestRig } from '#testing/rigs/rest-rig.ts';
import { getJudges } from './judges.ts';

let rest: Awaited<ReturnType<typeof openRestRig>>;
beforeAll(async () => {
  rest = await openRestRig();
});
afterAll(() => rest.rig.close());

test('anyone reads the judges’ rules, the exam and its results, in the names of the wire', async () => {
  const response = await getJudges(rest.context, get(''));
  expect(response.status).toBe(200);
  const { rules, exam, results, references } = await response.json();
  expect(rules.map(({ provider }: { provider: string }) => provider)).toContain('offline');
  expect(exam.pairs_by_way).toMatchObject({ direction: expect.any(Number), cause: expect.any(Number) });
  expect(results).toContainEqual(
    expect.objectContaining({ provider: 'offline', half: 'publication', asked_at: null, askings: 0 }),
  );
  expect(references).toContainEqual(
    expect.objectContaining({
      script: 'always_yes',
      half: 'publication',
      q0: expect.objectContaining({ value: 0 }),
    }),
  );
  expect(results.some((result: object) => 'script' in result)).toBe(false);
});
