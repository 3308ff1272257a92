import { eq, isNotNull, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { verificationRuns } from '#db/schema/runs.ts';
import { users } from '#db/schema/users.ts';
import { openPolicy, runRequest, testRig } from '#testing/rigs/engine-rig.ts';
import type { InstallationPolicy } from '../ground/context.ts';
import { ingestRun } from '../pipeline/ingest.ts';
import { failRun } from '../state/transitions.ts';
import { continueRun } from './continue.ts';
import { createRun } from './create.ts';
import { createSampleRun } from './create-sample.ts';
import { getRun } from './get.ts';

/** A user of an installation with these limits. */
const limitedTo = async (limits: Partial<InstallationPolicy['limits']>) => {
  const rig = await testRig();
  const context = {
    ...rig.context,
    policy: { ...openPolicy, limits: { ...openPolicy.limits, ...limits } },
  };
  const owner = await rig.user();
  const create = () => createRun(context, owner, runRequest());
  return { ...rig, context, owner, create };
};

test.each<[string, Partial<InstallationPolicy['limits']>, RegExp]>([
  ['at once', { runsAtOnce: 1 }, /1 of your runs are under way/],
  ['a day', { runsPerDay: 1 }, /started 1 runs today/],
  ['replays a day', { replaysPerDay: 5 }, /ask for 3 replays/],
])(
  'a user’s limit of runs or replays %s is a clear error, and another user’s own',
  async (_, limits, words) => {
    const { context, create, user } = await limitedTo(limits);
    await create();
    await expect(create()).rejects.toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      message: expect.stringMatching(words),
    });
    await createRun(context, await user(), runRequest());
  },
);

test.each<[string, Partial<InstallationPolicy['limits']>]>([
  ['at once', { runsAtOnce: 3 }],
  ['a day', { runsPerDay: 3 }],
  ['replays a day', { replaysPerDay: 9 }],
])('a limit %s holds for requests side by side: of ten runs three are started', async (_, limits) => {
  const { db, create } = await limitedTo(limits);
  const asked = await Promise.allSettled(Array.from({ length: 10 }, create));
  expect(await db.$count(verificationRuns)).toBe(3);
  for (const result of asked)
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'TOO_MANY_REQUESTS' });
});

test('new runs, samples and retries share one limit, even side by side', async () => {
  const { db, context, owner, create } = await limitedTo({ runsAtOnce: 3 });
  const { runId } = await create();
  await failRun(db, runId, 'Cancelled by its owner', context.now());
  const retry = () =>
    continueRun(context, owner, 'retry', { id: runId, oracleHeaders: {}, githubToken: null });
  const sample = () => createSampleRun(context, owner);
  const asked = await Promise.allSettled([create, retry, sample, create, retry, sample].map((ask) => ask()));
  expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  // Including the one that is retried.
  expect(await db.$count(verificationRuns)).toBe(4);
});

/** Cancelled after its draw, so that it can be resumed. */
const cancelledAfterDraw = async (at: Awaited<ReturnType<typeof limitedTo>>, runId: string) => {
  const started = await getRun(at.context, at.owner, runId);
  if (started.status === 'PENDING') await ingestRun(at.context, { runId });
  await failRun(at.db, runId, 'Cancelled by its owner', at.context.now());
};

test('a resumption counts neither as a new run of the day nor as new replays; a retry counts as both', async () => {
  const at = await limitedTo({ runsPerDay: 2, replaysPerDay: 6 });
  const continueAs = (how: 'resume' | 'retry', id: string) =>
    continueRun(at.context, at.owner, how, { id, oracleHeaders: {}, githubToken: null });
  const first = await at.create();
  await cancelledAfterDraw(at, first.runId);
  const second = await at.create();
  await cancelledAfterDraw(at, second.runId);
  await expect(continueAs('retry', first.runId)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  await continueAs('resume', first.runId);
  await continueAs('resume', second.runId);
  await expect(at.create()).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
});

test('resuming has its own daily count, which starts over at 00:00 UTC', async () => {
  const at = await limitedTo({ resumesPerDay: 2 });
  const resume = (id: string) =>
    continueRun(at.context, at.owner, 'resume', { id, oracleHeaders: {}, githubToken: null });
  let { runId } = await at.create();
  await cancelledAfterDraw(at, runId);
  for (let time = 0; time < 2; time += 1) {
    ({ runId } = await resume(runId));
    await cancelledAfterDraw(at, runId);
  }
  await expect(resume(runId)).rejects.toMatchObject({
    code: 'TOO_MANY_REQUESTS',
    message: expect.stringMatching(/resumed 2 runs today.*00:00 UTC/),
  });
  await at.create();
  at.wait(24 * 60 * 60_000);
  await resume(runId);
});

test('a user has no more runs under way at once than allowed, resumed ones included', async () => {
  const at = await limitedTo({ runsAtOnce: 1 });
  const { runId } = await at.create();
  await cancelledAfterDraw(at, runId);
  await at.create();
  await expect(
    continueRun(at.context, at.owner, 'resume', { id: runId, oracleHeaders: {}, githubToken: null }),
  ).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS', message: expect.stringContaining('under way') });
});

test('strangers of one network, and new accounts together, fill only a part of the queue', async () => {
  const { db, context, create, user } = await limitedTo({ queuedRuns: 16 });
  let made = 0;
  const startFrom = async (address: string | null) =>
    createRun(context, await user({ provider: 'wallet', subject: `0x${++made}` }), runRequest(), address);
  const refusalOf = (whose: string) => ({
    code: 'SERVICE_UNAVAILABLE',
    message: expect.stringContaining(whose),
  });
  for (const [one, other, stranger] of [
    ['203.0.113.5', '203.0.113.77', '203.0.112.5'],
    ['2001:db8:7:1', '2001:db8:7:ffff', '2001:db8:8:1'],
  ] as const) {
    await startFrom(one);
    const { runId } = await startFrom(other);
    await expect(startFrom(one)).rejects.toMatchObject(refusalOf('2 runs from your network'));
    await startFrom(stranger);
    await failRun(db, runId, 'x', context.now());
    await startFrom(one);
  }
  // Where clients cannot be told apart, the age of accounts is all that is known of them.
  while ((await db.$count(verificationRuns, eq(verificationRuns.status, 'PENDING'))) < 12)
    await startFrom(null);
  await expect(startFrom('198.51.100.1')).rejects.toMatchObject(refusalOf('12 runs of accounts'));
  const older = await user({ provider: 'github', subject: '88000001' });
  await db
    .update(users)
    .set({ createdAt: sql`now() - interval '25 hours'` })
    .where(eq(users.id, older.userId));
  await createRun(context, older, runRequest(), '198.51.100.1');
  await create();
});

test('a run counts for its network until it ends, the owner’s and the sample for nobody', async () => {
  const { db, context, owner, user, queued } = await limitedTo({});
  const other = await user({ provider: 'wallet', subject: '0xa' });
  const address = '2001:db8:7:1';
  const started = [
    await createRun(context, other, runRequest(), address),
    await createRun(context, other, runRequest()),
    await createSampleRun(context, other, address),
    await createRun(context, owner, runRequest(), address),
  ];
  const expected = ['2001:db8:7::/48', other.userId, null, null];
  expect((await queued()).map(({ stranger }) => stranger)).toEqual(expected);
  for (const { runId } of started) await failRun(db, runId, 'x', context.now());
  expect(await db.$count(verificationRuns, isNotNull(verificationRuns.network))).toBe(0);
});

test('a full queue refuses strangers until a worker begins a run, and a full disk everybody until there is room', async () => {
  const { db, context, owner, create, user } = await limitedTo({ queuedRuns: 2 });
  const [first] = await Promise.all([create(), create()]);
  const other = await user({ provider: 'github', subject: '88000000' });
  const refusal = { code: 'SERVICE_UNAVAILABLE', message: expect.stringContaining('2 runs wait to begin') };
  await expect(createRun(context, other, runRequest())).rejects.toMatchObject(refusal);
  await expect(createSampleRun(context, other)).rejects.toMatchObject(refusal);
  const { runId } = await create();
  for (const ended of [first.runId, runId]) await failRun(db, ended, 'x', context.now());
  await createRun(context, other, runRequest());

  const onDisk = (bytes: number) => ({
    ...context,
    policy: openPolicy,
    freeDiskBytes: async () => bytes,
  });
  await expect(createRun(onDisk(100 * 1024 * 1024), owner, runRequest())).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    message: expect.stringContaining('100 MB are free'),
  });
  await createRun(onDisk(2 ** 30), owner, runRequest());
});
