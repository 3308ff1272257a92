import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRun } from '#services/run/index.ts';
import { cutMessage, failRun } from '#services/state/transitions.ts';
import { type ApiDoors, letIn, openApiDoors, outcomeOf } from '#testing/rigs/api-doors.ts';
import { openPolicy, runRequest } from '#testing/rigs/engine-rig.ts';
import { bearer } from '#testing/rigs/rest-rig.ts';

let doors: ApiDoors;
beforeAll(async () => {
  doors = await openApiDoors();
});
afterAll(() => doors.close());

test('a judge that costs money needs runs:spend, named or by default, at every door that starts a run', async () => {
  const paid = { ...runRequest(), judge: 'anthropic' as const };
  const { runId } = await createRun(doors.rig.context, doors.user, paid);
  await failRun(doors.rig.db, runId, cutMessage('The judge was away.'), doors.rig.context.now());
  const writes = bearer((await doors.tokenOf(['runs:read', 'runs:write'])).token);
  const spends = bearer((await doors.tokenOf(['runs:write', 'runs:spend'])).token);
  const refused = { status: 403, challenge: 'Bearer error="insufficient_scope", scope="runs:spend"' };

  const { limit: _, minReplays: __, ...estimate } = paid;
  // Let in, an estimate waits for a worker.
  expect(outcomeOf(await doors.callProcedure('run.estimate', estimate, writes))).toEqual(refused);
  for (const [path, input] of [
    ['run.create', paid],
    ['run.retry', { id: runId }],
  ] as const) {
    expect(outcomeOf(await doors.callProcedure(path, input, writes)), path).toEqual(refused);
    expect(outcomeOf(await doors.callProcedure(path, input, spends)), path).toEqual(letIn);
  }
  expect(outcomeOf(await doors.callProcedure('run.create', runRequest(), writes))).toEqual(letIn);

  const body = {
    repo_url: 'owner/name',
    construct_id: 'construct',
    oracle_url: 'https://oracle.example/ask',
    judge: 'anthropic',
  };
  expect(outcomeOf(await doors.callEndpoint('POST /runs', '', writes, body))).toEqual(refused);
  expect((await doors.callEndpoint('POST /runs', '', spends, body)).status).toBe(201);
  expect(outcomeOf(await doors.callEndpoint('POST /runs/[run_id]/retry', runId, writes))).toEqual(refused);
  expect((await doors.callEndpoint('POST /runs/[run_id]/retry', runId, spends)).status).toBe(201);

  const { judge: ___, ...byDefault } = body;
  const services = { ...doors.rig.context, policy: { ...openPolicy, defaultJudge: 'anthropic' as const } };
  expect(outcomeOf(await doors.callEndpoint('POST /runs', '', writes, byDefault, services))).toEqual(refused);
  expect((await doors.callEndpoint('POST /runs', '', spends, byDefault, services)).status).toBe(201);
  const options = await doors.callProcedure('run.options', {}, writes);
  expect(await options.text()).toContain('lacks the scope runs:spend');
});
