import { afterEach, expect, test } from 'vitest';
import { verificationRuns } from '#db/schema/runs.ts';
import { openPolicy, runRequest, testWorkbench } from '#testing/workbench.ts';
import type { InstallationPolicy } from '../context.ts';
import { continueRun } from './continue.ts';
import { createRun } from './create.ts';
import { createSampleRun } from './create-sample.ts';
import { failRun } from './transitions.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** A user of an installation with these limits. */
const limitedTo = async (limits: Partial<InstallationPolicy['limits']>) => {
  const workbench = await testWorkbench();
  closing.push(workbench.close);
  const context = {
    ...workbench.context,
    policy: { ...openPolicy, limits: { ...openPolicy.limits, ...limits } },
  };
  const owner = await workbench.user();
  const create = () => createRun(context, owner, runRequest());
  return { ...workbench, context, owner, create };
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

test('the limit holds for new runs, samples and retries together, side by side', async () => {
  const { db, context, owner, create } = await limitedTo({ runsAtOnce: 3 });
  const { runId } = await create();
  await failRun(db, runId, 'Cancelled by its owner', context.now());
  const retry = () =>
    continueRun(context, owner, 'retry', { id: runId, oracleHeaders: {}, githubToken: null });
  const sample = () => createSampleRun(context, owner);
  const asked = await Promise.allSettled([create, retry, sample, create, retry, sample].map((ask) => ask()));
  expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  // With the one that is retried.
  expect(await db.$count(verificationRuns)).toBe(4);
});
