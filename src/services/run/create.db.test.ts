import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judgeProviders } from '#contracts/judge-providers.ts';
import type { RunRequest } from '#contracts/run-request.ts';
import { judgeSpend } from '#db/schema/judge-spend.ts';
import { runSecrets, verificationRuns } from '#db/schema/runs.ts';
import { openPolicy, openRig, runRequest } from '#testing/rigs/engine-rig.ts';
import type { Actor, InstallationPolicy, ServiceContext } from '../ground/context.ts';
import { createRun } from './create.ts';
import { createSampleRun } from './create-sample.ts';
import { getRun } from './get.ts';
import { runOptions } from './options.ts';

let rig: Awaited<ReturnType<typeof openRig>>;
let owner: Actor;
beforeAll(async () => {
  rig = await openRig();
  owner = await rig.user();
});
afterAll(() => rig.close());

const create = (
  changes: Partial<RunRequest> = {},
  { actor = owner, ...context }: Partial<ServiceContext> & { actor?: Actor } = {},
) => createRun({ ...rig.context, ...context }, actor, runRequest(changes));

const withPolicy = (changes: Partial<InstallationPolicy>) => ({ policy: { ...openPolicy, ...changes } });

const storedRun = async (runId: string) => {
  const [row] = await rig.db.select().from(verificationRuns).where(eq(verificationRuns.id, runId));
  if (!row) throw new Error('The run is not stored.');
  return row;
};

test('a run starts PENDING with 0 of 0, its ingestion queued', async () => {
  const created = await create();
  expect(created).toMatchObject({ status: 'PENDING', judge: 'offline' });
  expect(await getRun(rig.context, owner, created.runId)).toMatchObject({
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
  });
});

const chat = { model: 'model-1', endpoint: 'http://models.internal:8000', unavailable: null };
const withChat = (changes: Partial<InstallationPolicy> = {}) =>
  withPolicy({ judges: { ...openPolicy.judges, chat }, ...changes });

test('a run keeps which judges it is judged by, and agreement is by another provider where one is configured', async () => {
  const judgesOf = async (request: Partial<RunRequest>, context = withChat()) => {
    const { judge, agreement } = (await storedRun((await create(request, context)).runId)).config;
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

test('a run may name a model of its judge, and agreement without a name is by the same; the offline check has none', async () => {
  const { runId } = await create({ judge: 'anthropic', model: 'm', agreementSample: 0.5 }, withPolicy({}));
  const { judge, agreement } = (await storedRun(runId)).config;
  expect([judge.model, agreement?.model]).toEqual(['m', 'm']);
  await expect(create({ judge: 'offline', model: 'm' })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    fields: [{ path: 'model', message: expect.stringContaining('The offline check has no model') }],
  });
  const canHoldLimits = (_: string, model: string) => model !== 'unheard-of';
  await expect(
    create({ judge: 'anthropic', model: 'unheard-of', maxCostUsd: 5 }, withPolicy({ canHoldLimits })),
  ).rejects.toMatchObject({ fields: [{ path: 'maxCostUsd' }] });
});

test.each([
  ['offline', 'always'],
  ['chat', 'not available'],
] as const)(
  'agreement by the %s judge is refused where it could show nothing',
  async (agreementJudge, why) => {
    await expect(create({ judge: 'anthropic', agreementSample: 0.5, agreementJudge })).rejects.toMatchObject({
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
  await expect(create({ judge: 'chat', maxCostUsd: 5 }, unknown)).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    fields: [{ path: 'maxCostUsd', message: expect.stringContaining('The price of model-1 is unknown') }],
  });
  await expect(create({ judge: 'chat' }, unknown)).resolves.toMatchObject({ judge: 'chat' });
  const again = { judge: 'anthropic', agreementSample: 0.5, agreementJudge: 'chat' } as const;
  await expect(create({ ...again, maxCostUsd: 5 }, unknown)).rejects.toMatchObject({
    fields: [{ path: 'maxCostUsd' }],
  });
  await expect(create({ ...again, agreementModel: 'priced', maxCostUsd: 5 }, unknown)).resolves.toBeDefined();
  // What was not asked for does not stand in the way of the limit.
  const { runId } = await create({ judge: 'anthropic', agreementSample: 0.5, maxCostUsd: 5 }, unknown);
  expect((await storedRun(runId)).config.agreement).toMatchObject({ provider: 'anthropic' });
  await expect(
    create({ ...again, agreementModel: 'unheard-of' }, withChat({ canHoldLimits, maxCostUsdPerDay: 20 })),
  ).rejects.toMatchObject({ fields: [{ path: 'agreementModel' }] });
});

test('a run whose job cannot be queued is not stored at all', async () => {
  const before = await rig.db.$count(verificationRuns);
  const sender = { enqueue: () => Promise.reject(new Error('The queue is away.')) };
  await expect(create({}, { sender })).rejects.toThrow('The queue is away.');
  expect(await rig.db.$count(verificationRuns)).toBe(before);
  expect(await rig.db.$count(runSecrets)).toBe(before);
});

test('the offline check, chosen or by default, takes no agreement', async () => {
  for (const judge of ['offline', undefined] as const)
    await expect(create({ judge, agreementSample: 0.5 })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      fields: [{ path: 'agreementSample', message: expect.stringContaining('says the same whenever') }],
    });
  await expect(create({ judge: 'offline', agreementSample: 0 })).resolves.toMatchObject({ judge: 'offline' });
});

test('a run keeps whether its seed was drawn or chosen by its owner', async () => {
  const drawn = (await storedRun((await create()).runId)).config;
  const sample = (await storedRun((await createSampleRun(rig.context, owner)).runId)).config;
  for (const { seed, seedSource } of [drawn, sample]) {
    expect(seed).toMatch(/^[0-9a-f]{32}$/);
    expect(seedSource).toBe('verifier');
  }
  const { config } = await storedRun((await create({ seed: 'chosen' })).runId);
  expect(config).toMatchObject({ seed: 'chosen', seedSource: 'owner' });
});

test('the stored configuration shows [REDACTED] for every secret, and the box gives all of them to the worker', async () => {
  const secrets = {
    oracleUrl: 'https://oracle.example/ask?key=planted-in-query#planted-fragment',
    oracleHeaders: { Authorization: 'Bearer planted-in-header', 'X-Tenant': 'planted-tenant' },
    githubToken: 'ghp_planted',
  };
  const { runId } = await create(secrets);
  const { config } = await storedRun(runId);
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
  const { runId } = await create({ repoUrl }, withPolicy({ githubHost: 'git.corp.example:8443' }));
  expect((await storedRun(runId)).config.source).toEqual(source);
});

test.each([
  'https://github.com/owner',
  'https://github.com/owner/name/pull/7',
  'https://github.com/owner/.git',
])('%s names no repository, and the error says so at that field', async (repoUrl) => {
  await expect(create({ repoUrl })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    fields: [{ path: 'repoUrl', message: expect.stringContaining('https://github.com/owner/name') }],
  });
});

test('an oracle or a repository that the network rule refuses is refused in the rule’s words', async () => {
  const checkOracleUrl = async (url: string) =>
    url.includes('10.0.0.1') ? 'It is a private address.' : null;
  await expect(create({ oracleUrl: 'http://10.0.0.1/' }, { checkOracleUrl })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    fields: [{ path: 'oracleUrl', message: 'It is a private address.' }],
  });
  await expect(create({ repoUrl: 'https://10.0.0.1/name.git' }, { checkOracleUrl })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    fields: [{ path: 'repoUrl', message: 'It is a private address.' }],
  });
});

test('without engine, judge or Python oracles the error says what to configure', async () => {
  await expect(create({}, withPolicy({ engineEnabled: false }))).rejects.toMatchObject({
    code: 'PRECONDITION_FAILED',
    message: expect.stringContaining('ENGINE_ENABLED=true'),
  });
  const judges = {
    ...openPolicy.judges,
    anthropic: { model: 'claude-sonnet-5-5', endpoint: null, unavailable: 'Set ANTHROPIC_API_KEY.' },
  };
  await expect(create({ judge: 'anthropic' }, withPolicy({ judges }))).rejects.toMatchObject({
    code: 'PRECONDITION_FAILED',
    message: expect.stringContaining('Set ANTHROPIC_API_KEY.'),
  });
  await expect(
    create({ oracleType: 'python', oracleUrl: undefined, oracleModule: 'm', oracleCallable: 'c' }),
  ).rejects.toMatchObject({
    code: 'PRECONDITION_FAILED',
    message: expect.stringContaining('PYTHON_ORACLE_DIR'),
  });
});

test('only the owner and the listed accounts may use the paid judge, in local mode too', async () => {
  const owning = await rig.user({ provider: 'local', subject: 'owner' });
  const byGithub = await rig.user({ provider: 'github', subject: '583231' });
  const byWallet = await rig.user({
    provider: 'wallet',
    subject: '0xd8da6bf26964af9d7eed9e03e53415d37aa96045',
  });
  const stranger = await rig.user({ provider: 'github', subject: '5832310' });
  for (const local of [true, false]) {
    const policy = withPolicy({
      local,
      defaultJudge: 'anthropic',
      paidJudgeAccounts: ['github:583231', 'wallet:0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045'],
      maxCostUsdPerDay: 20,
    });
    for (const [actor, standing] of [
      [owning, 'owner'],
      [byGithub, 'listed'],
      [byWallet, 'listed'],
    ] as const) {
      const { runId, judge } = await create({}, { ...policy, actor });
      expect(judge).toBe('anthropic');
      expect((await storedRun(runId)).config.standing).toBe(standing);
    }
    await expect(create({}, { ...policy, actor: stranger })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const offline = await create({ judge: 'offline' }, { ...policy, actor: stranger });
    expect((await storedRun(offline.runId)).config.standing).toBe('stranger');
    const options = await runOptions({ ...rig.context, ...policy }, stranger);
    expect(options.judges).toHaveLength(judgeProviders.length);
    expect(options.judges.slice(0, 2)).toEqual([
      { provider: 'offline', model: 'offline-1', reason: null, dailyLimitUsd: null },
      {
        provider: 'anthropic',
        model: 'claude-sonnet-5-5',
        reason: expect.stringContaining('PAID_JUDGE_ACCOUNTS'),
        dailyLimitUsd: null,
      },
    ]);
    expect((await runOptions({ ...rig.context, ...policy }, byGithub)).judges[1]).toMatchObject({
      reason: null,
      dailyLimitUsd: 20,
    });
  }
});

test('an oracle on the installation’s own machine is refused to strangers', async () => {
  const stranger = await rig.user({ provider: 'github', subject: '77000000' });
  const policy = withPolicy({ oraclesUnavailable: {} });
  const python = {
    oracleType: 'python',
    oracleUrl: undefined,
    oracleModule: 'oracles',
    oracleCallable: 'answer',
  } as const;
  await expect(create(python, { ...policy, actor: stranger })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  expect(await create(python, policy)).toMatchObject({ status: 'PENDING' });
  const { oracles } = await runOptions({ ...rig.context, ...policy }, stranger);
  expect(oracles.flatMap(({ type, reason }) => (reason === null ? [] : [type]))).toEqual(['python']);
});

test('the address of an oracle and of a repository is checked by who asks', async () => {
  const stranger = await rig.user({ provider: 'github', subject: '78000000' });
  const asked: [string, string][] = [];
  const checkOracleUrl: ServiceContext['checkOracleUrl'] = async (url, standing) => {
    asked.push([new URL(url).hostname, standing]);
    return null;
  };
  const request = { repoUrl: 'https://git.example/o/r', oracleUrl: 'http://127.0.0.1:1/ask' };
  await create(request, { checkOracleUrl });
  await create(request, { checkOracleUrl, actor: stranger });
  expect(asked).toEqual([
    ['git.example', 'listed'],
    ['127.0.0.1', 'listed'],
    ['git.example', 'stranger'],
    ['127.0.0.1', 'stranger'],
  ]);
});

test('a spent day refuses the paid judge until midnight UTC, and never the offline check', async () => {
  const policy = withPolicy({ maxCostUsdPerDay: 1 });
  const spend = (costUsd: number, createdAt: string) =>
    rig.db.insert(judgeSpend).values({
      runId: '0b0f7a3c-4a5e-4d3e-9a55-3d7a4b1f8a10',
      state: 'cut',
      costUsd,
      likelyUsd: costUsd,
      mostUsd: costUsd,
      createdAt: new Date(createdAt),
    });
  await spend(50, '2026-11-23T23:59:59Z');
  await spend(0.6, '2026-11-24T00:00:01Z');
  expect(await create({ judge: 'anthropic' }, policy)).toMatchObject({ judge: 'anthropic' });
  await spend(0.4, '2026-11-24T09:00:00Z');
  await expect(create({ judge: 'anthropic' }, policy)).rejects.toMatchObject({
    code: 'TOO_MANY_REQUESTS',
    message: expect.stringContaining('00:00 UTC'),
  });
  expect(await create({}, policy)).toMatchObject({ judge: 'offline' });
});

test('the sample run needs no input', async () => {
  const created = await createSampleRun(rig.context, owner);
  expect(await getRun(rig.context, owner, created.runId)).toMatchObject({
    status: 'PENDING',
    sample: true,
    judge: 'offline',
    constructId: 'demonstration-oracle',
    repoUrl: 'echelon-verify (its own history)',
  });
  const { config } = await storedRun(created.runId);
  expect(config).toMatchObject({
    source: { kind: 'sample' },
    oracle: { url: null },
    limit: 20,
    minReplays: 10,
  });
  const off = { ...rig.context, ...withPolicy({ engineEnabled: false }) };
  await expect(createSampleRun(off, owner)).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
});

test('an MCP server’s tool and a chat endpoint’s model are stored by name, without secrets', async () => {
  const reached = {
    oracleUrl: 'https://oracle.example/mcp?key=planted-in-query',
    oracleHeaders: { Authorization: 'Bearer planted-in-header' },
  };
  const mcp = await create({ oracleType: 'mcp', oracleTool: 'review', ...reached });
  expect((await storedRun(mcp.runId)).config.oracle).toEqual({
    type: 'mcp',
    url: 'https://oracle.example/mcp',
    headers: { Authorization: '[REDACTED]' },
    tool: 'review',
  });
  const chat = await create({ oracleType: 'chat', oracleModel: 'model-1', ...reached });
  expect((await storedRun(chat.runId)).config.oracle).toMatchObject({ type: 'chat', model: 'model-1' });
  await expect(create({ oracleType: 'mcp', ...reached })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    fields: [{ path: 'oracleTool' }],
  });
});
