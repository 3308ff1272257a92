import { expect, test } from 'vitest';
import { verificationReplays } from '#db/schema/replays.ts';
import { runSecrets, verificationRuns } from '#db/schema/runs.ts';
import { interruptedRun } from '#testing/builders/interrupted-run.ts';
import { openPolicy } from '#testing/rigs/engine-rig.ts';
import { ownersRig } from '#testing/rigs/owners-rig.ts';
import { changeNumbers, drawOf } from '#testing/rigs/scripted-engine.ts';
import { erasePrivateGroundTruths, privateRetentionMs } from '../retention/erase-private.ts';
import { cancelRun } from './cancel.ts';
import { continueRun } from './continue.ts';
import { createSampleRun } from './create-sample.ts';

test('a run is resumed once: a second time is refused and names the first, even at the same time', async () => {
  const at = await interruptedRun();
  const results = await Promise.allSettled([
    at.continueAs('resume', at.runId),
    at.continueAs('resume', at.runId),
  ]);
  const made = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  expect([made.length, refused.length]).toEqual([1, 1]);
  expect(refused[0]).toMatchObject({
    code: 'BAD_REQUEST',
    message: expect.stringContaining(made[0]?.runId ?? 'none'),
  });
  await expect(at.continueAs('resume', at.runId)).rejects.toThrow(made[0]?.runId);
  expect(await at.db.$count(verificationRuns)).toBe(2);
  await at.continueAs('retry', at.runId);
  await at.continueAs('retry', at.runId);
});

test('another user’s run is not found; one that is under way or completed is refused', async () => {
  const at = await ownersRig();
  const stranger = await at.user();
  const runId = await at.start();
  const refusal = { code: 'BAD_REQUEST', message: expect.stringContaining('failed or was cancelled') };
  for (const how of ['resume', 'retry'] as const) {
    await expect(at.continueAs(how, runId)).rejects.toMatchObject(refusal);
    const request = { id: runId, oracleHeaders: {}, githubToken: null };
    await expect(continueRun(at.context, stranger, how, request)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(at.continueAs(how, 'not-an-id')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  }
  await at.pump();
  for (const how of ['resume', 'retry'] as const)
    await expect(at.continueAs(how, runId)).rejects.toMatchObject(refusal);
  expect(await at.db.$count(verificationRuns)).toBe(1);
});

test('the verb refuses exactly what the run says cannot be done with it', async () => {
  const at = await ownersRig();
  const { runId: sample } = await createSampleRun(at.context, at.owner);
  await at.fail(sample);
  expect((await at.run(sample)).can).toEqual({ cancel: false, resume: false, retry: false });
  await expect(at.continueAs('resume', sample)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  await expect(at.continueAs('retry', sample)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  const early = await at.start();
  await at.fail(early);
  expect((await at.run(early)).can).toEqual({ cancel: false, resume: false, retry: true });
  await expect(at.continueAs('resume', early)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
});

test('a user who may start no run may resume and retry none', async () => {
  const at = await interruptedRun();
  const off = { ...at.context, policy: { ...openPolicy, engineEnabled: false } };
  const request = { id: at.runId, oracleHeaders: {}, githubToken: null };
  for (const how of ['resume', 'retry'] as const)
    await expect(continueRun(off, at.owner, how, request)).rejects.toMatchObject({
      code: 'PRECONDITION_FAILED',
    });
});

test('a resumption or retry that fails halfway leaves nothing behind', async () => {
  const at = await interruptedRun();
  const sender = { enqueue: () => Promise.reject(new Error('The queue is away.')) };
  const request = { id: at.runId, oracleHeaders: {}, githubToken: null };
  const before = await at.db.$count(verificationReplays);
  await expect(continueRun({ ...at.context, sender }, at.owner, 'resume', request)).rejects.toThrow('away');
  expect(await at.db.$count(verificationRuns)).toBe(1);
  expect(await at.db.$count(verificationReplays)).toBe(before);
  expect(await at.db.$count(runSecrets)).toBe(0);
});

test('a run whose private ground truth has been erased is refused with a reason', async () => {
  const at = await interruptedRun({
    draw: async ({ limit }) => ({ ...drawOf(changeNumbers(limit)), private: true }),
  });
  at.wait(privateRetentionMs + 1);
  await erasePrivateGroundTruths(at.context);
  for (const how of ['resume', 'retry'] as const)
    await expect(at.continueAs(how, at.runId)).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      message: expect.stringContaining('erased since'),
    });
  expect(await at.db.$count(verificationRuns)).toBe(1);
});

test('a resumed or retried run may have another limit', async () => {
  const at = await interruptedRun({}, { maxCostUsd: 5 });
  const same = await at.continueAs('retry', at.runId);
  const other = await at.continueAs('retry', at.runId, { maxCostUsd: 7 });
  expect([(await at.run(same.runId)).maxCostUsd, (await at.run(other.runId)).maxCostUsd]).toEqual([5, 7]);
  expect((await at.run(at.runId)).maxCostUsd).toBe(5);
  await cancelRun(at.context, at.owner, same.runId);
});

test('a resumption is refused if its limit is not above what the attempt has spent, and names both amounts; a retry is not', async () => {
  const at = await interruptedRun({ costUsd: 0.5 }, { judge: 'anthropic', maxCostUsd: 20 });
  const spent = (await at.run(at.runId)).costUsd;
  expect(spent).toBeCloseTo(4, 9);
  for (const maxCostUsd of [2, spent])
    await expect(at.continueAs('resume', at.runId, { maxCostUsd })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      fields: [
        {
          path: 'maxCostUsd',
          message: expect.stringMatching(maxCostUsd === 2 ? /\$4\.00 .*\$2\.00/ : /\$4\.00 .*\$4\.00/),
        },
      ],
    });
  const retried = await at.continueAs('retry', at.runId, { maxCostUsd: 2 });
  await at.fail(retried.runId);
  const { runId } = await at.continueAs('resume', at.runId, { maxCostUsd: spent + 0.5 });
  // What the runs before it have spent counts too.
  await at.fail(runId);
  await expect(at.continueAs('resume', runId, { maxCostUsd: 3 })).rejects.toThrow('$4.00');
});
