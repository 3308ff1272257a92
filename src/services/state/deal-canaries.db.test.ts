import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { Canary, ReplayCheckpoint } from '#contracts/replay.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { ruledCanary } from '#testing/builders/canaries.ts';
import { judgedCheckpoint, unscoredVerdict } from '#testing/builders/replay-checkpoint.ts';
import { ownersRig } from '#testing/rigs/owners-rig.ts';
import { type DealtReplay, shownByOthers } from '#verification/replay/shown-canaries.ts';
import { ingestRun } from '../pipeline/ingest.ts';
import { checkpointStore, ReplayLost } from './checkpoint.ts';

const canary = (text: string): Canary => ({ kind: 'false', way: 'value', author: 'writer', text });

/** A run of so many replays that are open, and what deals a replay its canaries. */
const openRun = async (limit: number) => {
  const at = await ownersRig();
  const runId = await at.start({ limit, minReplays: 1 });
  await ingestRun(at.context, { runId });
  const rows = await at.replaysOf(runId);
  const storeOf = (place: number) => {
    const row = rows[place];
    if (row === undefined) throw new RangeError(`The run has no replay at ${place}.`);
    return checkpointStore(at.context, { runId, row });
  };
  const keep = (place: number, values: Partial<typeof verificationReplays.$inferInsert>) =>
    at.db
      .update(verificationReplays)
      .set(values)
      .where(eq(verificationReplays.id, rows[place]?.id ?? ''));
  return { ...at, runId, storeOf, keep };
};

test('workers that deal at once each see what all before them have dealt', async () => {
  const { storeOf, replaysOf, runId } = await openRun(12);
  const seen = await Promise.all(
    Array.from({ length: 12 }, (_, place) =>
      storeOf(place).dealCanaries((others) => [canary(`after ${shownByOthers(others).length}`)]),
    ),
  );
  const expected = Array.from({ length: 12 }, (_, before) => `after ${before}`);
  expect(seen.map(([first]) => first?.text ?? '').sort()).toEqual(expected.sort());
  const stored = (await replaysOf(runId)).map(({ canaries }) => canaries?.[0]?.text);
  expect(stored.toSorted()).toEqual(expected.sort());
});

test('a replay is dealt once: the worker that comes later is refused, and so is one of a run that has ended', async () => {
  const { storeOf, fail, runId } = await openRun(2);
  await storeOf(0).dealCanaries(() => [canary('first')]);
  await expect(storeOf(0).dealCanaries(() => [canary('second')])).rejects.toBeInstanceOf(ReplayLost);
  await fail(runId);
  await expect(storeOf(1).dealCanaries(() => [canary('late')])).rejects.toBeInstanceOf(ReplayLost);
});

test('dealt canaries count until the verdict says which were shown, and what showed none is owed', async () => {
  const { storeOf, keep, context } = await openRun(7);
  const judged = judgedCheckpoint({ claims: [true], changes: [true], replyAccuracy: 1 });
  const ruled = (...canaries: NonNullable<DealtReplay['ruled']>): ReplayCheckpoint['precision'] => ({
    ...judged.precision,
    ...(judged.precision.kind === 'judged' && {
      canaries: canaries.map(({ kind }) => ruledCanary(kind, true)),
    }),
  });
  const ended = { state: 'ended', endedAt: context.now() } as const;
  const dealt = [canary('a'), canary('b')];
  await keep(1, { canaries: dealt });
  await keep(2, { canaries: dealt, precision: ruled({ kind: 'true', way: null }) });
  await keep(3, { ...ended, outcome: 'oracle_failure' });
  await keep(4, { ...ended, outcome: 'unscored', canaries: dealt, precision: unscoredVerdict() });
  await keep(5, { ...ended, outcome: 'replaced' });
  let others: readonly DealtReplay[] = [];
  await storeOf(0).dealCanaries((found) => {
    others = found;
    return [];
  });
  const shown = shownByOthers(others);
  expect(shown.toSorted((a, b) => a.length - b.length)).toEqual([
    [],
    [],
    [{ kind: 'true', way: null }],
    [
      { kind: 'false', way: 'value' },
      { kind: 'false', way: 'value' },
    ],
  ]);
});
