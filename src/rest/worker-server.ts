import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Readiness } from '#services/ground/index.ts';
import { getReady } from './health.ts';
import { getMetrics, type MetricsContext } from './metrics.ts';

export type WorkerServerOptions = MetricsContext & {
  host: string;
  port: number;
  ready: () => Promise<Readiness>;
  /** Whether it has stopped looking for jobs, so that only a new process helps. */
  isStuck: () => boolean;
  logger: { warn(fields: object, message: string): void };
};

const noStore = { 'cache-control': 'no-store' };

/** A restarted worker can find its port still taken by its predecessor. */
const againMs = 2_000;

/**
 * A worker's own HTTP server: `/metrics`, `/health` (it lives and looks for jobs) and `/ready`. If the port is taken it keeps trying,
 * because the worker's jobs do not depend on it.
 */
export const startWorkerServer = ({
  host,
  port,
  ready,
  isStuck,
  logger,
  ...metrics
}: WorkerServerOptions): { close: () => Promise<void> } => {
  const answer = async (request: Request): Promise<Response> => {
    if (request.method !== 'GET') return new Response(null, { status: 405, headers: noStore });
    switch (new URL(request.url).pathname) {
      case '/metrics':
        return getMetrics(metrics, request);
      case '/health':
        return isStuck()
          ? Response.json({ status: 'stuck' }, { status: 503, headers: noStore })
          : Response.json({ status: 'ok' }, { headers: noStore });
      case '/ready':
        return getReady({ ready });
      default:
        return Response.json({ detail: 'There is nothing here.' }, { status: 404, headers: noStore });
    }
  };

  // The client's Host plays no part, and a probe by HTTP/1.0 sends none.
  const server = createServer(
    getRequestListener(answer, { overrideGlobalObjects: false, hostname: 'worker' }),
  );
  let timer: NodeJS.Timeout | undefined;
  let warned = false;
  const listen = () => void server.listen(port, host);
  server.on('error', (error: NodeJS.ErrnoException) => {
    if (!warned)
      logger.warn(
        { host, port, code: error.code },
        'The worker cannot listen on METRICS_PORT. It keeps working and tries again',
      );
    warned = true;
    timer = setTimeout(listen, againMs).unref();
  });
  listen();

  return {
    close: async () => {
      clearTimeout(timer);
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
