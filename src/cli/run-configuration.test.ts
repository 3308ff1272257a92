import { expect, test } from 'vitest';
import { configurationOf, differences, type RunDemand, withModelsOf } from './run-configuration.ts';

const demand: RunDemand = {
  repository: 'github:acme/widgets',
  constructId: 'acme',
  oracle: {
    shown: 'https://oracle.example.com',
    identity: 'https://oracle.example.com/hooks/very-secret-path?key=very-secret-key',
  },
  judge: 'offline',
  model: 'offline-1',
  endpoint: null,
  promptDigest: 'd'.repeat(64),
  limit: 10,
  minReplays: 5,
  baselineReplays: 40,
  since: null,
  label: null,
  modelCutoff: null,
  seed: null,
  blinded: false,
  agreement: null,
  weights: { precision: 1, recall: 1, replyAccuracy: 1 },
};
const stored = configurationOf(demand, { salt: () => 'salt', seed: () => '7' });

test('a call with the same options resumes, with the seed that was drawn then', () => {
  expect(stored.seed).toBe('7');
  expect(differences(stored, demand)).toEqual([]);
  expect(differences(stored, { ...demand, seed: '7' })).toEqual([]);
});

test('a configuration records who chose the seed', () => {
  expect(stored.seedSource).toBe('verifier');
  const given = configurationOf({ ...demand, seed: '7' }, { salt: () => 'salt', seed: () => '8' });
  expect(given).toMatchObject({ seed: '7', seedSource: 'owner' });
});

test('every other option is named with both values', () => {
  expect(
    differences(stored, { ...demand, limit: 20, since: '2026-01-01', seed: '8', judge: 'anthropic' }),
  ).toEqual([
    '--judge: offline there, anthropic here',
    '--limit: 10 there, 20 here',
    '--since: none there, 2026-01-01 here',
    '--seed: 7 there, 8 here',
  ]);
});

test('another address at the same origin is another run, and no part of either path is shown or stored', () => {
  const lines = differences(stored, {
    ...demand,
    oracle: { shown: 'https://oracle.example.com', identity: 'https://oracle.example.com/other-secret' },
  });
  expect(lines).toEqual(['the oracle: another path, query, tool or model at https://oracle.example.com']);
  expect(JSON.stringify(stored)).not.toContain('very-secret');
});

test('a run takes another call’s models if both name the same judge and nothing else differs', () => {
  const first: RunDemand = {
    ...demand,
    judge: 'anthropic',
    model: 'a',
    agreement: { share: 0.5, provider: 'anthropic', model: 'a', endpoint: null },
  };
  const second: RunDemand = {
    ...first,
    model: 'b',
    agreement: { share: 0.5, provider: 'anthropic', model: 'b', endpoint: null },
  };
  const run = configurationOf(first, { salt: () => 'salt', seed: () => '7' });
  expect(differences(withModelsOf(run, second), second)).toEqual([]);
  expect(withModelsOf(run, demand)).toEqual(run);
  expect(
    differences(withModelsOf(run, { ...second, agreement: null }), { ...second, agreement: null }),
  ).toEqual(['--agreement-sample: 0.5 by anthropic a there, none here']);
});
