import { randomBytes } from 'node:crypto';
import type { Outside } from './outside.ts';
import { type FleetProgram, startFleetProgram } from './program.ts';
import { secretsKey } from './runs.ts';

const readyWithinMs = 180_000;
const nextAuthSecret = randomBytes(16).toString('hex');
const logKey = randomBytes(32).toString('hex');
const signingKey = randomBytes(32).toString('hex');

/** The environment that all processes of a fleet share. */
export const fleetSettings = (databaseUrl: string, dataDir: string): Record<string, string> => ({
  DATABASE_URL: databaseUrl,
  DATA_DIR: dataDir,
  SECRETS_KEY: secretsKey,
  LOG_KEY: logKey,
  SIGNING_KEY: signingKey,
  NEXTAUTH_SECRET: nextAuthSecret,
  // One user owns all runs and one oracle gets all questions. These limits are not under test.
  MAX_RUNS_AT_ONCE: '1000',
  ORACLE_MAX_PER_MINUTE: '1000000',
});

/** Starts `count` worker processes on one database and waits until they are ready. */
export const startWorkers = async (
  count: number,
  outside: Pick<Outside, 'settingsOf'>,
  settings: Record<string, string>,
): Promise<FleetProgram[]> => {
  const workers = Array.from({ length: count }, (_, place) =>
    startFleetProgram(
      ['src/worker.ts'],
      { ...settings, ...outside.settingsOf(place) },
      /The worker is ready/,
    ),
  );
  try {
    await Promise.all(workers.map((worker) => worker.untilReady(readyWithinMs)));
  } catch (error) {
    await Promise.all(workers.map((worker) => worker.end(0)));
    throw error;
  }
  return workers;
};
