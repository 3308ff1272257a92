import { afterEach, expect, test } from 'vitest';
import { callSlots } from '#db/schema/call-slots.ts';
import { openPolicy, runRequest, testWorkbench } from '#testing/workbench.ts';
import type { InstallationPolicy } from '../context.ts';
import { createRun } from '../run/create.ts';
import { getRun } from '../run/get.ts';
import { SlotsTaken, takeSlot } from './call-slot.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});
const open = async (...args: Parameters<typeof testWorkbench>) => {
  const workbench = await testWorkbench(...args);
  closing.push(workbench.close);
  return workbench;
};

test('no more calls than allowed are under way at one resource, however many ask at the same time', async () => {
  const { context } = await open();
  const limits = { atOnce: 3, perMinute: 1000 };
  const asked = await Promise.allSettled(
    Array.from({ length: 20 }, () => takeSlot(context, 'oracle https://a.example', limits)),
  );
  const taken = asked.filter(({ status }) => status === 'fulfilled');
  expect(taken).toHaveLength(3);
  for (const result of asked)
    if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(SlotsTaken);
  await takeSlot(context, 'oracle https://b.example', limits);
  const [first] = taken;
  if (first?.status === 'fulfilled') await first.value();
  await takeSlot(context, 'oracle https://a.example', limits);
});

test('calls of the last minute count towards the rate, also those that have ended; later they are forgotten', async () => {
  const { context, wait, db } = await open();
  const limits = { atOnce: 10, perMinute: 2 };
  for (let call = 0; call < 2; call += 1) await (await takeSlot(context, 'oracle', limits))();
  await expect(takeSlot(context, 'oracle', limits)).rejects.toThrow(SlotsTaken);
  wait(61_000);
  await takeSlot(context, 'oracle', limits);
  expect(await db.$count(callSlots)).toBe(1);
});

test('a slot whose worker died, and renews it no more, is free again after fifteen seconds', async () => {
  const { context, wait } = await open();
  const limits = { atOnce: 1, perMinute: 1000 };
  await takeSlot(context, 'oracle', limits);
  wait(14_000);
  await expect(takeSlot(context, 'oracle', limits)).rejects.toThrow(SlotsTaken);
  wait(2_000);
  await takeSlot(context, 'oracle', limits);
});

const limited = (limits: Partial<InstallationPolicy['limits']>): InstallationPolicy => ({
  ...openPolicy,
  limits: { ...openPolicy.limits, ...limits },
});

test('replays that wait for an oracle’s rate go on later: the run says so, and none of them fails', async () => {
  const { context, user, pump, calls } = await open();
  const owner = await user();
  const seen: (string | null)[] = [];
  const policy = limited({ oracle: { atOnce: 10, perMinute: 1 } });
  const { runId } = await createRun(context, owner, runRequest());
  const watching = {
    ...context,
    policy,
    sender: {
      enqueue: async (...args: Parameters<typeof context.sender.enqueue>) => {
        seen.push((await getRun(context, owner, runId)).activity);
        return context.sender.enqueue(...args);
      },
    },
  };
  await pump({ onto: watching });
  expect(await getRun(context, owner, runId)).toMatchObject({ status: 'COMPLETED', progress: 3 });
  expect(calls.filter((call) => call.startsWith('oracle'))).toHaveLength(3);
  expect(seen).toContain('Waiting: as many calls as are allowed are under way.');
});
