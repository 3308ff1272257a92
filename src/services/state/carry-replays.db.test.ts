import { expect, test } from 'vitest';
import { verificationReplays } from '#db/schema/replays.ts';
import { interruptedRun } from '#testing/builders/interrupted-run.ts';
import { type OwnersRig, ownersRig } from '#testing/rigs/owners-rig.ts';
import { unavailable } from '#testing/rigs/scripted-engine.ts';
import type { JudgeReply } from '#verification/judges/judge.ts';
import { advanceReplay } from '../pipeline/advance-replay.ts';
import { ingestRun } from '../pipeline/ingest.ts';

test('replays of a resumed run are moved, not doubled, and the run that they leave still says what it had scored', async () => {
  const at = await interruptedRun();
  const before = await at.replaysOf(at.runId);
  let runId = at.runId;
  for (let time = 0; time < 3; time += 1) {
    ({ runId } = await at.continueAs('resume', runId));
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

test('a run whose replays another has taken is retried on the same changes, while that one runs and after it has ended', async () => {
  const at = await interruptedRun();
  const resumed = await at.continueAs('resume', at.runId);
  const during = await at.continueAs('retry', at.runId);
  await at.fail(resumed.runId);
  const resumedAgain = await at.continueAs('resume', resumed.runId);
  await at.pump();
  const after = await at.continueAs('retry', at.runId);
  await at.pump();
  for (const { runId } of [resumedAgain, during, after]) {
    expect(await at.run(runId)).toMatchObject({ status: 'COMPLETED', progress: 3, total: 3 });
    expect((await at.replaysOf(runId)).map(({ groundTruthId }) => groundTruthId)).toEqual(['1', '2', '3']);
  }
  expect(at.calls.filter((call) => call === 'draw')).toHaveLength(1);
});

test('a late worker of the old run writes nothing to a replay that a resuming run has taken', async () => {
  const lateEnds: [string, () => Promise<JudgeReply>][] = [
    ['waits', async () => ({ ...unavailable('overloaded'), passing: true }) as JudgeReply],
    ['fails', () => Promise.reject(new TypeError('a bug'))],
    ['answers', async () => unavailable('no key')],
  ];
  for (const [how, end] of lateEnds) {
    let resumedId = '';
    const at: OwnersRig = await ownersRig({
      judge: async ({ measure }) => {
        if (measure !== 'recall' || resumedId !== '') return undefined;
        await at.fail(first);
        resumedId = (await at.continueAs('resume', first)).runId;
        before = await at.replaysOf(resumedId);
        return end();
      },
    });
    let before: Awaited<ReturnType<typeof at.replaysOf>> = [];
    const first = await at.start({ limit: 1, minReplays: 1 });
    await ingestRun(at.context, { runId: first });
    const [replay] = await at.replaysOf(first);
    await advanceReplay(at.context, { runId: first, replayId: replay?.id ?? '' }).catch(() => {});
    expect(before, how).toHaveLength(1);
    expect(await at.replaysOf(resumedId), how).toEqual(before);
    await at.pump();
    expect(await at.run(resumedId), how).toMatchObject({ status: 'COMPLETED', error: null });
  }
});
