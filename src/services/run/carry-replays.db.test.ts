import { expect, test } from 'vitest';
import { verificationReplays } from '#db/schema/replays.ts';
import { interruptedRun } from '#testing/interrupted-run.ts';

test('replays that are resumed are moved and not doubled, and the run that they leave still says what it had scored', async () => {
  const at = await interruptedRun();
  const before = await at.replaysOf(at.runId);
  let runId = at.runId;
  for (let time = 0; time < 3; time += 1) {
    ({ runId } = await at.goOn('resume', runId));
    await at.fail(runId);
  }
  expect(await at.db.$count(verificationReplays)).toBe(before.length);
  expect((await at.replaysOf(runId)).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  expect(await at.run(at.runId)).toMatchObject({
    status: 'FAILED',
    error: 'Cancelled by its owner',
    progress: 1,
    total: 3,
    can: { resume: false, retry: true },
  });
});

test('a run whose replays another one took up is retried on the same changes, while that goes on and when it has ended', async () => {
  const at = await interruptedRun();
  const resumed = await at.goOn('resume', at.runId);
  const during = await at.goOn('retry', at.runId);
  await at.fail(resumed.runId);
  const resumedAgain = await at.goOn('resume', resumed.runId);
  await at.pump();
  const after = await at.goOn('retry', at.runId);
  await at.pump();
  for (const { runId } of [resumedAgain, during, after]) {
    expect(await at.run(runId)).toMatchObject({ status: 'COMPLETED', progress: 3, total: 3 });
    expect((await at.replaysOf(runId)).map(({ groundTruthId }) => groundTruthId)).toEqual(['1', '2', '3']);
  }
  expect(at.calls.filter((call) => call === 'draw')).toHaveLength(1);
});
