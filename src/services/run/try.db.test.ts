import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterEach, expect, test, vi } from 'vitest';
import type { OracleRequest } from '#contracts/oracle.ts';
import { oracleTrialSchema } from '#contracts/run.ts';
import type { TryRequest } from '#contracts/run-request.ts';
import { inquiries } from '#db/schema/inquiries.ts';
import { createSecretBox } from '#platform/secret-box.ts';
import { openPolicy, testRig } from '#testing/rigs/engine-rig.ts';
import { changeNumber, changeNumbers, drawOf, type Script } from '#testing/rigs/scripted-engine.ts';
import { type DrawRequest, SourceError } from '#verification/sources/source.ts';
import { forgetInquiries } from './inquire.ts';
import { tryRunOracle } from './try.ts';

afterEach(() => void vi.restoreAllMocks());

/** A request without secrets. */
const request: TryRequest = {
  repoUrl: 'owner/name',
  oracleType: 'http',
  oracleUrl: 'https://oracle.example/ask',
  oracleHeaders: {},
  githubToken: null,
};

const rigWith = async (script: Script = {}) => {
  const rig = await testRig(script);
  const actor = await rig.user();
  const request: TryRequest = {
    repoUrl: 'owner/name',
    oracleType: 'http',
    oracleUrl: 'https://oracle.example/ask?key=planted-query-key',
    oracleHeaders: { Authorization: 'Bearer planted-header' },
    githubToken: 'planted-github-token',
  };
  return {
    ...rig,
    actor,
    trial: (changes: Partial<TryRequest> = {}) =>
      rig.answering(tryRunOracle(rig.context, actor, { ...request, ...changes })),
  };
};

test('a trial asks the oracle once about the newest change, calls no judge and stores nothing', async () => {
  const draws: DrawRequest[] = [];
  const { trial, calls, dump } = await rigWith({
    draw: async (_config, _secrets, request) => {
      draws.push(request);
      return drawOf(changeNumbers(1, 7));
    },
    oracle: async (_request, secrets) => ({
      kind: 'answer',
      answer: {
        summary: `Called with ${secrets.oracleHeaders.Authorization} at ${secrets.oracleUrl}`,
        keyClaims: [],
        followUpResponse: '',
      },
      latencyMs: 3,
      retries: 0,
    }),
  });
  const before = await dump();
  const result = await trial();
  expect(oracleTrialSchema.parse(result)).toEqual(result);
  expect(result.change.id).toBe('7');
  expect(JSON.stringify(result)).not.toContain('planted');
  expect(calls).toEqual(['draw', 'oracle:7', 'end']);
  expect(draws).toMatchObject([{ limit: 1, reserve: 0, order: 'newest' }]);
  expect(await dump()).toBe(before);
});

test('an unreadable repository is an error at its field, without the token', async () => {
  const { trial } = await rigWith({
    draw: async (_config, secrets) => {
      throw new SourceError('not_found', `owner/name does not exist for ${secrets.githubToken}.`);
    },
  });
  await expect(trial()).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    message: 'owner/name does not exist for [REDACTED].',
    fields: [{ path: 'repoUrl' }],
  });
});

test('addresses that the network rule refuses are not tried, and nothing is tried while the engine is off', async () => {
  const { context, actor, calls } = await rigWith();
  const request: TryRequest = {
    repoUrl: 'owner/name',
    oracleType: 'http',
    oracleUrl: 'http://10.0.0.1/',
    oracleHeaders: {},
    githubToken: null,
  };
  const refusing = { ...context, checkOracleUrl: async () => 'It is a private address.' };
  await expect(tryRunOracle(refusing, actor, request)).rejects.toMatchObject({
    fields: [{ path: 'oracleUrl' }],
  });
  const off = { ...context, policy: { ...openPolicy, engineEnabled: false } };
  await expect(tryRunOracle(off, actor, request)).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
  expect(calls).toEqual([]);
});

test('a user has one trial at a time, however the last one ended', async () => {
  const [begun, continueAs] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let failing = false;
  const { trial, context, user, answering } = await rigWith({
    draw: async () => {
      begun.resolve();
      await continueAs.promise;
      if (failing) throw new Error('broken');
      return drawOf(changeNumbers(1));
    },
  });
  const first = trial();
  await begun.promise;
  await expect(trial()).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  const other = answering(tryRunOracle(context, await user(), request));
  continueAs.resolve();
  expect((await first).change.id).toBe('1');
  expect((await other).change.id).toBe('1');
  failing = true;
  await expect(trial()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  failing = false;
  expect((await trial()).change.id).toBe('1');
});

test('a blinded trial tells the oracle no more than a blinded run does, and shows its owner which change it was', async () => {
  const asked: OracleRequest[] = [];
  const change = { ...changeNumber(7), title: 'Bound the retries of owner/name (#7)' };
  const { trial } = await rigWith({
    draw: async () => drawOf([change]),
    oracle: async (request) => {
      asked.push(request);
      return undefined;
    },
  });
  const { change: shown } = await trial({ blinded: true });
  expect(shown).toMatchObject({ id: '7', title: change.title });
  expect(asked[0]?.pr.id).toMatch(/^[0-9a-f]{16}$/);
  expect(JSON.stringify(asked)).not.toContain('owner/name');
});

test('an oracle that does not answer in time is the trial’s result, not a mistake in the repository’s field', async () => {
  vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(AbortSignal.abort());
  const { trial } = await rigWith({ oracle: () => Promise.reject(new DOMException('late', 'AbortError')) });
  expect(await trial()).toMatchObject({
    answer: null,
    remarks: [{ level: 'error', text: expect.stringMatching(/^No answer came within \d+ seconds/) }],
  });
});

test('a repository that cannot be read in time is an error at its field', async () => {
  vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(AbortSignal.abort());
  const { trial } = await rigWith({ draw: () => Promise.reject(new DOMException('late', 'AbortError')) });
  await expect(trial()).rejects.toMatchObject({ code: 'BAD_REQUEST', fields: [{ path: 'repoUrl' }] });
});

test('a question that its worker cannot read is refused at once, and keeps no other waiting', async () => {
  const { context, actor, db, user, answering } = await rigWith({
    draw: async () => drawOf(changeNumbers(1)),
  });
  const asked = tryRunOracle(context, actor, request);
  await expect.poll(() => db.$count(inquiries)).toBe(1);
  // As a version that knows other settings may have written it.
  await db.execute(sql`update inquiries set config_json = '{"oracleType":"telepathy"}'`);
  const other = tryRunOracle(context, await user(), request);
  const faulted = expect(asked).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    message: expect.stringMatching(/^An internal fault\. .* under the id /),
  });
  expect((await answering(other)).change.id).toBe('1');
  await faulted;
});

test('processes that a trial’s oracle started end with the trial, even if it fails', async () => {
  let failing = false;
  const { trial, calls } = await rigWith({
    oracle: async () => {
      if (failing) throw new Error('broken');
      return undefined;
    },
  });
  await trial();
  expect(calls).toEqual(['draw', 'oracle:1', 'end']);
  failing = true;
  await expect(trial()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  expect(calls.filter((call) => call === 'end')).toHaveLength(2);
});

test('a trial that has begun is stopped once nobody waits for it, so that its place in the worker is free', async () => {
  let stopped = 0;
  const gone = new AbortController();
  const { context, actor, answering } = await rigWith({
    oracle: (_request, _secrets, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          stopped += 1;
          reject(signal.reason);
        });
        gone.abort();
      }),
  });
  const left = tryRunOracle(context, actor, request, { signal: gone.signal });
  // The rig's worker does one job at a time: it returns only once the trial has ended.
  await expect(answering(left)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  await expect.poll(() => stopped).toBe(1);
});

test('a worker with another key says so at once, and its log has the reason', async () => {
  const { context, actor, logged, answering } = await rigWith();
  const other = { ...context, secretBox: createSecretBox(randomBytes(32)) };
  await expect(answering(tryRunOracle(context, actor, request), other)).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    message: expect.stringContaining('log describes it'),
  });
  expect(JSON.stringify(logged)).toContain('SECRETS_KEY');
});

test('without a worker a trial ends with what to do, and its secrets are gone', async () => {
  const { context, actor, db, queued } = await rigWith();
  const request: TryRequest = {
    repoUrl: 'owner/name',
    oracleType: 'http',
    oracleUrl: 'https://oracle.example/ask',
    oracleHeaders: { Authorization: 'Bearer planted' },
    githubToken: null,
  };
  const pending = tryRunOracle(context, actor, request);
  await expect.poll(() => db.$count(inquiries)).toBe(1);
  expect(JSON.stringify(await queued())).not.toContain('planted');
  // As if its time had passed: another caller drops it.
  await db.update(inquiries).set({ createdAt: new Date(0) });
  await forgetInquiries(db);
  await expect(pending).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    message: expect.stringContaining('worker is running'),
  });
  expect(await db.$count(inquiries)).toBe(0);
});
