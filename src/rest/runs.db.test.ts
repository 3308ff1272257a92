import { afterAll, beforeAll, expect, test } from 'vitest';
import { sessionCookieName } from '#auth/cookies.ts';
import type { BudgetPolicy } from '#contracts/budget.ts';
import { maxBodyBytes } from '#contracts/request.ts';
import { accountBudgets } from '#platform/budgets/policies.ts';
import { openSession } from '#services/account/index.ts';
import { openPolicy } from '#testing/rigs/engine-rig.ts';
import { fullToken } from '#testing/rigs/full-token.ts';
import { accountOf } from '#testing/rigs/open-to-all.ts';
import { bearer, detail, get, openRestRig, runBody } from '#testing/rigs/rest-rig.ts';
import { getRunById, getRuns } from './runs.ts';

let rest: Awaited<ReturnType<typeof openRestRig>>;
beforeAll(async () => {
  rest = await openRestRig();
});
afterAll(() => rest.rig.close());

test('POST /runs answers 201 with the run’s id, PENDING and the judge, and only its owner can read the run', async () => {
  const { context, tokens, post } = rest;
  const response = await post(runBody);
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
    activity: 'Waiting for a free worker. The run is the next to begin.',
    waiting_for: 'Waiting for a free worker. The run is the next to begin.',
    position: 1,
    cost_usd: 0,
    cost_known: true,
    most_cost_usd: 0,
    max_cost_usd: null,
    usage: {
      calls: 0,
      estimated_calls: 0,
      input_tokens: 0,
      cache_write_tokens: 0,
      cache_read_tokens: 0,
      output_tokens: 0,
    },
    continues_run_id: null,
    continuation: null,
    can: { cancel: true, resume: false, retry: false },
    oracle_header_names: [],
    needs_oracle_url: false,
    oracle_failures: null,
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

test('header names are data and keep their spelling', async () => {
  const { rig, post } = rest;
  const response = await post({
    ...runBody,
    oracle_headers: { 'X-Api_Key': 'planted-value', xFoo: 'planted-two' },
  });
  const { run_id } = (await response.json()) as { run_id: string };
  const [row] = await rig.database.sql`
    select config_json -> 'oracle' -> 'headers' as headers from verification_runs where id = ${run_id}`;
  expect(row?.headers).toEqual({ 'X-Api_Key': '[REDACTED]', xFoo: '[REDACTED]' });
});

test('a request without a token or with a wrong one is 401, and one with a session’s cookie is answered', async () => {
  const { context, post } = rest;
  const { services } = context;
  expect((await post(runBody, {})).headers.get('www-authenticate')).toBe('Bearer');
  const wrong = await post(runBody, bearer('ev_wrong'));
  expect(wrong.status).toBe(401);
  expect(wrong.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/);
  expect((await getRuns(context, get('/runs'))).status).toBe(401);
  expect((await getRunById(context, get('/runs/x'), 'x')).status).toBe(401);

  const identity = await accountOf(services, { provider: 'github', subject: '1' }, 'someone');
  const { secret: session } = await openSession(services, identity, 'cookie');
  const cookie = `${sessionCookieName(context.auth.url)}=${session}`;
  expect((await post(runBody, { cookie })).status).toBe(201);
});

test('bad fields are 422, each by its name on the wire', async () => {
  const { post } = rest;
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
  expect(await detail(await post({ ...runBody, oracle_url: null }))).toEqual([
    { field: 'oracle_url', message: expect.stringContaining('Required') },
  ]);
});

test('a body that is not JSON is 400, one that is not an object 422, one that is too large 413, declared or not', async () => {
  const { tokens, post } = rest;
  expect((await post('{"repo_url":')).status).toBe(400);
  expect((await post('')).status).toBe(400);
  expect((await post([])).status).toBe(422);
  expect((await post('null')).status).toBe(422);
  const large = JSON.stringify({ ...runBody, construct_id: 'x'.repeat(maxBodyBytes) });
  expect((await post(large)).status).toBe(413);
  expect((await post(runBody, { ...bearer(tokens.a), 'content-length': '99999999' })).status).toBe(413);
});

test('if no run can be carried out, the answer is 503 and says what to configure', async () => {
  const { rig, context, tokens, post } = rest;
  const off = {
    ...context,
    services: { ...rig.context, policy: { ...openPolicy, engineEnabled: false } },
  };
  const response = await post(runBody, bearer(tokens.a), off);
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({ detail: expect.stringContaining('ENGINE_ENABLED=true') });
});

test('a fault is 500 with its id and without the exception’s text', async () => {
  const { rig, context, tokens, post } = rest;
  const checkOracleUrl = () => Promise.reject(new Error('words of the stack'));
  const broken = { ...context, services: { ...rig.context, checkOracleUrl } };
  const response = await post(runBody, bearer(tokens.a), broken);
  expect(response.status).toBe(500);
  const text = await response.text();
  expect(text).not.toContain('words of the stack');
  const told = rig.logged.find(({ details }) => text.includes(String(details.fault)));
  expect(told?.details).toMatchObject({ request: 'POST /api/v1/verification/runs' });
});

test('GET /runs lists one’s own runs, newest first, with limit, offset, filters and the total of all that match', async () => {
  const { rig, context, b, post } = rest;
  const token = await fullToken(rig.context, b);
  for (const construct_id of ['alpha', 'beta', 'beta'])
    await post({ ...runBody, construct_id }, bearer(token));
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

test('REST takes every choice of a run, and refuses an unknown or invalid one instead of ignoring it', async () => {
  const { rig, post } = rest;
  const choices = {
    judge: 'anthropic',
    seed: 'chosen',
    since: '2026-01-31',
    label: 'bug',
    blinded: true,
    max_cost_usd: 2.5,
    agreement_sample: 0.5,
    agreement_judge: 'anthropic',
    agreement_model: 'another-model',
    economy: true,
  };
  const { run_id } = (await (await post({ ...runBody, ...choices })).json()) as { run_id: string };
  const [row] = await rig.database
    .sql`select config_json as config from verification_runs where id = ${run_id}`;
  expect(row?.config).toMatchObject({
    judge: { provider: 'anthropic' },
    seed: 'chosen',
    seedSource: 'owner',
    since: '2026-01-31',
    label: 'bug',
    blinded: true,
    maxCostUsd: 2.5,
    agreement: { share: 0.5, provider: 'anthropic', model: 'another-model' },
    economy: true,
  });
  const wrong = await post({
    ...runBody,
    max_cost_usd: -1,
    agreement_sample: 3,
    economy: 'x',
    judge: 'nobody',
  });
  expect(wrong.status).toBe(422);
  expect((await detail(wrong)).map(({ field }) => field).sort()).toEqual([
    'agreement_sample',
    'economy',
    'judge',
    'max_cost_usd',
  ]);
  const unknown = await post({ ...runBody, max_cost: 1 });
  expect(unknown.status).toBe(422);
  expect(await detail(unknown)).toEqual([
    { field: 'max_cost', message: expect.stringMatching(/Known fields: .*max_cost_usd/) },
  ]);
});

test('an account over its budget is 429, and the answer says when to ask again; reads and writes are counted apart', async () => {
  const { context, a, tokens, post } = rest;
  const spent: string[] = [];
  const over = { policy: accountBudgets.writes, retryAfterSeconds: 7 };
  const limited = {
    ...context,
    services: {
      ...context.services,
      budgets: {
        spend: async ({ name }: BudgetPolicy, whom: string) => {
          spent.push(`${name} ${whom === a.userId}`);
          return name === over.policy.name ? over : null;
        },
      },
    },
  };
  const refused = await post(runBody, bearer(tokens.a), limited);
  expect(refused.status).toBe(429);
  expect(Object.fromEntries(refused.headers)).toMatchObject({
    'retry-after': '7',
    ratelimit: '"writes-of-account";r=0;t=7',
    'ratelimit-policy': '"writes-of-account";q=600;w=60',
  });
  expect((await getRuns(limited, get('/runs', bearer(tokens.a)))).status).toBe(200);
  expect((await post(runBody, {}, limited)).status).toBe(401);
  expect(spent).toEqual(['writes-of-account true', 'reads-of-account true']);
});
