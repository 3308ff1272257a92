import { encode } from 'next-auth/jwt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sessionCookieName } from '#auth/cookies.ts';
import { createHandlers } from '#jobs/index.ts';
import { createApiToken } from '#services/api-token/create.ts';
import type { Actor } from '#services/context.ts';
import { storeCertificate } from '#testing/stored-certificates.ts';
import { openPolicy, openWorkbench } from '#testing/workbench.ts';
import type { RestContext } from './answer.ts';
import { getCertificateById, getCertificates } from './certificates.ts';
import { getHealth } from './health.ts';
import { maxBodyBytes } from './read.ts';
import { getRunById, getRuns, postRun, postRunCancel, postRunResume, postRunRetry } from './runs.ts';

const base = 'http://127.0.0.1:3000/api/v1/verification';
const body = {
  repo_url: 'https://github.com/owner/name',
  construct_id: 'alpha',
  oracle_url: 'https://oracle.example/ask',
};

let workbench: Awaited<ReturnType<typeof openWorkbench>>;
let context: RestContext;
let [a, b]: [Actor, Actor] = [{ userId: '' }, { userId: '' }];
let tokens: { a: string; b: string };
const certificateIds: string[] = [];
beforeAll(async () => {
  workbench = await openWorkbench();
  const { db, context: services } = workbench;
  const url = 'http://127.0.0.1:3000';
  context = { services, auth: { db, now: services.now, secret: 'x'.repeat(32), url, github: null } };
  [a, b] = [await workbench.user(), await workbench.user()];
  const tokenOf = async ({ userId }: Actor) =>
    (await createApiToken(services, { userId, name: 'test' })).token;
  tokens = { a: await tokenOf(a), b: await tokenOf(b) };
  for (const supported of [1, 4, 2])
    certificateIds.push(
      await storeCertificate(db, {
        constructId: supported === 1 ? 'alpha' : 'beta',
        supported,
        createdAt: new Date(Date.UTC(2026, 0, certificateIds.length + 1)),
      }),
    );
});
afterAll(() => workbench.close());

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const post = (payload: unknown, headers: Record<string, string> = bearer(tokens.a), on = context) =>
  postRun(
    on,
    new Request(`${base}/runs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof payload === 'string' ? payload : JSON.stringify(payload),
    }),
  );
const get = (path: string, headers: Record<string, string> = {}) =>
  new Request(`${base}${path}`, { headers });
const detail = async (response: Response) => {
  const { detail } = (await response.json()) as { detail: { field: string; message: string }[] };
  return detail;
};

test('POST /runs answers 201 with the run’s id, PENDING and the judge, and the run can be read by its owner alone', async () => {
  const response = await post(body);
  expect(response.status).toBe(201);
  const created = (await response.json()) as { run_id: string };
  expect(created).toEqual({
    run_id: expect.any(String),
    status: 'PENDING',
    created_at: expect.stringMatching(/Z$/),
    judge: 'offline',
  });
  expect(response.headers.get('location')).toBe(`/api/v1/verification/runs/${created.run_id}`);
  const read = await getRunById(context, get('', bearer(tokens.a)), created.run_id);
  expect(read.status).toBe(200);
  expect(read.headers.get('cache-control')).toBe('no-store');
  expect(await read.json()).toEqual({
    run_id: created.run_id,
    status: 'PENDING',
    progress: 0,
    total: 0,
    construct_id: 'alpha',
    repo_url: 'https://github.com/owner/name',
    error: null,
    activity: null,
    cost_usd: 0,
    max_cost_usd: null,
    continues_run_id: null,
    continuation: null,
    can: { cancel: true, resume: false, retry: false },
    oracle_header_names: [],
    needs_oracle_url: false,
    seconds_left: null,
    certificate_id: null,
    created_at: expect.any(String),
    updated_at: expect.any(String),
    judge: 'offline',
    economy: false,
    batch: null,
    sample: false,
  });
  for (const id of [created.run_id, '4f7c9f0e-30d6-4c57-8a7a-0f0f8f6f2f11', 'malformed'])
    expect((await getRunById(context, get('', bearer(tokens.b)), id)).status).toBe(404);
});

test('names of headers are data: they keep their spelling', async () => {
  const response = await post({
    ...body,
    oracle_headers: { 'X-Api_Key': 'planted-value', xFoo: 'planted-two' },
  });
  const { run_id } = (await response.json()) as { run_id: string };
  const [row] = await workbench.database.sql`
    select config_json -> 'oracle' -> 'headers' as headers from verification_runs where id = ${run_id}`;
  expect(row?.headers).toEqual({ 'X-Api_Key': '[REDACTED]', xFoo: '[REDACTED]' });
});

test('without or with a wrong token, and by another site’s page with the cookie, it is 401', async () => {
  expect((await post(body, {})).status).toBe(401);
  expect((await post(body, bearer('ev_wrong'))).headers.get('www-authenticate')).toBe('Bearer');
  expect((await getRuns(context, get('/runs'))).status).toBe(401);
  expect((await getRunById(context, get('/runs/x'), 'x')).status).toBe(401);

  const session = await encode({ token: { sub: a.userId }, secret: context.auth.secret });
  const cookie = `${sessionCookieName(context.auth.url)}=${session}`;
  expect((await post(body, { cookie, origin: 'http://127.0.0.1:3000' })).status).toBe(201);
  expect((await post(body, { cookie, origin: 'https://evil.example' })).status).toBe(401);
  expect((await post(body, { cookie, origin: 'http://127.0.0.1:4000' })).status).toBe(401);
});

test('bad fields are 422, each by its name on the wire', async () => {
  const response = await post({
    repo_url: '/etc',
    oracle_url: 'ftp://x',
    oracle_headers: { 'bad name': 'x' },
    limit: 0,
    min_replays: 501,
  });
  expect(response.status).toBe(422);
  const fields = (await detail(response)).map(({ field }) => field);
  expect(fields.sort()).toEqual([
    'construct_id',
    'limit',
    'min_replays',
    'oracle_headers.bad name',
    'oracle_url',
    'repo_url',
  ]);
  expect(await detail(await post({}))).toContainEqual({ field: 'repo_url', message: 'Required.' });
  expect(await detail(await post({ ...body, oracle_url: null }))).toEqual([
    { field: 'oracle_url', message: expect.stringContaining('Required') },
  ]);
});

test('what is not JSON is 400, what is no object 422, what is too large 413, declared or not', async () => {
  expect((await post('{"repo_url":')).status).toBe(400);
  expect((await post('')).status).toBe(400);
  expect((await post([])).status).toBe(422);
  expect((await post('null')).status).toBe(422);
  const large = JSON.stringify({ ...body, construct_id: 'x'.repeat(maxBodyBytes) });
  expect((await post(large)).status).toBe(413);
  expect((await post(body, { ...bearer(tokens.a), 'content-length': '99999999' })).status).toBe(413);
});

test('where no run can be carried out it is 503 with what to configure', async () => {
  const off = {
    ...context,
    services: { ...workbench.context, policy: { ...openPolicy, engineEnabled: false } },
  };
  const response = await post(body, bearer(tokens.a), off);
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({ detail: expect.stringContaining('ENGINE_ENABLED=true') });
});

test('a fault is 500 with its id, and no word of the exception', async () => {
  const checkOracleUrl = () => Promise.reject(new Error('words of the stack'));
  const broken = { ...context, services: { ...workbench.context, checkOracleUrl } };
  const response = await post(body, bearer(tokens.a), broken);
  expect(response.status).toBe(500);
  const text = await response.text();
  expect(text).not.toContain('words of the stack');
  const told = workbench.logged.find(({ details }) => text.includes(String(details.fault)));
  expect(told?.details).toMatchObject({ request: 'POST /api/v1/verification/runs' });
});

test('GET /runs lists one’s own, newest first, with limit, offset, filters and the total of all that match', async () => {
  const { token } = await createApiToken(workbench.context, { userId: b.userId, name: 'list' });
  for (const construct_id of ['alpha', 'beta', 'beta']) await post({ ...body, construct_id }, bearer(token));
  const list = async (query: string) => {
    const response = await getRuns(context, get(`/runs${query}`, bearer(token)));
    expect(response.status).toBe(200);
    const page = (await response.json()) as { runs: { construct_id: string }[]; total: number };
    return { ...page, runs: page.runs.map(({ construct_id }) => construct_id) };
  };
  expect(await list('')).toEqual({ runs: ['beta', 'beta', 'alpha'], total: 3, limit: 20, offset: 0 });
  expect(await list('?status=&construct_id=&limit=1&offset=2')).toMatchObject({ runs: ['alpha'], total: 3 });
  expect(await list('?construct_id=beta&limit=1')).toMatchObject({ runs: ['beta'], total: 2, limit: 1 });
  expect(await list('?status=COMPLETED')).toMatchObject({ runs: [], total: 0 });
  for (const query of ['?limit=0', '?limit=101', '?limit=1.5', '?limit=x', '?offset=-1', '?status=DONE'])
    expect((await getRuns(context, get(`/runs${query}`, bearer(token)))).status, query).toBe(422);
});

const onRun = (
  call: typeof postRunCancel,
  runId: string,
  payload?: unknown,
  headers: Record<string, string> = bearer(tokens.a),
) =>
  call(
    context,
    new Request(`${base}/runs/${runId}/x`, {
      method: 'POST',
      headers,
      ...(payload === undefined
        ? {}
        : { body: typeof payload === 'string' ? payload : JSON.stringify(payload) }),
    }),
    runId,
  );
/** A run of A's whose changes have been drawn, so that it can be resumed once it has ended. */
const drawnRun = async (fields: Record<string, unknown> = {}) => {
  const { run_id: runId } = (await (await post({ ...body, ...fields })).json()) as { run_id: string };
  await createHandlers(workbench.context).handlers['ingest-run']({ runId }, new AbortController().signal);
  return runId;
};

test('POST /runs/{run_id}/cancel answers 200 with the run as it has ended, and again the same', async () => {
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

test('POST /runs/{run_id}/resume and /retry answer 201 with a new run that names the old one, without a body too', async () => {
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

test('what was secret has to be given again, and bad fields are 422 by their names on the wire', async () => {
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

test('another’s, an unknown and a malformed run is 404 to cancel, resume and retry, without a token 401, and stays as it is', async () => {
  const runId = await drawnRun();
  for (const call of [postRunCancel, postRunResume, postRunRetry]) {
    expect((await onRun(call, runId, {}, {})).status).toBe(401);
    for (const id of [runId, '4f7c9f0e-30d6-4c57-8a7a-0f0f8f6f2f11', 'malformed', 'x'.repeat(300)])
      expect((await onRun(call, id, {}, bearer(tokens.b))).status, id).toBe(404);
  }
  const read = await getRunById(context, get('', bearer(tokens.a)), runId);
  expect(await read.json()).toMatchObject({ can: { cancel: true } });
});

test('certificates are public: by id with their replay scores, in lists without', async () => {
  const response = await getCertificateById(context, get(''), certificateIds[0] ?? '');
  expect(response.status).toBe(200);
  const certificate = await response.json();
  expect(certificate).toMatchObject({
    id: certificateIds[0],
    construct_id: 'alpha',
    domain: 'community_oracle',
    replay_count: 1,
    precision: 0.25,
    recall: 1,
    reply_accuracy: 1,
    composite_score: 0.75,
    brier: 0.125,
    sample_size: 1,
    ground_truth_source: 'github:owner/name',
    commit_range: 'abc..def',
    methodology_version: 'v1-preview',
    scoring_model: 'offline-1',
    judge: 'offline',
    tier: 'UNVERIFIED',
    ranked: false,
    replay_scores: [
      {
        id: expect.any(String),
        ground_truth_id: '142',
        precision: 0.25,
        recall: 1,
        reply_accuracy: 1,
        claims_total: 4,
        claims_supported: 1,
        changes_total: 1,
        changes_surfaced: 1,
        scoring_model: 'offline-1',
        scoring_latency_ms: 30,
        scored_at: '2026-01-01T00:00:00.000Z',
      },
    ],
  });
  expect(JSON.stringify(certificate)).not.toMatch(/"[a-z]+[A-Z]\w*":/);
  for (const id of ['malformed', '4f7c9f0e-30d6-4c57-8a7a-0f0f8f6f2f11'])
    expect((await getCertificateById(context, get(''), id)).status).toBe(404);

  const list = async (query: string) => {
    const page = (await (await getCertificates(context, get(`/certificates${query}`))).json()) as {
      certificates: { id: string }[];
      total: number;
    };
    expect(JSON.stringify(page)).not.toContain('replay_scores');
    return [page.total, ...page.certificates.map(({ id }) => certificateIds.indexOf(id))];
  };
  expect(await list('')).toEqual([3, 2, 1, 0]);
  expect(await list('?sort=brier_asc')).toEqual([3, 1, 2, 0]);
  expect(await list('?construct_id=beta&limit=1&offset=1')).toEqual([2, 1]);
  expect((await getCertificates(context, get('/certificates?sort=best'))).status).toBe(422);
});

test('health is green with and without engine and judges, and says which', async () => {
  const answer = async (policy: typeof openPolicy) => {
    const response = getHealth({ services: { policy } });
    expect(response.status).toBe(200);
    return response.json();
  };
  expect(await answer(openPolicy)).toEqual({
    status: 'ok',
    engine: 'on',
    judges: { offline: 'available', anthropic: 'available' },
  });
  const judges = {
    ...openPolicy.judges,
    anthropic: { model: 'claude-sonnet-5-5', unavailable: 'Set ANTHROPIC_API_KEY.' },
  };
  expect(await answer({ ...openPolicy, engineEnabled: false, judges })).toEqual({
    status: 'ok',
    engine: 'off',
    judges: { offline: 'available', anthropic: 'unavailable: Set ANTHROPIC_API_KEY.' },
  });
});

test('every choice of a run can be made by REST, and one that is not known or not allowed is refused, never ignored', async () => {
  const choices = {
    judge: 'anthropic',
    seed: 'chosen',
    since: '2026-01-31',
    label: 'bug',
    blinded: true,
    max_cost_usd: 2.5,
    agreement_sample: 0.5,
    economy: true,
  };
  const { run_id } = (await (await post({ ...body, ...choices })).json()) as { run_id: string };
  const [row] = await workbench.database
    .sql`select config_json as config from verification_runs where id = ${run_id}`;
  expect(row?.config).toMatchObject({
    judge: { provider: 'anthropic' },
    seed: 'chosen',
    seedSource: 'owner',
    since: '2026-01-31',
    label: 'bug',
    blinded: true,
    maxCostUsd: 2.5,
    agreement: { share: 0.5 },
    economy: true,
  });
  const wrong = await post({ ...body, max_cost_usd: -1, agreement_sample: 3, economy: 'x', judge: 'nobody' });
  expect(wrong.status).toBe(422);
  expect((await detail(wrong)).map(({ field }) => field).sort()).toEqual([
    'agreement_sample',
    'economy',
    'judge',
    'max_cost_usd',
  ]);
  const unknown = await post({ ...body, max_cost: 1 });
  expect(unknown.status).toBe(422);
  expect(await detail(unknown)).toEqual([
    { field: 'max_cost', message: expect.stringMatching(/Known are: .*max_cost_usd/) },
  ]);
});
