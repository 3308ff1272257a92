import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { elsewhere } from '#testing/rigs/elsewhere.ts';
import { pruneRig } from '#testing/rigs/prune-rig.ts';
import { changeNumbers, drawOf } from '#testing/rigs/scripted-engine.ts';
import { closeAttempts } from '../pipeline/close-attempts.ts';
import { failRun } from '../state/transitions.ts';
import { prune } from './prune.ts';

test('a resumed run is kept as long as the one that resumed it, and a run without its replays can only be retried', async () => {
  const { start, pump, db, run, continueAs, context, days, fail, replaysOf } = await pruneRig({
    costUsd: 0.01,
  });
  const first = await start({ judge: 'anthropic' });
  await pump();
  await fail(first);
  days(60);
  const second = await continueAs(first);
  await failRun(db, second, 'Cancelled by its owner', context.now());
  days(60);
  await prune(context);
  expect([await replaysOf(first), await replaysOf(second)]).toEqual([0, 2]);
  // Both have one account.
  expect((await run(second)).costUsd).toBeCloseTo(0.14, 9);

  days(31);
  // The attempt's outcome is logged before what it counts is deleted.
  await closeAttempts(context);
  await prune(context);
  days(1);
  await prune(context);
  expect([await replaysOf(first), await replaysOf(second)]).toEqual([0, 0]);
  expect((await run(second)).can).toMatchObject({ resume: false, retry: true });
  await expect(continueAs(second)).rejects.toThrow('Retry it.');
});

test('a retry of a run without its replays reads the repository again', async () => {
  let draws = 0;
  const { start, pump, run, continueAs, context, days, fail } = await pruneRig({
    draw: async ({ limit }) => {
      draws += 1;
      return drawOf(changeNumbers(limit));
    },
  });
  const runId = await start({ oracleUrl: 'https://oracle.example/ask' });
  await pump();
  await fail(runId);
  days(91);
  await prune(context);
  const again = await continueAs(runId, 'retry');
  await pump();
  expect(await run(again)).toMatchObject({ status: 'COMPLETED', progress: 2 });
  expect(draws).toBe(2);
});

test.each(['resume', 'retry'] as const)(
  'a %s of a run that is pruned meanwhile is refused, and a retry then succeeds',
  async (how) => {
    const { start, pump, run, continueAs, context, days, fail } = await pruneRig();
    const runId = await start();
    await pump();
    await fail(runId);
    days(91);
    // The address is checked after the run was found and before anything is written.
    const checkOracleUrl = async () => {
      await prune(context);
      return null;
    };
    await expect(continueAs(runId, how, { ...context, checkOracleUrl })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      message: expect.stringContaining('just been deleted'),
    });
    const again = await continueAs(runId, 'retry');
    await pump();
    expect(await run(again)).toMatchObject({ status: 'COMPLETED', progress: 2 });
  },
);

test('a run that is being resumed is not pruned: the attempt keeps its account', async () => {
  const { start, pump, run, continueAs, db, context, days, fail } = await pruneRig({ costUsd: 0.01 });
  const first = await start({ judge: 'anthropic' });
  await pump();
  await fail(first);
  days(91);
  let pruned: Promise<void> | undefined;
  const waiting = async () => {
    const [row] = await db.execute<{ sessions: number }>(
      sql`select count(*)::int as sessions from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return row?.sessions;
  };
  const { sender } = context;
  const second = await continueAs(first, 'resume', {
    ...context,
    sender: {
      enqueue: async (...job) => {
        pruned = elsewhere(() => prune(context));
        // It waits for the run that this transaction has locked.
        await expect.poll(() => elsewhere(waiting)).toBe(1);
        await sender.enqueue(...job);
      },
    },
  });
  await pruned;
  await pump();
  expect(await run(second)).toMatchObject({ status: 'COMPLETED', costUsd: expect.closeTo(0.14, 9) });
});
