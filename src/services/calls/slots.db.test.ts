import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { callSlots } from '#db/schema/call-slots.ts';
import { elsewhere } from '#testing/rigs/elsewhere.ts';
import { openPolicy, runRequest, testRig } from '#testing/rigs/engine-rig.ts';
import type { InstallationPolicy } from '../ground/context.ts';
import { createRun } from '../run/create.ts';
import { getRun } from '../run/get.ts';
import { SlotsTaken, takeSlot } from './slots.ts';

const userId = randomUUID();
/** One user's calls at this resource. */
const asker = (resource: string) => ({ resource, userId });

test('no more calls than allowed are under way at one resource, however many ask at once', async () => {
  const { context } = await testRig();
  const limits = { atOnce: 3, perMinute: 1000 };
  const asked = await Promise.allSettled(
    Array.from({ length: 20 }, () => takeSlot(context, asker('oracle https://a.example'), limits)),
  );
  const taken = asked.filter(({ status }) => status === 'fulfilled');
  expect(taken).toHaveLength(3);
  for (const result of asked)
    if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(SlotsTaken);
  await takeSlot(context, asker('oracle https://b.example'), limits);
  const [first] = taken;
  if (first?.status === 'fulfilled') await first.value();
  await takeSlot(context, asker('oracle https://a.example'), limits);
});

test('calls of the last minute count towards the rate even after they end; older ones do not', async () => {
  const { context, wait, db } = await testRig();
  const limits = { atOnce: 10, perMinute: 2 };
  for (let call = 0; call < 2; call += 1) await (await takeSlot(context, asker('oracle'), limits))();
  await expect(takeSlot(context, asker('oracle'), limits)).rejects.toThrow(SlotsTaken);
  wait(61_000);
  await takeSlot(context, asker('oracle'), limits);
  expect(await db.$count(callSlots)).toBe(1);
});

test('a dead worker’s slot is free again after ten seconds', async () => {
  const { context, wait } = await testRig();
  const limits = { atOnce: 1, perMinute: 1000 };
  await takeSlot(context, asker('oracle'), limits);
  wait(9_000);
  await expect(takeSlot(context, asker('oracle'), limits)).rejects.toThrow(SlotsTaken);
  wait(2_000);
  await takeSlot(context, asker('oracle'), limits);
});

const origin = 'oracle https://rival.example';

test('while a second user waits, the first gets at most half of the slots', async () => {
  const { context } = await testRig();
  const limits = { atOnce: 4, perMinute: 1000 };
  const [stranger, rival] = [randomUUID(), randomUUID()];
  const take = (userId: string) => takeSlot(context, { resource: origin, userId }, limits);
  const held = [await take(stranger), await take(stranger), await take(stranger), await take(stranger)];
  await expect(take(rival)).rejects.toThrow(SlotsTaken);
  await held[0]?.();
  await expect(take(stranger)).rejects.toThrow(SlotsTaken);
  await take(rival);
  await held[1]?.();
  await expect(take(stranger)).rejects.toThrow(SlotsTaken);
  await take(rival);
  // Each holds its half now.
  await held[2]?.();
  await expect(take(rival)).rejects.toThrow(SlotsTaken);
  await take(stranger);
});

test('while a second user waits, the first gets at most half of a minute’s calls', async () => {
  const { context, wait } = await testRig();
  const limits = { atOnce: 10, perMinute: 4 };
  const [stranger, rival] = [randomUUID(), randomUUID()];
  const call = async (userId: string) => (await takeSlot(context, { resource: origin, userId }, limits))();
  for (let calls = 0; calls < 4; calls += 1) await call(stranger);
  await expect(call(rival)).rejects.toThrow(SlotsTaken);
  wait(61_000);
  for (let calls = 0; calls < 2; calls += 1) await call(stranger);
  await expect(call(stranger)).rejects.toThrow(SlotsTaken);
  for (let calls = 0; calls < 2; calls += 1) await call(rival);
});

test('while nobody else waits one user gets all slots, and a single slot goes to the first who asks', async () => {
  const { context, wait } = await testRig();
  const [one, other] = [randomUUID(), randomUUID()];
  const take = (userId: string, atOnce: number, resource = origin) =>
    takeSlot(context, { resource, userId }, { atOnce, perMinute: 1000 });
  const held = [await take(one, 2), await take(one, 2)];
  await expect(take(other, 2)).rejects.toThrow(SlotsTaken);
  for (const release of held) await release();
  // A waiting user asks again within a minute; this one has not.
  wait(100_000);
  await take(one, 2);
  await take(one, 2);

  const last = await take(one, 1, 'oracle https://small.example');
  await expect(take(other, 1, 'oracle https://small.example')).rejects.toThrow(SlotsTaken);
  await last();
  await take(one, 1, 'oracle https://small.example');
});

test('a replay’s calls count against its owner’s share', async () => {
  const { context, user, pump, db } = await testRig();
  const owner = await user();
  await createRun(context, owner, runRequest());
  await pump();
  expect((await db.select().from(callSlots)).map(({ userId }) => userId)).toEqual(
    Array.from({ length: 3 }, () => owner.userId),
  );
});

const limited = (limits: Partial<InstallationPolicy['limits']>): InstallationPolicy => ({
  ...openPolicy,
  limits: { ...openPolicy.limits, ...limits },
});

test('replays that wait for an oracle’s rate continue later: the run says so, and none fails', async () => {
  const { context, user, pump, calls } = await testRig();
  const owner = await user();
  const seen: (string | null)[] = [];
  const policy = limited({ oracle: { atOnce: 10, perMinute: 1 } });
  const { runId } = await createRun(context, owner, runRequest());
  const watching = {
    ...context,
    policy,
    sender: {
      enqueue: async (...args: Parameters<typeof context.sender.enqueue>) => {
        seen.push((await elsewhere(() => getRun(context, owner, runId))).activity);
        return context.sender.enqueue(...args);
      },
    },
  };
  await pump({ onto: watching });
  expect(await getRun(context, owner, runId)).toMatchObject({ status: 'COMPLETED', progress: 3 });
  expect(calls.filter((call) => call.startsWith('oracle'))).toHaveLength(3);
  expect(seen).toContain('Waiting: the limit on calls is reached.');
});
