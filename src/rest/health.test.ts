import { expect, test } from 'vitest';
import { byProvider } from '#contracts/judge-providers.ts';
import { openPolicy } from '#testing/rigs/engine-rig.ts';
import { getHealth } from './health.ts';

const available = byProvider((provider) => {
  const { unavailable } = openPolicy.judges[provider];
  return unavailable === null ? 'available' : `unavailable: ${unavailable}`;
});

test('health is ok with and without engine and judges, and says which are there', async () => {
  const answer = async (policy: typeof openPolicy) => {
    const response = getHealth({ services: { policy } });
    expect(response.status).toBe(200);
    return response.json();
  };
  expect(await answer(openPolicy)).toEqual({
    status: 'ok',
    engine: 'on',
    judges: available,
  });
  const judges = {
    ...openPolicy.judges,
    anthropic: { model: 'claude-sonnet-5-5', endpoint: null, unavailable: 'Set ANTHROPIC_API_KEY.' },
  };
  expect(await answer({ ...openPolicy, engineEnabled: false, judges })).toEqual({
    status: 'ok',
    engine: 'off',
    judges: { ...available, anthropic: 'unavailable: Set ANTHROPIC_API_KEY.' },
  });
});
