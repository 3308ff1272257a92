import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { RunRequest } from '#contracts/run-request.ts';
import { groundTruthRecords, groundTruthSnapshots } from '#db/schema/ground-truths.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { runRequest, testRig } from '#testing/rigs/engine-rig.ts';
import { changeNumbers, drawOf, type Script } from '#testing/rigs/scripted-engine.ts';
import { ingestRun } from '../pipeline/ingest.ts';
import { erasePrivateGroundTruths, privateRetentionMs } from '../retention/erase-private.ts';
import { createRun } from '../run/create.ts';

const rigWith = async (script: Script = {}) => {
  const rig = await testRig(script);
  const owner = await rig.user();
  const run = async (request: Partial<RunRequest> = {}) => {
    const { runId } = await createRun(rig.context, owner, runRequest(request));
    await rig.pump();
    const [row] = await rig.db.select().from(verificationRuns).where(eq(verificationRuns.id, runId));
    return row;
  };
  return { ...rig, run };
};
const privateDraw: Script['draw'] = async ({ limit }) => ({ ...drawOf(changeNumbers(limit)), private: true });

test('two runs of one repository state share one snapshot, and each change is stored once', async () => {
  const { run, db } = await rigWith();
  const [first, second] = [await run(), await run()];
  expect(first?.status).toBe('COMPLETED');
  expect(first?.snapshotDigest).toMatch(/^[0-9a-f]{64}$/);
  expect(second?.snapshotDigest).toBe(first?.snapshotDigest);
  expect(await db.$count(groundTruthRecords)).toBe(3);
  expect(await db.$count(groundTruthSnapshots)).toBe(1);
  expect(await db.$count(verificationReplays)).toBe(6);
});

test('another state gives another snapshot, which shares the unchanged changes', async () => {
  let draws = 0;
  const { run, db } = await rigWith({
    draw: async ({ limit }) => {
      draws += 1;
      return drawOf(changeNumbers(limit, draws));
    },
  });
  const [first, second] = [await run(), await run()];
  expect(second?.snapshotDigest).not.toBe(first?.snapshotDigest);
  expect(await db.$count(groundTruthRecords)).toBe(4);
});

test('a private repository’s changes are stored separately for each credential, and none of them holds a token', async () => {
  const { run, db, dump } = await rigWith({ draw: privateDraw });
  await run({ githubToken: 'planted-token-one' });
  await run({ githubToken: 'planted-token-two' });
  await run({ githubToken: 'planted-token-two' });
  const scopes = new Set((await db.select().from(groundTruthRecords)).map(({ scope }) => scope));
  expect(scopes.size).toBe(2);
  expect(await db.$count(groundTruthRecords)).toBe(6);
  expect(await dump()).not.toMatch(/planted-token/);
});

test('a private repository’s text is erased after its retention; public changes and all scores stay', async () => {
  let isPrivate = true;
  const { run, db, context, wait } = await rigWith({
    draw: async ({ limit }) => ({ ...drawOf(changeNumbers(limit, isPrivate ? 1 : 50)), private: isPrivate }),
  });
  await run();
  isPrivate = false;
  await run();
  await erasePrivateGroundTruths(context);
  expect(await db.$count(groundTruthRecords)).toBe(6);
  wait(privateRetentionMs + 1);
  await erasePrivateGroundTruths(context);
  const left = await db.select().from(groundTruthRecords);
  expect(left.map(({ scope }) => scope)).toEqual(['public', 'public', 'public']);
  expect(await db.$count(groundTruthSnapshots)).toBe(1);
  const replays = await db.select().from(verificationReplays);
  expect(replays).toHaveLength(6);
  expect(replays.filter(({ groundTruthDigest }) => groundTruthDigest === null)).toHaveLength(3);
  expect(replays.every(({ outcome }) => outcome === 'scored')).toBe(true);
});

test('a run under way keeps its ground truth, however long it takes', async () => {
  const { context, db, wait, user } = await rigWith({ draw: privateDraw });
  await createRun(context, await user(), runRequest());
  const [queued] = await db.select().from(verificationRuns);
  await ingestRun(context, { runId: queued?.id ?? '' });
  wait(privateRetentionMs + 1);
  await erasePrivateGroundTruths(context);
  expect(await db.$count(groundTruthRecords)).toBe(3);
  expect(await db.$count(groundTruthSnapshots)).toBe(1);
});
