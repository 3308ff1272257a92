import { eq, inArray } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { verificationReplays } from '#db/schema/replays.ts';
import type { Job } from '#queue/jobs.ts';
import { runRequest, testRig } from '#testing/rigs/engine-rig.ts';
import { noAnswerKeyFor } from '#testing/rigs/scripted-engine.ts';
import type { Actor } from '../ground/context.ts';
import { ingestRun } from '../pipeline/ingest.ts';
import { createRun } from '../run/create.ts';
import { getRun } from '../run/get.ts';
import { advance } from './transitions.ts';
import { reachTurn } from './turns.ts';

/** As the queue has it: the highest priority first, then the oldest. */
const inOrder = <Queued extends Job>(jobs: Queued[]): Queued[] =>
  jobs.toSorted((a, b) => (b.priority ?? 0) - (a.priority ?? 0));

const rigOfUsers = async () => {
  const rig = await testRig();
  const { context, db } = rig;
  const submit = async (user: Actor, limit = 1) =>
    (await createRun(context, user, runRequest({ limit, minReplays: 1 }))).runId;
  return {
    ...rig,
    submit,
    draw: async (user: Actor, limit: number) => {
      const runId = await submit(user, limit);
      await ingestRun(context, { runId });
      return runId;
    },
    ingestions: async () => inOrder((await rig.queued()).filter((job) => job.name === 'ingest-run')),
    replays: async () => inOrder((await rig.queued()).filter((job) => job.name === 'score-replay')),
    /** Takes a replay's turn and ends the replay. */
    take: async ({ data, priority = 0 }: Extract<Job, { name: 'score-replay' }>) => {
      await reachTurn(db, 'score-replay', -priority);
      await db
        .update(verificationReplays)
        .set({ state: 'ended', outcome: 'scored', endedAt: context.now() })
        .where(eq(verificationReplays.id, data.replayId));
    },
  };
};

test('a run is the next to begin although another user has sixty more waiting, and says its place', async () => {
  const { user, context, submit, ingestions } = await rigOfUsers();
  const [busy, other] = [await user(), await user()];
  const theirs: string[] = [];
  for (let runs = 0; runs < 61; runs += 1) theirs.push(await submit(busy));
  // A worker has begun the first three.
  for (const runId of theirs.slice(0, 3)) await ingestRun(context, { runId });
  const runId = await submit(other, 10);
  const waiting = (await ingestions()).filter(({ data }) => !theirs.slice(0, 3).includes(data.runId));
  expect(waiting[0]?.data.runId).toBe(runId);
  expect(await getRun(context, other, runId)).toMatchObject({
    status: 'PENDING',
    position: 1,
    waitingFor: expect.stringContaining('next to begin'),
  });
  expect(await getRun(context, busy, theirs[60] ?? '')).toMatchObject({
    position: 59,
    waitingFor: 'Waiting for its turn. The run is number 59 in the line.',
    activity: 'Waiting for its turn. The run is number 59 in the line.',
  });
  expect(await getRun(context, busy, theirs[0] ?? '')).toMatchObject({
    position: null,
    waitingFor: expect.stringContaining('The changes are drawn'),
  });
});

test('users take turns to begin, and one with many runs is not starved by many with one', async () => {
  const { user, context, submit, ingestions } = await rigOfUsers();
  const many = await user();
  const theirs: string[] = [];
  for (let runs = 0; runs < 3; runs += 1) theirs.push(await submit(many));
  const begun = new Set<string>();
  // Another user comes before each run that begins.
  for (let turn = 0; turn < 30; turn += 1) {
    await submit(await user());
    const next = (await ingestions()).find(({ data }) => !begun.has(data.runId));
    if (next === undefined) throw new Error('No run waits.');
    begun.add(next.data.runId);
    await ingestRun(context, next.data);
  }
  expect(theirs.filter((runId) => !begun.has(runId))).toEqual([]);
});

test('a user’s run of ten waits for few of the replays of another user’s sixty runs', async () => {
  const { user, draw, replays, take } = await rigOfUsers();
  const [busy, other] = [await user(), await user()];
  for (let runs = 0; runs < 61; runs += 1) await draw(busy, 10);
  for (const job of (await replays()).slice(0, 100)) await take(job);
  const runId = await draw(other, 10);
  const waiting = (await replays()).slice(100);
  const places = waiting.flatMap(({ data }, place) => (data.runId === runId ? [place] : []));
  expect(places).toHaveLength(10);
  expect(places[0]).toBeLessThan(20);
  // Of 610 replays.
  expect(places.at(-1)).toBeLessThan(150);
});

test('a steady stream of small runs does not starve the tail of a large one', async () => {
  const { user, draw, replays, take } = await rigOfUsers();
  const [large, small] = [await user(), await user()];
  const runId = await draw(large, 60);
  const taken = new Set<string>();
  let turns = 0;
  for (let left = 60; left > 0; turns += 1) {
    if (turns > 200) throw new Error(`${left} replays of the large run are starved.`);
    if (turns % 5 === 0) await draw(small, 5);
    const next = (await replays()).find(({ data }) => !taken.has(data.replayId));
    if (next === undefined) throw new Error('No replay waits.');
    taken.add(next.data.replayId);
    await take(next);
    if (next.data.runId === runId) left -= 1;
  }
  // It shared with the small runs.
  expect(turns).toBeGreaterThan(100);
});

test('a change from the reserve takes the turn of the one that it replaces', async () => {
  const { db, context, user, pump } = await testRig({ judge: noAnswerKeyFor('2') });
  const owner = await user();
  const { runId } = await createRun(context, owner, runRequest({ limit: 3, minReplays: 1 }));
  await pump();
  const rows = await db
    .select()
    .from(verificationReplays)
    .where(inArray(verificationReplays.runId, [runId]));
  const turnOf = (groundTruthId: string) =>
    rows.find((row) => row.groundTruthId === groundTruthId)?.turn ?? -1;
  expect(turnOf('1')).toBeLessThan(turnOf('2'));
  expect(turnOf('2')).toBeLessThan(turnOf('3'));
});

test('a run says whether it waits behind others, behind its own network, or with its changes drawn', async () => {
  const { context, db, user } = await rigOfUsers();
  const stranger = (subject: string) => user({ provider: 'wallet', subject });
  const [one, other, third] = [await stranger('0x1'), await stranger('0x2'), await stranger('0x3')];
  const startFrom = async (actor: Actor, address: string) =>
    (await createRun(context, actor, runRequest({ limit: 1, minReplays: 1 }), address)).runId;
  const begun = await startFrom(one, '203.0.113.5');
  const same = await startFrom(other, '203.0.113.77');
  const elsewhere = await startFrom(third, '198.51.100.1');
  await advance(db, begun, 'INGESTING', context.now());
  expect((await getRun(context, other, same)).waitingFor).toContain('from your network');
  expect((await getRun(context, third, elsewhere)).waitingFor).toContain('number 2 in the line');

  await ingestRun(context, { runId: begun });
  expect((await getRun(context, one, begun)).waitingFor).toContain('The changes are drawn');
  expect((await getRun(context, other, same)).waitingFor).toContain('next to begin');
  // The owner is served before strangers who came earlier.
  const owner = await user();
  const runId = await startFrom(owner, '203.0.113.5');
  expect((await getRun(context, owner, runId)).position).toBe(1);
  expect((await getRun(context, other, same)).position).toBe(2);
});
