import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { judgeSpend } from '#db/schema/judge-spend.ts';
import { paidRig } from '#testing/rigs/paid-rig.ts';
import { listRuns } from '../run/list.ts';
import { foldSpend, spendOfRuns } from './run-spend.ts';

test('an ended run shows the calls, tokens and cost that its certificate shows', async () => {
  const at = await paidRig({ costUsd: 0.3 });
  const runId = await at.start();
  await at.pump();
  const { usage, costUsd } = await at.run(runId);
  const certified = (await at.certificateOf(runId)).usage;
  expect({ ...usage, costUsd }).toEqual({ ...certified, costUsd: expect.closeTo(certified.costUsd ?? 0, 9) });
  expect(usage.calls).toBe(21);
  expect(usage.inputTokens).toBeGreaterThan(0);
  expect(usage.outputTokens).toBeGreaterThan(0);
});

test('a resumed run’s account includes the runs before it, and each run in a list shows its own account', async () => {
  const at = await paidRig({ costUsd: 0.3 });
  // Seven calls of 0.30 fit.
  const first = await at.start({ maxCostUsd: 2.2 });
  await at.pump();
  const { runId: second } = await at.continueAs('resume', first, { maxCostUsd: 100 });
  await at.pump();
  const { runs } = await listRuns(at.context, at.owner, { limit: 10, offset: 0 });
  const callsOf = (id: string) => runs.find(({ runId }) => runId === id)?.usage?.calls;
  expect([callsOf(first), callsOf(second)]).toEqual([7, 21]);
});

test('folding a run’s account changes nothing that the run shows', async () => {
  const at = await paidRig({ costUsd: 0.3 });
  const runId = await at.start();
  await at.pump();
  const before = await at.run(runId);
  expect(before).toMatchObject({ usage: { calls: 21 }, costUsd: expect.closeTo(21 * 0.3, 9) });
  await at.db
    .insert(judgeSpend)
    .values({ runId, state: 'cut', costUsd: 0.25, likelyUsd: 0.25, mostUsd: 5, createdAt: at.context.now() });
  const withLost = await at.run(runId);
  expect(withLost).toMatchObject({
    costUsd: expect.closeTo(before.costUsd + 0.25, 9),
    mostCostUsd: expect.closeTo(before.costUsd + 5, 9),
    usage: before.usage,
  });
  for (const _time of ['once', 'again']) {
    await foldSpend(at.db, runId);
    expect(await at.db.$count(judgeSpend)).toBe(1);
    expect(await at.run(runId)).toEqual({
      ...withLost,
      costUsd: expect.closeTo(withLost.costUsd, 9),
      mostCostUsd: expect.closeTo(withLost.mostCostUsd, 9),
    });
  }
});

test('a run whose judge used nothing has no account', async () => {
  const at = await paidRig({ costUsd: 0.3 });
  const runId = await at.start({ judge: 'offline' });
  await at.pump();
  expect(await spendOfRuns(at.context, [runId, randomUUID()])).toEqual(new Map());
});
