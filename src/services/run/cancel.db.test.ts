import { expect, test } from 'vitest';
import { noUsage } from '#contracts/replay.ts';
import { verificationCertificates } from '#db/schema/certificates.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { runSecrets } from '#db/schema/runs.ts';
import { startedRun } from '#testing/builders/started-run.ts';
import { ingestRun } from '../pipeline/ingest.ts';
import { checkpointStore, ReplayLost } from '../state/checkpoint.ts';
import { failRun } from '../state/transitions.ts';
import { cancelRun } from './cancel.ts';

const started = async (...args: Parameters<typeof startedRun>) => {
  const at = await startedRun(...args);
  return { ...at, cancel: () => cancelRun(at.context, at.owner, at.runId) };
};
const cancelled = { status: 'FAILED', error: 'Cancelled by its owner', certificateId: null };

test('a cancelled run ends FAILED in exactly these words, its secrets go at once, and its jobs call nobody', async () => {
  const at = await started({}, { oracleHeaders: { Authorization: 'Bearer planted' } });
  expect(await at.db.$count(runSecrets)).toBe(1);
  expect(await at.cancel()).toMatchObject({
    ...cancelled,
    can: { cancel: false, resume: false, retry: true },
  });
  expect(await at.db.$count(runSecrets)).toBe(0);
  await at.pump();
  expect(await at.run()).toMatchObject(cancelled);
  expect(at.calls).not.toContain('draw');
});

test('a run that has ended stays as it ended', async () => {
  const completed = await started();
  await completed.pump();
  const before = await completed.run();
  expect(await completed.cancel()).toEqual(before);
  expect(await completed.db.$count(verificationCertificates)).toBe(1);
  const failed = await started();
  await failRun(failed.db, failed.runId, 'Something else', failed.context.now());
  expect(await failed.cancel()).toMatchObject({ status: 'FAILED', error: 'Something else' });
});

test('another user’s run is not found, and continues', async () => {
  const at = await started();
  const stranger = await at.user();
  for (const id of [at.runId, 'not-an-id'])
    await expect(cancelRun(at.context, stranger, id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await at.pump();
  expect((await at.run()).status).toBe('COMPLETED');
});

test('a worker in the middle of a replay stores and scores nothing once the run is cancelled', async () => {
  for (const moment of ['answer_key', 'oracle', 'precision', 'baseline-precision'] as const) {
    const stored = () => at.db.select().from(verificationReplays);
    let kept: Awaited<ReturnType<typeof stored>> | null = null;
    const cancelsAt = async () => {
      if (kept !== null || !at.calls.at(-1)?.startsWith(moment)) return undefined;
      await at.cancel();
      kept = await stored();
      return undefined;
    };
    const at: Awaited<ReturnType<typeof started>> = await started(
      { judge: cancelsAt, oracle: cancelsAt },
      { limit: 2, minReplays: 1 },
    );
    await at.pump();
    expect(await at.run(), moment).toMatchObject({ ...cancelled, progress: 0 });
    expect(await stored(), moment).toEqual(kept);
    expect(
      at.logged.filter(({ message }) => message.includes('fault')),
      moment,
    ).toEqual([]);
    // The second change was not started.
    expect(at.calls.filter((call) => call.endsWith(':2'))).toEqual([]);
  }
});

test('such a worker’s writes and its oracle call are refused as lost', async () => {
  const at = await started();
  await ingestRun(at.context, { runId: at.runId });
  const [row] = await at.db.select().from(verificationReplays);
  if (!row) throw new Error('No replay was stored.');
  const store = checkpointStore(at.context, { runId: at.runId, row });
  await store.beforeOracleCall();
  await at.cancel();
  await expect(store.beforeOracleCall()).rejects.toBeInstanceOf(ReplayLost);
  const outcome = { kind: 'unavailable', reason: 'down', asks: 1, retries: 0, latencyMs: 1 } as const;
  await expect(store.save('answerKey', { ...outcome, usage: noUsage })).rejects.toBeInstanceOf(ReplayLost);
  expect(await at.run()).toMatchObject(cancelled);
});
