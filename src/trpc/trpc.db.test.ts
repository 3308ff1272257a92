import { createHash } from 'node:crypto';
import { TRPCClientError } from '@trpc/client';
import { TRPCError } from '@trpc/server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuthContext } from '#auth/context.ts';
import { createEchelonClient } from '#client/index.ts';
import { judgeProviders } from '#contracts/judge-providers.ts';
import { bodyTooLarge, maxBodyBytes } from '#contracts/request.ts';
import type { Actor } from '#services/ground/index.ts';
import { storeCertificate } from '#testing/builders/stored-certificates.ts';
import { openPolicy, openRig, runRequest } from '#testing/rigs/engine-rig.ts';
import { fullToken } from '#testing/rigs/full-token.ts';
import { authOf } from '#testing/rigs/open-to-all.ts';
import { handleTrpc } from './handler.ts';
import { createCaller } from './root.ts';

let rig: Awaited<ReturnType<typeof openRig>>;
let auth: AuthContext;
let [a, b]: [Actor, Actor] = [{ userId: '' }, { userId: '' }];
let certificateId: string;
beforeAll(async () => {
  rig = await openRig();
  const { db, context } = rig;
  auth = authOf(context);
  [a, b] = [
    await rig.user(),
    await rig.user({ provider: 'wallet', subject: '0xd8da6bf26964af9d7eed9e03e53415d37aa96045' }),
  ];
  certificateId = await storeCertificate(db, {
    constructId: 'alpha',
    supported: 2,
    createdAt: new Date('2026-01-01T00:00:00Z'),
  });
});
afterAll(() => rig.close());

const caller = (actor: Actor | null, services = rig.context) =>
  createCaller({ services, auth, actor, address: null });
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'none',
    (error) => (error instanceof TRPCError ? error.code : String(error)),
  );

test('without a session every procedure of runs is UNAUTHORIZED, and certificates are public', async () => {
  const nobody = caller(null);
  const id = '4f7c9f0e-30d6-4c57-8a7a-0f0f8f6f2f11';
  const codes = await Promise.all(
    [
      nobody.run.create(runRequest()),
      nobody.run.createSample(),
      nobody.run.tryOracle(runRequest()),
      nobody.run.byId({ id }),
      nobody.run.list(),
      nobody.run.options(),
      nobody.audit.begin({ id }),
      nobody.audit.progress({ id }),
      nobody.audit.task({ id }),
      nobody.audit.label({ id, position: 1, label: 'true' }),
      nobody.audit.finish({ id }),
    ].map(codeOf),
  );
  expect(new Set(codes)).toEqual(new Set(['UNAUTHORIZED']));
  expect(await nobody.certificate.byId({ id: certificateId })).toMatchObject({ constructId: 'alpha' });
  expect(await nobody.certificate.list()).toMatchObject({ total: 1, limit: 20, offset: 0 });
  expect(await nobody.certificate.audit({ id: certificateId })).toBeNull();
  expect(await codeOf(nobody.certificate.byId({ id }))).toBe('NOT_FOUND');
  expect(await codeOf(nobody.certificate.byId({ id: 'malformed' }))).toBe('NOT_FOUND');
});

test('the judges’ rules are public, and a certificate’s digest is that of the whole text', async () => {
  const rules = await caller(null).judge.rules();
  expect(rules.map(({ provider }) => provider)).toEqual(judgeProviders);
  const [offline, model] = rules;
  expect(offline?.promptDigest).toBe(
    createHash('sha256')
      .update(offline?.text ?? '')
      .digest('hex'),
  );
  expect(model?.text).toContain('answer_key');
});

test('a wallet can create a run; another user’s run is NOT_FOUND', async () => {
  const created = await caller(b).run.create(runRequest());
  expect(created).toEqual({
    runId: expect.any(String),
    status: 'PENDING',
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    judge: 'offline',
  });
  expect(await caller(b).run.byId({ id: created.runId })).toMatchObject({
    status: 'PENDING',
    progress: 0,
    total: 0,
  });
  expect(await codeOf(caller(a).run.byId({ id: created.runId }))).toBe('NOT_FOUND');
  expect(await caller(a).run.list()).toMatchObject({ runs: [], total: 0 });
  expect(await caller(b).run.list({ status: 'PENDING' })).toMatchObject({ total: 1 });
});

test('an oracle is tried without a construct or a judge, and bad input names its field', async () => {
  const { constructId: _, limit: __, minReplays: ___, ...request } = runRequest();
  expect(await rig.answering(caller(a).run.tryOracle(request))).toMatchObject({
    change: { id: '1' },
    answer: { summary: expect.any(String) },
    remarks: expect.any(Array),
  });
  const { oracleUrl: ____, ...incomplete } = request;
  await expect(caller(a).run.tryOracle(incomplete)).rejects.toThrow('oracleUrl');
});

test('an estimate is made without a construct and an oracle, and a wrong repository names its field', async () => {
  const request = { repoUrl: 'owner/name', judge: 'offline', limit: 7 } as const;
  expect(await caller(a).run.estimate(request)).toMatchObject({
    replays: 7,
    judging: { most: { costUsd: 0 } },
  });
  expect(await caller(a).run.estimate(runRequest({ limit: 7 }))).toMatchObject({ replays: 7 });
  await expect(caller(a).run.estimate({ ...request, repoUrl: '/etc' })).rejects.toThrow('repoUrl');
});

test('if no run can be carried out, the error says what to configure', async () => {
  const off = { ...rig.context, policy: { ...openPolicy, engineEnabled: false } };
  await expect(caller(a, off).run.create(runRequest())).rejects.toMatchObject({
    code: 'PRECONDITION_FAILED',
    message: expect.stringContaining('ENGINE_ENABLED'),
  });
  expect(await caller(a, off).run.options()).toMatchObject({ engine: { enabled: false } });
});

/** The published client, with its requests answered by the route's handler. */
const client = (token?: string, services = rig.context) =>
  createEchelonClient({
    baseUrl: 'http://127.0.0.1:3000/',
    ...(token === undefined ? {} : { token }),
    fetch: (input, init) => handleTrpc({ services, auth }, new Request(input, init)),
  });

const refusal = async (call: Promise<unknown>) => {
  const error: unknown = await call.then(
    () => null,
    (thrown) => thrown,
  );
  if (!(error instanceof TRPCClientError)) throw new Error(`Expected a TRPCClientError, got ${error}`);
  return error;
};

test('the client signs in with a personal token, and a wrong one is UNAUTHORIZED', async () => {
  const token = await fullToken(rig.context, a);
  const { runId } = await client(token).run.createSample.mutate();
  expect(await client(token).run.byId.query({ id: runId })).toMatchObject({ sample: true });
  expect((await refusal(client('ev_wrong').run.list.query({}))).data.code).toBe('UNAUTHORIZED');
  expect((await client().certificate.list.query({ sort: 'brier_asc' })).total).toBe(1);
});

test('bad input is BAD_REQUEST with each field named, and no stack', async () => {
  const token = await fullToken(rig.context, a);
  const error = await refusal(
    client(token).run.create.mutate({
      repoUrl: 'http://user:planted@host/x',
      constructId: '',
      limit: 1001,
      minReplays: 0,
    }),
  );
  expect(error.data.code).toBe('BAD_REQUEST');
  expect(error.data.fields.map(({ path }: { path: string }) => path).sort()).toEqual([
    'constructId',
    'limit',
    'minReplays',
    'oracleUrl',
    'repoUrl',
  ]);
  expect(error.message).toContain('repoUrl: Must be an https URL');
  expect(error.message).not.toContain('planted');
  expect(error.data.stack).toBeUndefined();
  const refused = { ...rig.context, checkOracleUrl: async () => 'It is a private address.' };
  const ruled = await refusal(client(token, refused).run.create.mutate(runRequest()));
  expect(ruled.data).toMatchObject({
    code: 'BAD_REQUEST',
    fields: [{ path: 'oracleUrl', message: 'It is a private address.' }],
  });
});

test('an unexpected fault shows only its id, and the log has the rest', async () => {
  const token = await fullToken(rig.context, a);
  const broken = {
    ...rig.context,
    checkOracleUrl: () => Promise.reject(new TypeError('words of the stack')),
  };
  const error = await refusal(client(token, broken).run.create.mutate(runRequest()));
  expect(error.data.code).toBe('INTERNAL_SERVER_ERROR');
  expect(JSON.stringify(error.shape)).not.toContain('words of the stack');
  expect(JSON.stringify(error.shape)).not.toContain(import.meta.dirname);
  const told = rig.logged.find(({ details }) => error.message.includes(String(details.fault)));
  expect(told?.details).toMatchObject({
    procedure: 'run.create',
    error: { name: 'TypeError', message: 'words of the stack' },
  });
});

test('a fault before any procedure goes to the log and not to the caller', async () => {
  const token = await fullToken(rig.context, a);
  const db = new Proxy(auth.db, {
    get: () => {
      throw new Error('words of the database');
    },
  });
  const response = await handleTrpc(
    { services: rig.context, auth: { ...auth, db } },
    new Request('http://127.0.0.1:3000/api/trpc/certificate.list', {
      headers: { authorization: `Bearer ${token}` },
    }),
  );
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain('words of the database');
  expect(JSON.stringify(rig.logged)).toContain('words of the database');
});

test('a request body above one megabyte is refused in REST’s words, with or without a declared length', async () => {
  const token = await fullToken(rig.context, a);
  const post = (body: string, headers: Record<string, string> = {}) =>
    handleTrpc(
      { services: rig.context, auth },
      new Request('http://127.0.0.1:3000/api/trpc/run.create', {
        method: 'POST',
        body: new Blob([body]).stream(),
        duplex: 'half',
        headers: { ...headers, 'content-type': 'application/json', authorization: `Bearer ${token}` },
      } as RequestInit),
    );
  const text = JSON.stringify(runRequest());
  expect((await post(text)).status).toBe(200);
  expect((await post(text.padEnd(maxBodyBytes))).status).toBe(200);
  for (const refused of [
    await post(text.padEnd(maxBodyBytes + 1)),
    await post('{}', { 'content-length': String(maxBodyBytes + 1) }),
  ]) {
    expect(refused.status).toBe(413);
    expect(await refused.json()).toEqual({ error: { message: bodyTooLarge } });
  }
});

test('a request with more than twenty calls is refused before any of them is made', async () => {
  const batchOf = (calls: number) =>
    handleTrpc(
      { services: rig.context, auth },
      new Request(
        `http://127.0.0.1:3000/api/trpc/${Array.from({ length: calls }, () => 'certificate.list').join(',')}?batch=1&input=%7B%7D`,
      ),
    );
  expect((await batchOf(20)).status).toBe(200);
  const refused = await batchOf(21);
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({
    error: { data: { code: 'BAD_REQUEST' }, message: expect.stringMatching(/maximum size/) },
  });
  // The published client splits larger batches.
  const lists = await Promise.all(Array.from({ length: 25 }, () => client().certificate.list.query({})));
  expect(lists).toHaveLength(25);
});

test('answers are not cached', async () => {
  const response = await handleTrpc(
    { services: rig.context, auth },
    new Request('http://127.0.0.1:3000/api/trpc/certificate.list?input=%7B%7D'),
  );
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toBe('no-store');
});
