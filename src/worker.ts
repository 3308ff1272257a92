import { createHandlers } from '#jobs/index.ts';
import { engineLine, hostRuleOf, modeLine } from '#mode.ts';
import { workQueues } from '#queue/work.ts';
import { startWorkerServer } from '#rest/worker-server.ts';
import { openLog } from '#services/log/index.ts';
import { announceWorker, judgesHere } from '#services/state/index.ts';
import { cannotStart } from '#start/cannot-start.ts';
import { endUnlessReady, endWhenStuck, exitByDeadline } from '#start/watchdog.ts';
import { getWorkerComposition } from '#worker-composition.ts';

/**
 * A worker process: does the queues' jobs. `npm start` runs one. More may run, on other machines too, against the same
 * database and with the same SECRETS_KEY.
 */

/** The slots look for jobs every few seconds; even one that waits for a silent database looks again within half a minute. */
const stuckMs = 120_000;

const run = async () => {
  const composition = await getWorkerComposition();
  const { worker, logger, databaseUrl, environment, metrics, ready, close } = composition;
  // Each job would fail on tables that this version does not know.
  await composition.requireOwnSchema();
  await openLog(worker);
  const announced = await announceWorker(worker);
  const queues = await workQueues({
    databaseUrl,
    logger,
    judges: judgesHere(worker),
    ...createHandlers(worker),
  });
  const isStuck = () => queues.sinceTurnMs() > stuckMs;
  const { METRICS_HOST: host, METRICS_PORT: port } = environment;
  const server =
    port === undefined
      ? null
      : startWorkerServer({
          host,
          port,
          metrics,
          hosts: hostRuleOf(environment, host),
          ready,
          isStuck,
          logger,
        });
  endUnlessReady(
    async () => !isStuck() && (await ready()).ready,
    () => {
      logger.fatal(
        { seconds: environment.UNREADY_SECONDS },
        'The worker was not ready for too long, and ends',
      );
      process.exit(1);
    },
    environment.UNREADY_SECONDS * 1000,
  );
  endWhenStuck(environment.UNREADY_SECONDS * 1000);
  logger.info({}, modeLine(environment));
  const engine = engineLine(environment);
  if (engine !== null) logger.warn({}, engine);
  logger.info({}, 'The worker is ready');

  let ending = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, async () => {
      if (ending) return;
      ending = true;
      exitByDeadline(environment.GRACE_SECONDS * 1000);
      try {
        await queues.stop(environment.GRACE_SECONDS * 1000);
        await announced.stop();
        await server?.close();
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
  cannotStart('worker', error);
}
