import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { runRequest, testRig } from '#testing/rigs/engine-rig.ts';
import { createRun } from '../run/create.ts';
import { getRun } from '../run/get.ts';
import { advance, noteWaiting } from './transitions.ts';

test('what a run waits for is written when the words change, not at every replay that waits for the same', async () => {
  const { db, context, user } = await testRig();
  const owner = await user();
  const { runId } = await createRun(context, owner, runRequest());
  // Before that it says its place in the line.
  await advance(db, runId, 'INGESTING', context.now());
  /** Postgres's own number of the row's last write. */
  const written = async () => {
    const [row] = await db.execute<{ xmin: string }>(sql`select xmin::text from verification_runs`);
    return row?.xmin;
  };
  const writesAt = async (message: string | null) => {
    const before = await written();
    await noteWaiting(db, runId, message);
    expect((await getRun(context, owner, runId)).activity).toBe(message);
    return (await written()) !== before;
  };
  const slots = 'Waiting: the limit on calls is reached.';
  expect(await writesAt(null)).toBe(false);
  expect(await writesAt(slots)).toBe(true);
  expect(await writesAt(slots)).toBe(false);
  expect(await writesAt('Waiting: the judge is overloaded.')).toBe(true);
  expect(await writesAt(null)).toBe(true);
  expect(await writesAt(null)).toBe(false);
});
