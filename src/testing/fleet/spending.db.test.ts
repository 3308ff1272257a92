import { expect, test } from 'vitest';
import { killDuringPaidCalls } from './paid-kills.ts';

test('kills with paid calls under way neither fail nor stop a run whose limit is three times its cost', async () => {
  const { undisturbed, maxCostUsd, disturbed } = await killDuringPaidCalls();
  expect(undisturbed).toMatchObject({ status: 'COMPLETED', mostCostUsd: undisturbed.costUsd });
  expect(undisturbed.costUsd).toBeGreaterThan(0);
  const { status, error, costUsd, mostCostUsd } = disturbed;
  expect([status, error]).toEqual(['COMPLETED', null]);
  expect(mostCostUsd).toBeGreaterThan(costUsd);
  expect(costUsd).toBeLessThanOrEqual(maxCostUsd);
}, 1_800_000);
