import { asc, eq, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { createHandlers } from '#jobs/index.ts';
import { cancelledAttempt, entriesOf, ofKind, sizeServed } from '#testing/rigs/attempt-rig.ts';
import { pruneRig } from '#testing/rigs/prune-rig.ts';
import { SourceError } from '#verification/sources/source.ts';
import { prune } from '../retention/prune.ts';
import { cancelRun } from '../run/cancel.ts';
import { closeAttempts } from './close-attempts.ts';

test('a cancelled run can be resumed for seven days; then its numbers are logged and it cannot', async () => {
  const { db, context, days, continueAs, run, runId } = await cancelledAttempt();
  days(6.9);
  await closeAttempts(context);
  expect(await ofKind(db, 'outcome')).toEqual([]);
  expect((await run(runId)).can.resume).toBe(true);
  days(0.2);
  await Promise.all([closeAttempts(context), closeAttempts(context)]);
  expect(await ofKind(db, 'outcome')).toEqual([
    // By hand: the script's judge supports 2 of 2 claims, surfaces 1 of 2 changes, and gives the reply 0.75.
    expect.objectContaining({ outcome: 'cancelled', scored: 1, oracle_failures: 0, unscored: 0, mean: 0.75 }),
  ]);
  expect(await sizeServed(context)).toBe((await entriesOf(db)).length);
  expect((await run(runId)).can.resume).toBe(false);
  await expect(continueAs(runId)).rejects.toThrow('This attempt is closed');
});

test('replays are kept until the outcome of their attempt is logged', async () => {
  const { context, days, replaysOf, runId } = await cancelledAttempt();
  days(91);
  await prune(context);
  expect(await replaysOf(runId)).toBeGreaterThan(0);
  await closeAttempts(context);
  days(1);
  await prune(context);
  expect(await replaysOf(runId)).toBe(0);
});

test('a resumed run is the same attempt with one outcome; a retried one is another', async () => {
  const { db, context, continueAs, pump, run, runId, days } = await cancelledAttempt();
  const resumed = await continueAs(runId);
  await pump();
  expect(await run(resumed)).toMatchObject({ status: 'COMPLETED' });
  expect(await ofKind(db, 'registration')).toHaveLength(1);
  const retried = await continueAs(runId, 'retry');
  await pump();
  expect(await run(retried)).toMatchObject({ status: 'COMPLETED' });
  const registered = await ofKind(db, 'registration');
  expect(new Set(registered.map(({ subject }) => subject)).size).toBe(2);
  days(8);
  await closeAttempts(context);
  expect((await ofKind(db, 'outcome')).map(({ outcome }) => outcome)).toEqual(['completed', 'completed']);
});

test('an attempt that cannot be closed is logged and tried again, and keeps no other from being closed', async () => {
  const { db, context, owner, days, start, logged } = await pruneRig();
  const { handlers } = createHandlers(context);
  const { signal } = new AbortController();
  for (let run = 0; run < 3; run += 1) {
    const runId = await start();
    await handlers['ingest-run']({ runId }, signal);
    for (const { id } of await db
      .select({ id: verificationReplays.id })
      .from(verificationReplays)
      .where(eq(verificationReplays.runId, runId)))
      await handlers['score-replay']({ runId, replayId: id }, signal);
    await cancelRun(context, owner, runId);
  }
  days(8);
  const runs = await db
    .select({ id: verificationRuns.id })
    .from(verificationRuns)
    .where(eq(verificationRuns.status, 'FAILED'))
    .orderBy(asc(verificationRuns.id));
  expect(runs).toHaveLength(3);
  const [first] = runs;
  // A row that does not have the form that it must have.
  const stored = sql`update verification_replays set precision_json = jsonb_set(precision_json, '{kind}', `;
  const ofFirst = sql` where run_id = ${first?.id} and precision_json is not null`;
  await db.execute(sql`${stored}'"broken"')${ofFirst}`);
  await closeAttempts(context);
  expect(await ofKind(db, 'outcome')).toHaveLength(runs.length - 1);
  expect(logged).toContainEqual({
    details: expect.objectContaining({ fault: expect.any(String), runId: first?.id }),
    message: 'An unexpected fault',
  });
  await db.execute(sql`${stored}'"judged"')${ofFirst}`);
  await closeAttempts(context);
  expect(await ofKind(db, 'outcome')).toHaveLength(runs.length);
});

test('an attempt of which nothing was stored is closed at once', async () => {
  const rig = await pruneRig({
    draw: async (_config, _secrets, request) => {
      if (typeof request.seed !== 'string') await request.seed(7);
      throw new SourceError('not_found', 'The repository has gone.');
    },
  });
  const runId = await rig.start();
  await rig.pump();
  expect(await rig.run(runId)).toMatchObject({ status: 'FAILED' });
  await closeAttempts(rig.context);
  expect(await ofKind(rig.db, 'registration')).toEqual([expect.objectContaining({ n: 2, listed: 7 })]);
  expect(await ofKind(rig.db, 'outcome')).toEqual([
    expect.objectContaining({ outcome: 'failed', scored: 0, mean: null }),
  ]);
});
