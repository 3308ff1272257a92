import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunRequest } from '#contracts/run-request.ts';
import { runSecrets, verificationRuns } from '#db/schema/runs.ts';
import { type CreationRig, openCreationRig, withPolicy } from '#testing/rigs/creation-rig.ts';
import { openPolicy } from '#testing/rigs/engine-rig.ts';
import type { InstallationPolicy } from '../ground/context.ts';
import { createSampleRun } from './create-sample.ts';
import { getRun } from './get.ts';

let rig: CreationRig;
beforeAll(async () => {
  rig = await openCreationRig();
});
afterAll(() => rig.close());

test('a run starts PENDING with 0 of 0, its ingestion queued', async () => {
  const created = await rig.create();
  expect(created).toMatchObject({ status: 'PENDING', judge: 'offline' });
  expect(await getRun(rig.context, rig.owner, created.runId)).toMatchObject({
    status: 'PENDING',
    progress: 0,
    total: 0,
    error: null,
    certificateId: null,
    createdAt: created.createdAt,
    updatedAt: created.createdAt,
    repoUrl: 'https://github.com/owner/name',
    sample: false,
  });
  expect(await rig.queued()).toContainEqual({
    name: 'ingest-run',
    data: { runId: created.runId },
    priority: 0,
    stranger: null,
  });
});

const chat = { model: 'model-1', endpoint: 'http://models.internal:8000', unavailable: null };
const withChat = (changes: Partial<InstallationPolicy> = {}) =>
  withPolicy({ judges: { ...openPolicy.judges, chat }, ...changes });

test('a run keeps which judges it is judged by, and agreement is by another provider where one is configured', async () => {
  const judgesOf = async (request: Partial<RunRequest>, context = withChat()) => {
    const { judge, agreement } = (await rig.storedRun((await rig.create(request, context)).runId)).config;
    return [judge.provider, judge.endpoint, agreement?.provider, agreement?.model, agreement?.endpoint];
  };
  const again = { agreementSample: 0.5 };
  const [own, model] = ['anthropic', 'claude-sonnet-5-5'] as const;
  expect(await judgesOf({ judge: 'chat', ...again })).toEqual(['chat', chat.endpoint, own, model, null]);
  expect(await judgesOf({ judge: own, ...again })).toEqual([own, null, 'chat', chat.model, chat.endpoint]);
  expect(await judgesOf({ judge: own, ...again, agreementJudge: own })).toEqual([
    own,
    null,
    own,
    model,
    null,
  ]);
  // A model without a provider is one of the run's own judge.
  expect(await judgesOf({ judge: own, ...again, agreementModel: 'm' })).toEqual([own, null, own, 'm', null]);
  expect(await judgesOf({ judge: own, ...again, agreementJudge: 'chat', agreementModel: 'm' })).toEqual([
    own,
    null,
    'chat',
    'm',
    chat.endpoint,
  ]);
  expect(await judgesOf({ judge: own, ...again }, withPolicy({}))).toEqual([own, null, own, model, null]);
});

test('another provider writes every second change’s variants, where one is configured and holds the limits', async () => {
  const authorOf = async (request: Partial<RunRequest>, context = withChat()) => {
    const { runId } = await rig.create(request, context);
    const { variantsAuthor } = (await rig.storedRun(runId)).config;
    return variantsAuthor && [variantsAuthor.provider, variantsAuthor.model, variantsAuthor.endpoint];
  };
  const [own, model] = ['anthropic', 'claude-sonnet-5-5'] as const;
  const byChat = ['chat', chat.model, chat.endpoint];
  expect(await authorOf({ judge: own })).toEqual(byChat);
  expect(await authorOf({ judge: 'chat' })).toEqual([own, model, null]);
  expect(await authorOf({ judge: own, agreementSample: 0.5, agreementJudge: own })).toEqual(byChat);
  expect(
    await authorOf({ judge: own, agreementSample: 0.5, agreementJudge: 'chat', agreementModel: 'm' }),
  ).toEqual(['chat', 'm', chat.endpoint]);
  expect(await authorOf({ judge: 'offline' })).toBeNull();
  expect(await authorOf({ judge: own }, withPolicy({}))).toBeNull();
  const canHoldLimits: InstallationPolicy['canHoldLimits'] = (provider) => provider !== 'chat';
  expect(await authorOf({ judge: own }, withChat({ canHoldLimits }))).toEqual(byChat);
  expect(await authorOf({ judge: own, maxCostUsd: 5 }, withChat({ canHoldLimits }))).toBeNull();
  expect(await authorOf({ judge: own }, withChat({ canHoldLimits, maxCostUsdPerDay: 20 }))).toBeNull();
});

test('a run may name a model of its judge, and agreement without a name is by the same; the offline check has none', async () => {
  const { runId } = await rig.create(
    { judge: 'anthropic', model: 'm', agreementSample: 0.5 },
    withPolicy({}),
  );
  const { judge, agreement } = (await rig.storedRun(runId)).config;
  expect([judge.model, agreement?.model]).toEqual(['m', 'm']);
  await expect(rig.create({ judge: 'offline', model: 'm' })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    fields: [{ path: 'model', message: expect.stringContaining('The offline check has no model') }],
  });
  const canHoldLimits = (_: string, model: string) => model !== 'unheard-of';
  await expect(
    rig.create({ judge: 'anthropic', model: 'unheard-of', maxCostUsd: 5 }, withPolicy({ canHoldLimits })),
  ).rejects.toMatchObject({ fields: [{ path: 'maxCostUsd' }] });
});

test.each([
  ['offline', 'always'],
  ['chat', 'not available'],
] as const)(
  'agreement by the %s judge is refused where it could show nothing',
  async (agreementJudge, why) => {
    await expect(
      rig.create({ judge: 'anthropic', agreementSample: 0.5, agreementJudge }),
    ).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      fields: [
        {
          path: 'agreementJudge',
          message: expect.stringContaining(why === 'always' ? 'says the same whenever' : why),
        },
      ],
    });
  },
);

test('a limit in US dollars that cannot be held, because a price is unknown, is refused', async () => {
  const canHoldLimits: InstallationPolicy['canHoldLimits'] = (provider, model) =>
    provider !== 'chat' || model === 'priced';
  const unknown = withChat({ canHoldLimits });
  await expect(rig.create({ judge: 'chat', maxCostUsd: 5 }, unknown)).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    fields: [{ path: 'maxCostUsd', message: expect.stringContaining('The price of model-1 is unknown') }],
  });
  await expect(rig.create({ judge: 'chat' }, unknown)).resolves.toMatchObject({ judge: 'chat' });
  const again = { judge: 'anthropic', agreementSample: 0.5, agreementJudge: 'chat' } as const;
  await expect(rig.create({ ...again, maxCostUsd: 5 }, unknown)).rejects.toMatchObject({
    fields: [{ path: 'maxCostUsd' }],
  });
  await expect(
    rig.create({ ...again, agreementModel: 'priced', maxCostUsd: 5 }, unknown),
  ).resolves.toBeDefined();
  // What was not asked for does not stand in the way of the limit.
  const { runId } = await rig.create({ judge: 'anthropic', agreementSample: 0.5, maxCostUsd: 5 }, unknown);
  expect((await rig.storedRun(runId)).config.agreement).toMatchObject({ provider: 'anthropic' });
  await expect(
    rig.create({ ...again, agreementModel: 'unheard-of' }, withChat({ canHoldLimits, maxCostUsdPerDay: 20 })),
  ).rejects.toMatchObject({ fields: [{ path: 'agreementModel' }] });
});

test('a run whose job cannot be queued is not stored at all', async () => {
  const before = await rig.db.$count(verificationRuns);
  const sender = { enqueue: () => Promise.reject(new Error('The queue is away.')) };
  await expect(rig.create({}, { sender })).rejects.toThrow('The queue is away.');
  expect(await rig.db.$count(verificationRuns)).toBe(before);
  expect(await rig.db.$count(runSecrets)).toBe(before);
});

test('the offline check, chosen or by default, takes no agreement', async () => {
  for (const judge of ['offline', undefined] as const)
    await expect(rig.create({ judge, agreementSample: 0.5 })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      fields: [{ path: 'agreementSample', message: expect.stringContaining('says the same whenever') }],
    });
  await expect(rig.create({ judge: 'offline', agreementSample: 0 })).resolves.toMatchObject({
    judge: 'offline',
  });
});

test('a run keeps whether its seed was drawn or chosen by its owner', async () => {
  const drawn = (await rig.storedRun((await rig.create()).runId)).config;
  const sample = (await rig.storedRun((await createSampleRun(rig.context, rig.owner)).runId)).config;
  for (const { seed, seedSource } of [drawn, sample]) {
    expect(seed).toMatch(/^[0-9a-f]{32}$/);
    expect(seedSource).toBe('verifier');
  }
  const { config } = await rig.storedRun((await rig.create({ seed: 'chosen' })).runId);
  expect(config).toMatchObject({ seed: 'chosen', seedSource: 'owner' });
});

test('the stored configuration shows [REDACTED] for every secret, and the box gives all of them to the worker', async () => {
  const secrets = {
    oracleUrl: 'https://oracle.example/ask?key=planted-in-query#planted-fragment',
    oracleHeaders: { Authorization: 'Bearer planted-in-header', 'X-Tenant': 'planted-tenant' },
    githubToken: 'ghp_planted',
  };
  const { runId } = await rig.create(secrets);
  const { config } = await rig.storedRun(runId);
  expect(config).toMatchObject({
    oracle: {
      type: 'http',
      url: 'https://oracle.example/ask',
      headers: { Authorization: '[REDACTED]', 'X-Tenant': '[REDACTED]' },
    },
    githubToken: '[REDACTED]',
  });
  const [box] = await rig.db.select().from(runSecrets).where(eq(runSecrets.runId, runId));
  expect(rig.context.secretBox.open(runId, box?.sealed ?? '')).toEqual(secrets);
  expect(await rig.dump()).not.toMatch(/planted/);
});

test.each([
  ['owner/name', { kind: 'github', owner: 'owner', name: 'name' }],
  ['https://github.com/owner/name', { kind: 'github', owner: 'owner', name: 'name' }],
  ['https://github.com/owner/name.git', { kind: 'github', owner: 'owner', name: 'name' }],
  ['https://www.github.com/owner/name/', { kind: 'github', owner: 'owner', name: 'name' }],
  ['https://git.corp.example:8443/owner/name', { kind: 'github', owner: 'owner', name: 'name' }],
  ['https://gitlab.com/group/sub/name.git', { kind: 'git', url: 'https://gitlab.com/group/sub/name.git' }],
] as const)('%s is read as %o', async (repoUrl, source) => {
  const { runId } = await rig.create({ repoUrl }, withPolicy({ githubHost: 'git.corp.example:8443' }));
  expect((await rig.storedRun(runId)).config.source).toEqual(source);
});

test.each([
  'https://github.com/owner',
  'https://github.com/owner/name/pull/7',
  'https://github.com/owner/.git',
])('%s names no repository, and the error says so at that field', async (repoUrl) => {
  await expect(rig.create({ repoUrl })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    fields: [{ path: 'repoUrl', message: expect.stringContaining('https://github.com/owner/name') }],
  });
});

test('an oracle or a repository that the network rule refuses is refused in the rule’s words', async () => {
  const checkOracleUrl = async (url: string) =>
    url.includes('10.0.0.1') ? 'It is a private address.' : null;
  await expect(rig.create({ oracleUrl: 'http://10.0.0.1/' }, { checkOracleUrl })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    fields: [{ path: 'oracleUrl', message: 'It is a private address.' }],
  });
  await expect(
    rig.create({ repoUrl: 'https://10.0.0.1/name.git' }, { checkOracleUrl }),
  ).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    fields: [{ path: 'repoUrl', message: 'It is a private address.' }],
  });
});

test('the sample run needs no input', async () => {
  const created = await createSampleRun(rig.context, rig.owner);
  expect(await getRun(rig.context, rig.owner, created.runId)).toMatchObject({
    status: 'PENDING',
    sample: true,
    judge: 'offline',
    constructId: 'demonstration-oracle',
    repoUrl: 'echelon-verify (its own history)',
  });
  const { config } = await rig.storedRun(created.runId);
  expect(config).toMatchObject({
    source: { kind: 'sample' },
    oracle: { url: null },
    limit: 20,
    minReplays: 10,
  });
  const off = { ...rig.context, ...withPolicy({ engineEnabled: false }) };
  await expect(createSampleRun(off, rig.owner)).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
});

test('an MCP server’s tool and a chat endpoint’s model are stored by name, without secrets', async () => {
  const reached = {
    oracleUrl: 'https://oracle.example/mcp?key=planted-in-query',
    oracleHeaders: { Authorization: 'Bearer planted-in-header' },
  };
  const mcp = await rig.create({ oracleType: 'mcp', oracleTool: 'review', ...reached });
  expect((await rig.storedRun(mcp.runId)).config.oracle).toEqual({
    type: 'mcp',
    url: 'https://oracle.example/mcp',
    headers: { Authorization: '[REDACTED]' },
    tool: 'review',
  });
  const chat = await rig.create({ oracleType: 'chat', oracleModel: 'model-1', ...reached });
  expect((await rig.storedRun(chat.runId)).config.oracle).toMatchObject({ type: 'chat', model: 'model-1' });
  await expect(rig.create({ oracleType: 'mcp', ...reached })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    fields: [{ path: 'oracleTool' }],
  });
});
