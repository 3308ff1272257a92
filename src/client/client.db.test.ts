import { TRPCClientError } from '@trpc/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHandlers } from '#jobs/index.ts';
import { createApiToken } from '#services/account/index.ts';
import { openRig } from '#testing/rigs/engine-rig.ts';
import { handleTrpc } from '#trpc/handler.ts';
import { createEchelonClient, type EchelonClient } from './index.ts';

let rig: Awaited<ReturnType<typeof openRig>>;
let echelon: EchelonClient;
beforeAll(async () => {
  rig = await openRig();
  const { db, context: services } = rig;
  const { userId } = await rig.user();
  const { token } = await createApiToken(services, { userId, name: 'test' });
  const url = 'http://127.0.0.1:3000';
  const auth = { db, now: services.now, secret: 'x'.repeat(32), url, github: null };
  echelon = createEchelonClient({
    baseUrl: url,
    token,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      // Over a network fetch sets this header.
      if (typeof init?.body === 'string')
        request.headers.set('content-length', String(Buffer.byteLength(init.body)));
      return handleTrpc({ services, auth }, request);
    },
  });
});
afterAll(() => rig.close());

test('a run can be cancelled, resumed and retried as in the client’s example, typed from input to answer', async () => {
  const oracleHeaders = { 'X-Api-Key': 'planted' };
  const { runId } = await echelon.run.create.mutate({
    repoUrl: 'owner/name',
    constructId: 'my-oracle',
    oracleUrl: 'https://oracle.example.com/ask',
    oracleHeaders,
  });
  await createHandlers(rig.context).handlers['ingest-run']({ runId }, new AbortController().signal);
  const run = await echelon.run.byId.query({ id: runId });
  if (run.can.cancel) await echelon.run.cancel.mutate({ id: runId });
  const resumed = await echelon.run.resume.mutate({ id: runId, oracleHeaders });
  const retried = await echelon.run.retry.mutate({ id: runId, oracleHeaders, maxCostUsd: 1 });
  const continued = await Promise.all(
    [resumed, retried].map(({ runId: id }) => echelon.run.byId.query({ id })),
  );
  expect(
    continued.map(({ continuation, continuesRunId, maxCostUsd }) => [
      continuation,
      continuesRunId,
      maxCostUsd,
    ]),
  ).toEqual([
    ['resume', runId, null],
    ['retry', runId, 1],
  ]);

  // @ts-expect-error -- a run is named by `id`; the compiler refuses what the router does not accept.
  const unnamed = echelon.run.retry.mutate({ runId });
  await expect(unnamed).rejects.toBeInstanceOf(TRPCClientError);
});

test('a missing header is reported at its field', async () => {
  const { runId } = await echelon.run.create.mutate({
    repoUrl: 'owner/name',
    constructId: 'my-oracle',
    oracleUrl: 'https://oracle.example.com/ask',
    oracleHeaders: { 'X-Api-Key': 'planted' },
  });
  await echelon.run.cancel.mutate({ id: runId });
  await expect(echelon.run.retry.mutate({ id: runId })).rejects.toMatchObject({
    data: {
      code: 'BAD_REQUEST',
      fields: [{ path: 'oracleHeaders', message: expect.stringContaining('X-Api-Key') }],
    },
  });
});

test('a base URL that is not http is refused before anything is sent', () => {
  expect(() => createEchelonClient({ baseUrl: 'file:///tmp' })).toThrow(TypeError);
});
