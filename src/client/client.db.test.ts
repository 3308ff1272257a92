import { TRPCClientError } from '@trpc/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHandlers } from '#jobs/index.ts';
import { createRun } from '#services/run/index.ts';
import { openRig, runRequest } from '#testing/rigs/engine-rig.ts';
import { fullToken } from '#testing/rigs/full-token.ts';
import { authOf } from '#testing/rigs/open-to-all.ts';
import { handleTrpc } from '#trpc/handler.ts';
import { createEchelonClient, type EchelonClient } from './index.ts';

let rig: Awaited<ReturnType<typeof openRig>>;
let echelon: EchelonClient;
beforeAll(async () => {
  rig = await openRig();
  const { context: services } = rig;
  const { userId } = await rig.user();
  const token = await fullToken(services, { userId });
  const url = 'http://127.0.0.1:3000';
  const auth = authOf(services, url);
  echelon = createEchelonClient({
    baseUrl: url,
    token,
    fetch: (input, init) => handleTrpc({ services, auth }, new Request(input, init)),
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

/** What a subscription brings, until it completes or fails. */
const followed = (id: string, onFirst: () => Promise<unknown> = async () => {}) =>
  new Promise<{ statuses: string[]; code: string | null }>((resolve) => {
    const statuses: string[] = [];
    echelon.run.changes.subscribe(
      { id },
      {
        onData: ({ status }) => {
          if (statuses.push(status) === 1) void onFirst();
        },
        onError: ({ data }) => resolve({ statuses, code: data?.code ?? 'none' }),
        onComplete: () => resolve({ statuses, code: null }),
      },
    );
  });

test('a run’s changes stream until it ends', async () => {
  const { runId } = await echelon.run.create.mutate({
    repoUrl: 'owner/name',
    constructId: 'my-oracle',
    oracleUrl: 'https://oracle.example.com/ask',
  });
  const cancel = () => echelon.run.cancel.mutate({ id: runId });
  expect(await followed(runId, cancel)).toEqual({ statuses: ['PENDING', 'FAILED'], code: null });
});

test('a subscription to a run of somebody else, or of nobody, fails as a call does', async () => {
  const { runId } = await createRun(rig.context, await rig.user(), runRequest());
  for (const id of [runId, '4f7c9f0e-30d6-4c57-8a7a-0f0f8f6f2f11', 'malformed', '\0', '\ud800'])
    expect(await followed(id)).toEqual({ statuses: [], code: 'NOT_FOUND' });
});

test('a base URL that is not http is refused before anything is sent', () => {
  expect(() => createEchelonClient({ baseUrl: 'file:///tmp' })).toThrow(TypeError);
});
