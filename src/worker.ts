import { createHandlers } from '#jobs/index.ts';
import { workQueues } from '#queue/work.ts';
import { getWorkerComposition } from './composition.ts';
import { EnvironmentError } from './env.ts';

/**
 * A worker process: carries the queues' jobs. `npm start` runs one; more may run, on other machines too, against the
 * same database and with the same SECRETS_KEY.
 */

/** Below the time that `npm start` gives it, so that jobs under way are handed back rather than lost. */
const graceMs = 6_000;

const run = async () => {
  const { worker, logger, databaseUrl, close } = await getWorkerComposition();
  const queues = await workQueues({ databaseUrl, logger, ...createHandlers(worker) });
  logger.info({}, 'The worker is ready');

  let ending = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, async () => {
      if (ending) return;
      ending = true;
      try {
        await queues.stop(graceMs);
        await close();
      } finally {
        process.exit(0);
      }
    });
  }
};

try {
  await run();
} catch (error) {
  const known = error instanceof EnvironmentError;
  process.stderr.write(
    known
      ? `${error.message}\n`
      : `The worker cannot start: ${error instanceof Error ? error.message : error}\n`,
  );
  process.exit(1);
}
