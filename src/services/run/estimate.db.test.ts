import { expect, test } from 'vitest';
import { runEstimateSchema } from '#contracts/estimate.ts';
import type { RunRequest } from '#contracts/run-request.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import type { Engine } from '#platform/open-ports.ts';
import { storeTestedCertificate } from '#testing/builders/stored-certificates.ts';
import { openPolicy, runRequest, testRig } from '#testing/rigs/engine-rig.ts';
import { changeNumbers, drawOf, type Script } from '#testing/rigs/scripted-engine.ts';
import { type DrawRequest, SourceError } from '#verification/sources/source.ts';
import type { Actor, InstallationPolicy, WorkerContext } from '../ground/context.ts';
import { estimateRun } from './estimate.ts';

type Changed = { policy?: Partial<InstallationPolicy>; engine?: Partial<Engine>; actor?: Actor };

const rigWith = async (script: Script = {}) => {
  const rig = await testRig({
    draw: async (_config, _secrets, { limit }) => drawOf(changeNumbers(limit)),
    ...script,
  });
  const owner = await rig.user();
  const estimate = async (
    request: Partial<RunRequest> = {},
    { policy, engine, actor = owner }: Changed = {},
  ) => {
    const context: WorkerContext = {
      ...rig.context,
      policy: { ...openPolicy, ...policy },
      engine: { ...rig.context.engine, ...engine },
    };
    const found = await rig.answering(
      estimateRun(context, actor, runRequest({ judge: 'anthropic', limit: 50, ...request })),
      context,
    );
    expect(runEstimateSchema.parse(found)).toEqual(found);
    return found;
  };
  return { ...rig, owner, estimate };
};

test('the offline check costs nothing, and nothing is read to say so', async () => {
  const { estimate, calls } = await rigWith();
  expect(await estimate({ judge: 'offline' })).toMatchObject({
    judge: 'offline',
    model: 'offline-1',
    replays: 50,
    oracleCalls: 50,
    changesRead: 0,
    judging: { least: { calls: 0, costUsd: 0 }, most: { calls: 0, costUsd: 0 } },
  });
  expect(calls).toEqual([]);
});

test('an estimate says what so many replays can tell, from the repository’s own certificates where there are some', async () => {
  const { estimate, db } = await rigWith();
  // By scipy, t.ppf(.975, 49)·.2/√50 and (t.ppf(.975, 49) + t.ppf(.8, 49))·.2/√50.
  expect((await estimate({ judge: 'offline' })).power).toEqual({
    halfWidth: expect.closeTo(0.0568393711, 9),
    smallestDifference: expect.closeTo(0.08085323778, 9),
    sd: 0.2,
    designEffect: 1,
    certificates: 0,
  });
  expect((await estimate({ judge: 'offline', limit: 20 })).power?.smallestDifference).toBeNull();
  expect((await estimate({ judge: 'offline', limit: 1 })).power).toBeNull();

  const createdAt = new Date('2026-01-01T00:00:00Z');
  await storeTestedCertificate(db, { constructId: 'other judge', createdAt });
  const { power: assumed } = await estimate({ judge: 'offline' });
  expect(assumed).toMatchObject({ sd: 0.2, certificates: 0 });
  await storeTestedCertificate(db, { constructId: 'same judge', createdAt });
  const { power } = await estimate({ judge: 'anthropic', repoUrl: 'https://github.com/Owner/name' });
  // By hand: of 20 composites 5 are (2/3 + 1 + 3/4)/3 and 15 are 11/12; the sample variance is (1/9)² · 3.75/19.
  expect(power).toMatchObject({
    sd: expect.closeTo(Math.sqrt(3.75 / 19) / 9, 6),
    designEffect: 1,
    certificates: 2,
  });
  expect(power?.halfWidth).toBeLessThan(0.02);
  const elsewhere = await estimate({ judge: 'anthropic', repoUrl: 'https://github.com/owner/other' });
  expect(elsewhere.power).toMatchObject({ sd: 0.2, certificates: 0 });
});

test('a paid judge’s run is estimated from the ten newest changes; oracle and judge are not asked, and nothing is kept', async () => {
  const requests: Omit<DrawRequest, 'signal'>[] = [];
  const { estimate, calls, db, queued } = await rigWith({
    draw: async (_config, _secrets, { signal: _signal, ...request }) => {
      requests.push(request);
      return drawOf(changeNumbers(request.limit));
    },
  });
  const found = await estimate({ since: '2026-01-01', label: 'bug', seed: 'a-seed' });
  expect(found).toMatchObject({
    judge: 'anthropic',
    model: 'claude-sonnet-5-5',
    replays: 50,
    changesRead: 10,
    oracleCalls: 50,
    judging: { least: { calls: 320 }, most: { calls: 640 } },
  });
  expect(found.judging.least.costUsd).toBeGreaterThan(0);
  expect(found.judging.method).toContain('3 characters a token');
  expect(requests).toEqual([
    { limit: 10, reserve: 0, seed: 'a-seed', since: '2026-01-01', label: 'bug', order: 'newest' },
  ]);
  await estimate({ limit: 3 });
  expect(requests[1]?.limit).toBe(3);
  expect(calls).toEqual(['draw', 'draw']);
  expect(await db.$count(verificationRuns)).toBe(0);
  expect(await queued()).toEqual([]);
});

test('a repository with fewer changes than asked for is estimated from those that it has', async () => {
  const { estimate } = await rigWith({ draw: async () => drawOf(changeNumbers(4)) });
  expect(await estimate()).toMatchObject({
    replays: 4,
    changesRead: 4,
    oracleCalls: 4,
    judging: { least: { calls: 28 } },
  });
});

test('the estimate grows with the repository’s diffs, halves in economy mode, and counts the agreement', async () => {
  const small = await rigWith();
  const large = await rigWith({
    draw: async (_config, _secrets, { limit }) =>
      drawOf(
        changeNumbers(limit).map((change) => ({
          ...change,
          diff: `${change.diff}+// ${'x'.repeat(20_000)}\n`,
        })),
      ),
  });
  const cost = async (found: ReturnType<typeof small.estimate>) =>
    (await found).judging.most.costUsd ?? Number.NaN;
  // By hand: 6,667 more tokens in each of 4 calls on 50 changes and of 3 on 40 of them, each asked twice, at 2 dollars
  // per million: 8.53 dollars.
  expect((await cost(large.estimate())) - (await cost(small.estimate()))).toBeCloseTo(8.53, 1);
  // A batch's prompts are a little shorter, so it costs slightly less than half.
  expect(await cost(small.estimate({ economy: true }))).toBeLessThanOrEqual(
    (await cost(small.estimate())) / 2,
  );
  // By hand: four calls on each of 50 changes, three more on 40 of them, and three more on a tenth of 50.
  expect((await small.estimate({ agreementSample: 0.1 })).judging.least.calls).toBe(335);
  // And one on every second of 50, where another provider's model writes the variants.
  const chat = { model: 'model-1', endpoint: 'http://models.internal:8000', unavailable: null };
  const policy = { judges: { ...openPolicy.judges, chat } };
  expect((await small.estimate({}, { policy })).judging.least.calls).toBe(345);
});

test('the model’s own tokeniser counts if it is available, until it fails once', async () => {
  const { estimate } = await rigWith();
  let asked = 0;
  const counting = async () => {
    asked += 1;
    return { ok: true, tokens: 3_000 } as const;
  };
  const counted = await estimate({}, { engine: { countTokens: () => counting } });
  expect(asked).toBe(10);
  expect(counted.judging.method).toContain('10 changes were counted by the model’s own tokeniser');
  asked = 0;
  const failing = async () => {
    asked += 1;
    return { ok: false, detail: 'the key was refused' } as const;
  };
  const uncounted = await estimate({}, { engine: { countTokens: () => failing } });
  expect(asked).toBeLessThanOrEqual(4);
  const { judging } = await estimate();
  expect(uncounted.judging).toMatchObject({ least: judging.least, most: judging.most });
  expect(uncounted.judging.method).toContain('did not count them: the key was refused.');
});

test('a model with an unknown price leaves the cost open', async () => {
  const { estimate } = await rigWith();
  const judges = {
    ...openPolicy.judges,
    anthropic: { model: 'claude-unheard-of', endpoint: null, unavailable: null },
  };
  const { judging, model } = await estimate({}, { policy: { judges } });
  expect(model).toBe('claude-unheard-of');
  expect([judging.least.costUsd, judging.most.costUsd]).toEqual([null, null]);
  expect(judging.least.calls).toBe(320);
});

test('a user who may not start the run gets no estimate of it', async () => {
  const { estimate, calls } = await rigWith();
  await expect(estimate({}, { policy: { engineEnabled: false } })).rejects.toMatchObject({
    code: 'PRECONDITION_FAILED',
  });
  await expect(estimate({}, { policy: { paidJudgeAccounts: [] } })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
  const judges = {
    ...openPolicy.judges,
    anthropic: { model: 'm', endpoint: null, unavailable: 'Set ANTHROPIC_API_KEY.' },
  };
  await expect(estimate({}, { policy: { judges } })).rejects.toThrow('ANTHROPIC_API_KEY');
  expect(calls).toEqual([]);
});

test('what the source cannot read is reported at the repository’s field, without the token, and others are not held up', async () => {
  let down = true;
  const { estimate } = await rigWith({
    draw: async (_config, { githubToken }, { limit }) => {
      if (down) throw new SourceError('unauthorized', `Bad credentials: ${githubToken}`);
      return drawOf(changeNumbers(limit));
    },
  });
  await expect(estimate({ githubToken: 'planted-token' })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    fields: [{ path: 'repoUrl', message: 'Bad credentials: [REDACTED]' }],
  });
  down = false;
  expect((await estimate()).changesRead).toBe(10);
});

test('one estimate at a time is made for each user', async () => {
  const gate = Promise.withResolvers<void>();
  const { estimate, user, calls } = await rigWith({
    draw: async (_config, _secrets, { limit }) => {
      await gate.promise;
      return drawOf(changeNumbers(limit));
    },
  });
  const first = estimate();
  await expect.poll(() => calls.length).toBe(1);
  await expect(estimate()).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  const other = estimate({}, { actor: await user() });
  await expect.poll(() => calls.length).toBe(2);
  gate.resolve();
  expect((await Promise.all([first, other])).map(({ changesRead }) => changesRead)).toEqual([10, 10]);
  expect((await estimate()).changesRead).toBe(10);
});
