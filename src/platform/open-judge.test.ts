import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  batchesOf,
  defaultProvider,
  judgeOf,
  judgeProviders,
  modelJudges,
} from '#contracts/judge-providers.ts';
import { missingFor, openJudge } from './open-judge.ts';

const settings = { key: 'sk-test', url: 'http://127.0.0.1:9/v1', model: 'some-model' };
const unset = { key: null, url: null, model: null };

test.each(judgeProviders)(
  'the %s judge opens with the identity and the batches that its entry states',
  async (provider) => {
    const opened = await openJudge(provider, settings, { prices: {}, fetch });
    const judge = opened.judge('another-model', null);
    expect(judge.provider).toBe(provider);
    expect(judge.model === 'another-model').toBe(judgeOf(provider).model !== null);
    expect(opened.batches !== null).toBe(batchesOf(provider) !== null);
    // A certificate names an endpoint that the operator chose, without its path.
    expect(judge.endpoint).toBe(judgeOf(provider).model?.statesEndpoint ? 'http://127.0.0.1:9' : null);
  },
);

test('two endpoints of one origin are told apart, however their addresses are written, and by no word of them', async () => {
  const digestOf = async (url: string) => {
    const judge = (await openJudge('chat', { ...settings, url }, { prices: {}, fetch })).judge('model', null);
    expect(judge.endpoint).toBe('https://models.example');
    return judge.endpointDigest;
  };
  const own = await digestOf('https://models.example/team-a/v1');
  expect(own).toMatch(/^[0-9a-f]{64}$/);
  for (const same of [
    'https://models.example/team-a/v1/',
    'https://MODELS.example:443/team-a/v1/chat/completions',
  ])
    expect(await digestOf(same)).toBe(own);
  for (const other of ['/team-b/v1', '/v1', '', '/team-a/v1?deployment=2'])
    expect(await digestOf(`https://models.example${other}`)).not.toBe(own);
  for (const provider of ['anthropic', 'offline'] as const)
    expect(
      (await openJudge(provider, settings, { prices: {}, fetch })).judge('m', null).endpointDigest,
    ).toBeUndefined();
});

test('a model judge reports its missing package first, then each setting that it needs; a judge without a model needs none', () => {
  const here = process.cwd();
  for (const provider of judgeProviders) {
    const { model } = judgeOf(provider);
    expect(missingFor(provider, settings, here)).toBeNull();
    for (const part of ['key', 'url', 'model'] as const)
      expect(missingFor(provider, { ...settings, [part]: null }, here)).toEqual(
        model?.needs.includes(part) ? { part, name: model.variables[part] } : null,
      );
    // A folder without packages.
    expect(missingFor(provider, unset, '/')).toEqual(model && { part: 'package', name: model.package });
  }
});

test('the default judge is a usable model, otherwise the offline check', () => {
  expect(defaultProvider(() => true)).toBe('anthropic');
  expect(defaultProvider((provider) => provider === 'offline')).toBe('offline');
  // It judges only the runs that name it.
  expect(defaultProvider((provider) => provider === 'chat')).toBe('offline');
  expect(defaultProvider(() => false)).toBe('offline');
});

test('every model judge is held to the contract of model judges', () => {
  const providers = join(import.meta.dirname, '../verification/judges/providers');
  expect(readdirSync(providers).sort()).toEqual(modelJudges.map(({ provider }) => provider).sort());
  for (const { provider } of modelJudges)
    expect(readFileSync(join(providers, provider, 'contract.test.ts'), 'utf8')).toContain(
      `modelJudgeContract('${provider}'`,
    );
});
