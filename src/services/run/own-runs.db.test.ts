import { afterAll, beforeAll, expect, test } from 'vitest';
import { runListSchema } from '#contracts/run.ts';
import { openRig, runRequest } from '#testing/rigs/engine-rig.ts';
import type { Actor } from '../ground/context.ts';
import { advance, failRun } from '../state/transitions.ts';
import { createRun } from './create.ts';
import { getRun } from './get.ts';
import { listRuns } from './list.ts';

let rig: Awaited<ReturnType<typeof openRig>>;
let [a, b]: [Actor, Actor] = [{ userId: '' }, { userId: '' }];
const ids: string[] = [];
beforeAll(async () => {
  rig = await openRig();
  [a, b] = [await rig.user(), await rig.user()];
  for (const [actor, constructId] of [
    [a, 'alpha'],
    [b, 'alpha'],
    [a, 'beta'],
    [a, 'alpha'],
  ] as const)
    ids.push((await createRun(rig.context, actor, runRequest({ constructId }))).runId);
  await failRun(rig.db, ids[2] ?? '', 'It failed.', rig.context.now());
});
afterAll(() => rig.close());

const list = async (actor: Actor, input: Partial<Parameters<typeof listRuns>[2]> = {}) => {
  const page = await listRuns(rig.context, actor, { limit: 20, offset: 0, ...input });
  expect(runListSchema.parse(page)).toEqual(page);
  return { total: page.total, places: page.runs.map(({ runId }) => ids.indexOf(runId)) };
};

test('user A never sees user B’s run, by id or in the list', async () => {
  await expect(getRun(rig.context, a, ids[1] ?? '')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await getRun(rig.context, b, ids[1] ?? '')).toMatchObject({ runId: ids[1] });
  expect(await list(a)).toEqual({ total: 3, places: [3, 2, 0] });
  expect(await list(b)).toEqual({ total: 1, places: [1] });
  expect(await list(a, { constructId: 'alpha' })).toEqual({ total: 2, places: [3, 0] });
});

test('another user’s id, an unknown and a malformed one are refused in the same words', async () => {
  const refusals = await Promise.all(
    [ids[1] ?? '', '4f7c9f0e-30d6-4c57-8a7a-0f0f8f6f2f11', 'not-an-id', ''].map((id) =>
      getRun(rig.context, a, id).catch(({ code, message }) => `${code} ${message}`),
    ),
  );
  expect(new Set(refusals).size).toBe(1);
});

test('runs are filtered by status and construct, and total counts what matches, not the page', async () => {
  expect(await list(a, { status: 'FAILED' })).toEqual({ total: 1, places: [2] });
  expect(await list(a, { status: 'PENDING', limit: 1 })).toEqual({ total: 2, places: [3] });
  expect(await list(a, { status: 'PENDING', limit: 1, offset: 1 })).toEqual({ total: 2, places: [0] });
  expect(await list(a, { constructId: 'beta', status: 'PENDING' })).toEqual({ total: 0, places: [] });
  expect(await list(a, { offset: 3 })).toEqual({ total: 3, places: [] });
});

test('a status only moves forward, and an end is final', async () => {
  const { db, context } = rig;
  const { runId } = await createRun(context, a, runRequest());
  const to = (status: Parameters<typeof advance>[2]) => advance(db, runId, status, context.now());
  expect(await to('INVOKING')).toBe(true);
  expect(await to('INVOKING')).toBe(false);
  expect(await to('INGESTING')).toBe(false);
  expect(await to('CERTIFYING')).toBe(true);
  expect(await to('SCORING')).toBe(false);
  expect(await failRun(db, runId, 'first', context.now())).toBe(true);
  expect(await failRun(db, runId, 'second', context.now())).toBe(false);
  expect(await to('CERTIFYING')).toBe(false);
  expect(await getRun(context, a, runId)).toMatchObject({ status: 'FAILED', error: 'first' });
});
