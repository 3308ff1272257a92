import { randomBytes } from 'node:crypto';
import type { Outside } from './outside.ts';
import { type FleetProgram, startFleetProgram } from './program.ts';
import { secretsKey } from './runs.ts';

const readyWithinMs = 180_000;
const nextAuthSecret = randomBytes(16).toString('hex');

/** What every process of a fleet has in its environment. */
export const fleetSettings = (databaseUrl: string, dataDir: string): Record<string, string> => ({
  DATABASE_URL: databaseUrl,
  DATA_DIR: dataDir,
  SECRETS_KEY: secretsKey,
  NEXTAUTH_SECRET: nextAuthSecret,
  // One user has all runs, and one oracle all questions: these limits are not what is tried.
  MAX_RUNS_AT_ONCE: '1000',
  ORACLE_MAX_PER_MINUTE: '1000000',
});

/** So many worker processes on one database, ready for work. */
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
