import { expect, test } from 'vitest';
import { batchesOf, defaultProvider, judgeOf, judgeProviders } from '#contracts/judge-providers.ts';
import { missingFor, openJudge } from './open-judge.ts';

const settings = { key: 'sk-test', url: null, model: 'some-model' };

test.each(judgeProviders)(
  'the %s judge opens as its entry says: who it is, and whether in batches',
  async (provider) => {
    const opened = await openJudge(provider, settings, { prices: {} });
    const judge = opened.judge('another-model', null);
    expect(judge.provider).toBe(provider);
    expect(judge.model === 'another-model').toBe(judgeOf(provider).model !== null);
    expect(opened.batches !== null).toBe(batchesOf(provider) !== null);
  },
);

test('a model judge misses its package first, then its key; a judge without a model misses nothing', () => {
  const keyless = { ...settings, key: null };
  const here = process.cwd();
  for (const provider of judgeProviders) {
    const { model } = judgeOf(provider);
    expect(missingFor(provider, settings, here)).toBeNull();
    expect(missingFor(provider, keyless, here)).toEqual(model && { part: 'key', name: model.variables.key });
    // Below a folder that has no packages.
    expect(missingFor(provider, keyless, '/')).toEqual(model && { part: 'package', name: model.package });
  }
});

test('where no judge is named a model that can be used judges, else the offline judge', () => {
  expect(defaultProvider(() => true)).toBe('anthropic');
  expect(defaultProvider((provider) => provider === 'offline')).toBe('offline');
  expect(defaultProvider(() => false)).toBe('offline');
});
