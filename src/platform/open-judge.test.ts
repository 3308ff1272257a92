import { expect, test } from 'vitest';
import { batchesOf, defaultProvider, judgeOf, judgeProviders } from '#contracts/judge-providers.ts';
import { missingFor, openJudge } from './open-judge.ts';

const settings = { key: 'sk-test', url: null, model: 'some-model' };

test.each(judgeProviders)(
  'the %s judge opens with the identity and the batches that its entry states',
  async (provider) => {
    const opened = await openJudge(provider, settings, { prices: {}, fetch });
    const judge = opened.judge('another-model', null);
    expect(judge.provider).toBe(provider);
    expect(judge.model === 'another-model').toBe(judgeOf(provider).model !== null);
    expect(opened.batches !== null).toBe(batchesOf(provider) !== null);
  },
);

test('a model judge reports its missing package first, then its key; a judge without a model needs neither', () => {
  const keyless = { ...settings, key: null };
  const here = process.cwd();
  for (const provider of judgeProviders) {
    const { model } = judgeOf(provider);
    expect(missingFor(provider, settings, here)).toBeNull();
    expect(missingFor(provider, keyless, here)).toEqual(model && { part: 'key', name: model.variables.key });
    // A folder without packages.
    expect(missingFor(provider, keyless, '/')).toEqual(model && { part: 'package', name: model.package });
  }
});

test('the default judge is a usable model, otherwise the offline judge', () => {
  expect(defaultProvider(() => true)).toBe('anthropic');
  expect(defaultProvider((provider) => provider === 'offline')).toBe('offline');
  expect(defaultProvider(() => false)).toBe('offline');
});
