import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { judgeProviders } from '#contracts/judge-providers.ts';
import { testDatabase } from '#testing/rigs/database.ts';
import type { Job, JobName } from './jobs.ts';
import { openSender } from './pg-boss.ts';
import { divided, jobNames } from './queues.ts';
import { type JobHandlers, workQueues } from './work.ts';

const nothing = async () => {};
const silent = { info: () => {}, warn: () => {}, error: () => {} };

/** A job of this kind, with an id to know it by. */
const jobs = {
  'ingest-run': (id: string) => ({ name: 'ingest-run', data: { runId: id } }),
  'score-replay': (id: string) => ({ name: 'score-replay', data: { runId: id, replayId: id } }),
  'certify-run': (id: string) => ({ name: 'certify-run', data: { runId: id } }),
  'answer-inquiry': (id: string) => ({ name: 'answer-inquiry', data: { inquiryId: id } }),
  'sign-log': (id: string) => ({ name: 'sign-log', data: { subject: id } }),
} satisfies { [Name in JobName]: (id: string) => Job };

/** A worker with its real slots. Strangers' jobs never end by themselves, as if what they ask stayed silent. */
const open = async () => {
  const { databaseUrl, db, close } = await testDatabase();
  const { sender, close: closeSender } = openSender(db);
  const begun: string[] = [];
  const silence = new Map<string, PromiseWithResolvers<void>>();
  const work = async (data: { runId: string } | { inquiryId: string } | { subject: string }) => {
    const id = 'runId' in data ? data.runId : 'subject' in data ? data.subject : data.inquiryId;
    begun.push(id);
    await silence.get(id)?.promise;
  };
  const handlers: JobHandlers = {
    'ingest-run': work,
    'score-replay': work,
    'certify-run': work,
    'answer-inquiry': work,
    'sign-log': work,
  };
  const worker = await workQueues({
    judges: judgeProviders,
    databaseUrl,
    handlers,
    deadLetter: nothing,
    periodic: {},
    logger: silent,
  });
  onTestFinished(async () => {
    for (const { resolve } of silence.values()) resolve();
    await worker.stop(1_000);
    await closeSender();
    await close();
  });
  return {
    /** The ids of those that have begun. */
    begunOf: (ids: string[]) => begun.filter((id) => ids.includes(id)),
    end: (id: string) => silence.get(id)?.resolve(),
    send: async (name: JobName, count: number, stranger: string | null = null) => {
      const ids = Array.from({ length: count }, () => randomUUID());
      if (stranger !== null) for (const id of ids) silence.set(id, Promise.withResolvers());
      await sender.enqueue(
        db,
        ids.map((id) => ({ ...jobs[name](id), stranger })),
      );
      return ids;
    },
  };
};

const within = { timeout: 15_000 };
/** Longer than a slot takes to look again. */
const rest = () => new Promise((resolve) => setTimeout(resolve, 3_500));

/** As many slots as a worker has for the kind: [all, of one stranger, of all strangers]. */
const slots = {
  'ingest-run': [5, 1, 4],
  'score-replay': [20, 4, 16],
  'certify-run': [3, 1, 2],
  'answer-inquiry': [10, 2, 8],
  'sign-log': [3, 1, 2],
} satisfies Record<JobName, [number, number, number]>;

test.each(jobNames)(
  'of %s, one stranger takes a part, and all of them never all slots',
  async (name) => {
    const { begunOf, end, send } = await open();
    const [all, ofOne, ofAll] = slots[name];
    const first = await send(name, all * 2, '203.0.113.0/24');
    await expect.poll(() => begunOf(first).length, within).toBe(ofOne);
    await rest();
    expect(begunOf(first)).toHaveLength(ofOne);

    // Another stranger begins at once, though the first came earlier.
    const second = await send(name, 1, '2001:db8:1::/48');
    await expect.poll(() => begunOf(second).length, within).toBe(1);

    const crowd: string[] = [];
    for (let at = 0; at < all; at += 1) crowd.push(...(await send(name, 2, `2001:db8:${at + 2}::/48`)));
    const strangers = [...first, ...second, ...crowd];
    await expect.poll(() => begunOf(strangers).length, within).toBe(ofAll);
    await rest();
    expect(begunOf(strangers)).toHaveLength(ofAll);

    // Every slot for strangers is taken, and a hundred of the owner's jobs are done one after another.
    const own = await send(name, 100);
    await expect.poll(() => begunOf(own).length, within).toBe(100);

    // A place that becomes free goes to the next of those that wait.
    end(begunOf(first)[0] ?? '');
    await expect.poll(() => begunOf(strangers).length, within).toBe(ofAll + 1);
  },
  120_000,
);

test('strangers keep slots that the owner’s jobs never take', async () => {
  const { begunOf, send } = await open();
  const own = await send('score-replay', 2_000);
  const theirs = await send('score-replay', 1, '203.0.113.0/24');
  await expect.poll(() => begunOf(theirs).length, { ...within, interval: 5 }).toBe(1);
  expect(begunOf(own).length).toBeLessThan(2_000);
}, 60_000);

test('a worker divides its slots so that each part has some, and a small one divides nothing', () => {
  for (let all = 1; all <= 64; all += 1) {
    const { kept, strangers, shared, ofOneStranger } = divided(all);
    expect(kept + strangers + shared).toBe(all);
    expect(shared).toBeGreaterThan(0);
    expect(kept > 0).toBe(all > 2);
    // pg-boss allows one group no more than the slots that it is counted for.
    if (kept > 0) expect(ofOneStranger).toBeLessThanOrEqual(Math.min(strangers, shared));
  }
});
