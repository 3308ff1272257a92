import { eq, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { startedRun } from '#testing/builders/started-run.ts';
import type { OwnersRig } from '#testing/rigs/owners-rig.ts';
import { changeNumbers, drawOf, type Script } from '#testing/rigs/scripted-engine.ts';
import { advanceReplay } from './advance-replay.ts';
import { certifyRun } from './certify.ts';
import { ingestRun } from './ingest.ts';

/** The failure of a statement that takes longer than it may. */
const tooSlow = ({ db }: Pick<OwnersRig, 'db'>): Promise<never> =>
  db.transaction(async (transaction) => {
    await transaction.execute(sql`set local statement_timeout = 20`);
    await transaction.execute(sql`select pg_sleep(20)`);
    throw new Error('The statement was not ended.');
  });

const noted = 'The database took longer over this than it may.';

/** A run of one change. `slow` says at which step a statement takes too long. */
const slowAt = async () => {
  const slow: { at: 'draw' | 'oracle' | null } = { at: null };
  const script: Script = {};
  const at = await startedRun(script, { limit: 1, minReplays: 1 });
  script.draw = async () => (slow.at === 'draw' ? tooSlow(at) : drawOf(changeNumbers(1)));
  script.oracle = async () => (slow.at === 'oracle' ? tooSlow(at) : undefined);
  return { ...at, slow };
};

test('ingestion with a statement over the limit counts it as a fault, which its owner reads', async () => {
  const { context, runId, run, slow, db, logged } = await slowAt();
  slow.at = 'draw';
  for (const faults of [1, 2]) {
    await expect(ingestRun(context, { runId })).rejects.toThrow(noted);
    const [row] = await db.select().from(verificationRuns).where(eq(verificationRuns.id, runId));
    expect(row).toMatchObject({ faults, error: expect.stringContaining(noted) });
  }
  expect(logged.map(({ message }) => message)).toEqual(['An unexpected fault', 'An unexpected fault']);
  slow.at = null;
  await ingestRun(context, { runId });
  expect(await run()).toMatchObject({ total: 1, error: null });
});

test('a replay with a statement over the limit counts it, and ends after as many as any other fault', async () => {
  const { context, runId, slow, replays, db } = await slowAt();
  await ingestRun(context, { runId });
  slow.at = 'oracle';
  const [replay] = await replays();
  const job = { runId, replayId: replay?.id ?? '' };
  await expect(advanceReplay(context, job)).rejects.toThrow(noted);
  expect((await replays())[0]).toMatchObject({ faults: 1, reason: expect.stringContaining(noted) });
  await db.update(verificationReplays).set({ faults: 24 });
  await advanceReplay(context, job);
  expect((await replays())[0]).toMatchObject({
    outcome: 'unscored',
    reason: expect.stringContaining(noted),
  });
});

test('certification with a statement over the limit fails its run in the end, and says why', async () => {
  const { context, runId, run, replays, db } = await slowAt();
  await ingestRun(context, { runId });
  const [replay] = await replays();
  await advanceReplay(context, { runId, replayId: replay?.id ?? '' });
  expect(await run()).toMatchObject({ status: 'CERTIFYING' });
  const ended = await tooSlow({ db }).catch((error: unknown) => error);
  const slowly = {
    ...context,
    engine: {
      ...context.engine,
      judge: () => {
        throw ended;
      },
    },
  };
  await expect(certifyRun(slowly, { runId })).rejects.toThrow(noted);
  await db.update(verificationRuns).set({ faults: 24 });
  await certifyRun(slowly, { runId });
  expect(await run()).toMatchObject({ status: 'FAILED', error: expect.stringContaining(noted) });
});
