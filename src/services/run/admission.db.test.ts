import { afterAll, beforeAll, expect, test } from 'vitest';
import { judgeProviders } from '#contracts/judge-providers.ts';
import { judgeSpend } from '#db/schema/judge-spend.ts';
import { type CreationRig, openCreationRig, withPolicy } from '#testing/rigs/creation-rig.ts';
import { openPolicy } from '#testing/rigs/engine-rig.ts';
import type { ServiceContext } from '../ground/context.ts';
import { runOptions } from './options.ts';

let rig: CreationRig;
beforeAll(async () => {
  rig = await openCreationRig();
});
afterAll(() => rig.close());

test('without engine, judge or Python oracles the error says what to configure', async () => {
  await expect(rig.create({}, withPolicy({ engineEnabled: false }))).rejects.toMatchObject({
    code: 'PRECONDITION_FAILED',
    message: expect.stringContaining('ENGINE_ENABLED=true'),
  });
  const judges = {
    ...openPolicy.judges,
    anthropic: { model: 'claude-sonnet-5-5', endpoint: null, unavailable: 'Set ANTHROPIC_API_KEY.' },
  };
  await expect(rig.create({ judge: 'anthropic' }, withPolicy({ judges }))).rejects.toMatchObject({
    code: 'PRECONDITION_FAILED',
    message: expect.stringContaining('Set ANTHROPIC_API_KEY.'),
  });
  await expect(
    rig.create({ oracleType: 'python', oracleUrl: undefined, oracleModule: 'm', oracleCallable: 'c' }),
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
      const { runId, judge } = await rig.create({}, { ...policy, actor });
      expect(judge).toBe('anthropic');
      expect((await rig.storedRun(runId)).config.standing).toBe(standing);
    }
    await expect(rig.create({}, { ...policy, actor: stranger })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const offline = await rig.create({ judge: 'offline' }, { ...policy, actor: stranger });
    expect((await rig.storedRun(offline.runId)).config.standing).toBe('stranger');
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
  await expect(rig.create(python, { ...policy, actor: stranger })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
  expect(await rig.create(python, policy)).toMatchObject({ status: 'PENDING' });
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
  await rig.create(request, { checkOracleUrl });
  await rig.create(request, { checkOracleUrl, actor: stranger });
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
  expect(await rig.create({ judge: 'anthropic' }, policy)).toMatchObject({ judge: 'anthropic' });
  await spend(0.4, '2026-11-24T09:00:00Z');
  await expect(rig.create({ judge: 'anthropic' }, policy)).rejects.toMatchObject({
    code: 'TOO_MANY_REQUESTS',
    message: expect.stringContaining('00:00 UTC'),
  });
  expect(await rig.create({}, policy)).toMatchObject({ judge: 'offline' });
});
