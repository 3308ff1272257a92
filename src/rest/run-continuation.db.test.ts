import { afterAll, beforeAll, expect, test } from 'vitest';
import { maxBodyBytes } from '#contracts/request.ts';
import { createHandlers } from '#jobs/index.ts';
import { bearer, detail, get, openRestRig, runBody } from '#testing/rigs/rest-rig.ts';
import { getRunById, postRunCancel, postRunResume, postRunRetry } from './runs.ts';

let rest: Awaited<ReturnType<typeof openRestRig>>;
beforeAll(async () => {
  rest = await openRestRig();
});
afterAll(() => rest.rig.close());

/** A run of user A whose changes are drawn, so that it can be resumed after its end. */
const drawnRun = async (fields: Record<string, unknown> = {}) => {
  const { rig, post } = rest;
  const { run_id: runId } = (await (await post({ ...runBody, ...fields })).json()) as { run_id: string };
  await createHandlers(rig.context).handlers['ingest-run']({ runId }, new AbortController().signal);
  return runId;
};

test('POST /runs/{run_id}/cancel answers 200 with the ended run, the second time too', async () => {
  const { onRun } = rest;
  const runId = await drawnRun();
  for (const _ of ['first', 'again']) {
    const response = await onRun(postRunCancel, runId);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toMatchObject({
      run_id: runId,
      status: 'FAILED',
      error: 'Cancelled by its owner',
      can: { cancel: false, resume: true, retry: true },
    });
  }
});

test('POST /runs/{run_id}/resume and /retry answer 201 with a new run that names the old one, even without a body', async () => {
  const { context, tokens, onRun } = rest;
  const runId = await drawnRun();
  await onRun(postRunCancel, runId);
  for (const [call, continuation, payload] of [
    [postRunRetry, 'retry', undefined],
    [postRunRetry, 'retry', ''],
    [postRunResume, 'resume', { max_cost_usd: 2.5, github_token: null }],
  ] as const) {
    const response = await onRun(call, runId, payload);
    expect(response.status).toBe(201);
    const created = (await response.json()) as { run_id: string };
    expect(created).toEqual({
      run_id: expect.not.stringContaining(runId),
      status: 'INGESTING',
      created_at: expect.stringMatching(/Z$/),
      judge: 'offline',
    });
    expect(response.headers.get('location')).toBe(`/api/v1/verification/runs/${created.run_id}`);
    const read = await getRunById(context, get('', bearer(tokens.a)), created.run_id);
    expect(await read.json()).toMatchObject({
      continues_run_id: runId,
      continuation,
      max_cost_usd: continuation === 'resume' ? 2.5 : null,
    });
  }
  const again = await onRun(postRunResume, runId);
  expect(again.status).toBe(422);
  expect(await detail(again)).toEqual([
    { field: 'run_id', message: expect.stringContaining('resumed already') },
  ]);
});

test('secrets must be given again, and bad fields are 422 by their names on the wire', async () => {
  const { onRun } = rest;
  const runId = await drawnRun({ oracle_headers: { 'X-Api_Key': 'planted-value' } });
  const running = await onRun(postRunRetry, runId, { oracle_headers: { 'X-Api_Key': 'again' } });
  expect(running.status).toBe(422);
  expect(await detail(running)).toEqual([
    { field: 'run_id', message: expect.stringContaining('has failed') },
  ]);
  await onRun(postRunCancel, runId);
  for (const call of [postRunResume, postRunRetry]) {
    const missing = await onRun(call, runId);
    expect(missing.status).toBe(422);
    expect(await detail(missing)).toEqual([
      { field: 'oracle_headers', message: expect.stringContaining('X-Api_Key') },
    ]);
  }
  const bad = await onRun(postRunResume, runId, {
    oracle_url: 'ftp://x',
    oracle_headers: { 'bad name': 'x' },
    github_token: 'two words',
    max_cost_usd: 0,
  });
  expect(bad.status).toBe(422);
  expect((await detail(bad)).map(({ field }) => field).sort()).toEqual([
    'github_token',
    'max_cost_usd',
    'oracle_headers.bad name',
    'oracle_url',
  ]);
  const elsewhere = await onRun(postRunResume, runId, {
    oracle_url: 'https://elsewhere.example/ask',
    oracle_headers: { 'X-Api_Key': 'again' },
  });
  expect((await detail(elsewhere)).map(({ field }) => field)).toEqual(['oracle_url']);
  expect((await onRun(postRunResume, runId, '{"oracle_url":')).status).toBe(400);
  expect((await onRun(postRunResume, runId, [])).status).toBe(422);
  expect((await onRun(postRunResume, runId, 'x'.repeat(maxBodyBytes + 1))).status).toBe(413);
  const given = await onRun(postRunResume, runId, { oracle_headers: { 'X-Api_Key': 'again' } });
  expect(given.status).toBe(201);
});

test('cancel, resume and retry answer 404 for another user’s, an unknown or a malformed run and 401 without a token, and change nothing', async () => {
  const { context, tokens, onRun } = rest;
  const runId = await drawnRun();
  for (const call of [postRunCancel, postRunResume, postRunRetry]) {
    expect((await onRun(call, runId, {}, {})).status).toBe(401);
    for (const id of [runId, '4f7c9f0e-30d6-4c57-8a7a-0f0f8f6f2f11', 'malformed', 'x'.repeat(300)])
      expect((await onRun(call, id, {}, bearer(tokens.b))).status, id).toBe(404);
  }
  const read = await getRunById(context, get('', bearer(tokens.a)), runId);
  expect(await read.json()).toMatchObject({ can: { cancel: true } });
});
