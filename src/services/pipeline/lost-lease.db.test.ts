import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { answerKeys } from '#db/schema/answer-keys.ts';
import { callSlots } from '#db/schema/call-slots.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { runRequest, testRig } from '#testing/rigs/engine-rig.ts';
import type { Script } from '#testing/rigs/scripted-engine.ts';
import { SlotsTaken, takeSlot } from '../calls/slots.ts';
import { getPublicCertificate } from '../certificate/get.ts';
import { createRun } from '../run/create.ts';
import { getRun } from '../run/get.ts';
import { advanceReplay } from './advance-replay.ts';
import { ingestRun } from './ingest.ts';

let rig: Awaited<ReturnType<typeof testRig>>;
const script: Script = {};
beforeEach(async () => {
  rig = await testRig(script);
});
afterEach(() => void vi.useRealTimers());

const gate = () => {
  let open = () => {};
  const passed = new Promise<undefined>((resolve) => {
    open = () => resolve(undefined);
  });
  return { open, passed };
};

test('a worker that comes back to a replay that another has taken is refused, and the replay is not at fault', async () => {
  const [paused, other] = [gate(), gate()];
  const asked = { oracle: 0, recall: 0 };
  script.oracle = async () => {
    asked.oracle += 1;
    return asked.oracle === 1 ? paused.passed : undefined;
  };
  script.judge = async ({ measure }) => {
    if (measure !== 'recall') return undefined;
    asked.recall += 1;
    return asked.recall === 1 ? other.passed : undefined;
  };
  const { context, db } = rig;
  const owner = await rig.user();
  const { runId } = await createRun(context, owner, runRequest({ limit: 1, minReplays: 1 }));
  await ingestRun(context, { runId });
  const [replay] = await db.select().from(verificationReplays);
  const job = { runId, replayId: replay?.id ?? '' };
  const faults = async () => (await db.select().from(verificationReplays))[0]?.faults;

  const first = advanceReplay(context, job);
  await expect.poll(() => asked.oracle).toBe(1);
  const second = advanceReplay(context, job);
  // The oracle's answer and the baseline are judged side by side.
  await expect.poll(() => asked.recall).toBe(2);
  paused.open();
  // It rejects, so that the queue delivers it again: the other worker may be dead by now.
  await expect(first).rejects.toThrow('Two workers had this replay');
  expect(await faults()).toBe(0);
  other.open();
  await second;
  await rig.pump();
  expect(await getRun(context, owner, runId)).toMatchObject({ status: 'COMPLETED', error: null });
  expect(asked.oracle).toBe(2);
  expect(await faults()).toBe(0);
});

test('a replay that was cut off between sharing and storing used no other replay’s answer key, and its cost is reported once', async () => {
  delete script.oracle;
  delete script.judge;
  const { context, db } = rig;
  const owner = await rig.user();
  let transactions = 0;
  /** What the certificate says of a run of one replay that loses the database at one of its transactions. */
  const certified = async (awayAt: number) => {
    const { runId } = await createRun(context, owner, runRequest({ limit: 1, minReplays: 1 }));
    await ingestRun(context, { runId });
    const [replay] = await db.select().from(verificationReplays).where(eq(verificationReplays.runId, runId));
    transactions = 0;
    const transaction: typeof db.transaction = async (...work) => {
      transactions += 1;
      if (transactions === awayAt) throw new Error('The database is away.');
      return db.transaction(...work);
    };
    const away = new Proxy(db, {
      get: (target, name) => (name === 'transaction' ? transaction : Reflect.get(target, name)),
    });
    await advanceReplay({ ...context, db: away }, { runId, replayId: replay?.id ?? '' }).catch(() => {});
    await rig.pump();
    const { certificateId } = await getRun(context, owner, runId);
    const { counts, usageByMeasure } = await getPublicCertificate(context, certificateId ?? '');
    await db.delete(answerKeys);
    return { keysReused: counts.keysReused, usageByMeasure };
  };
  const undisturbed = await certified(0);
  expect(undisturbed).toMatchObject({
    keysReused: 0,
    usageByMeasure: { answerKey: { calls: 1 }, baseline: { calls: 3 } },
  });
  const all = transactions;
  expect(all).toBeGreaterThan(5);
  for (let awayAt = 1; awayAt <= all; awayAt += 1) expect(await certified(awayAt)).toEqual(undisturbed);
});

const one = { atOnce: 1, perMinute: 1_000 };

test('a dead worker’s slot is free again after some seconds; a living one’s stays taken', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const { context, db } = rig;
  const leasedUntil = async () => Number((await db.select().from(callSlots))[0]?.expiresAt);
  const take = () =>
    takeSlot(context, { resource: 'oracle https://oracle.example', userId: randomUUID() }, one);
  const release = await take();
  for (let turn = 0; turn < 10; turn += 1) {
    await expect(take()).rejects.toBeInstanceOf(SlotsTaken);
    const until = await leasedUntil();
    rig.wait(5_000);
    await vi.advanceTimersByTimeAsync(5_000);
    // Nothing reports when the renewal's own statement has ended.
    await expect.poll(leasedUntil).toBeGreaterThan(until);
  }
  await release();
  await take();
  // Its worker died: nothing renews it.
  vi.clearAllTimers();
  rig.wait(16_000);
  await (await take())();
});
