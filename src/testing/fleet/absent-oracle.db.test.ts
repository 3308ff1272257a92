import { expect, test } from 'vitest';
import { freePort } from '#db/embedded/free-port.ts';
import { openFleet } from './open-fleet.ts';

const replays = 20;
const oracles = [
  { oracleType: 'http' },
  { oracleType: 'mcp', oracleTool: 'review' },
  { oracleType: 'chat', oracleModel: 'model-1' },
] as const;

test('runs whose oracle’s port is closed fail without one call to the paid judge, over every protocol', async () => {
  const { outside, start, accept, ended } = await openFleet({
    workers: 1,
    changes: oracles.map(() => replays),
  });
  await start();
  for (const [run, oracle] of oracles.entries()) {
    const oracleUrl = `http://127.0.0.1:${await freePort()}/ask`;
    const outcome = await ended(await accept(run, { ...oracle, oracleUrl, minReplays: 5 }));
    expect(outcome).toMatchObject({ status: 'FAILED', certificateId: null, costUsd: 0 });
    expect(outcome.error).toContain('cannot be reached');
  }
  expect(outside.calls).toEqual([]);
}, 1_200_000);
