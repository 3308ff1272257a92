import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Readiness } from '#services/ground/index.ts';
import { getReady } from './health.ts';
import { getMetrics, type MetricsContext } from './metrics.ts';

export type WorkerServerOptions = MetricsContext & {
  host: string;
  port: number;
  ready: () => Promise<Readiness>;
  logger: { warn(fields: object, message: string): void };
};

const noStore = { 'cache-control': 'no-store' };

/** A worker that is restarted finds its port taken by the one that it replaces. */
const againMs = 2_000;

/**
 * What a worker answers by itself, having no web server: `/metrics`, `/health` (it lives) and `/ready`. A port that is
 * taken is tried again and again, since the worker's jobs do not depend on it.
 */
export const startWorkerServer = ({
  host,
  port,
  ready,
  logger,
  ...metrics
}: WorkerServerOptions): { close: () => Promise<void> } => {
  const answer = async (request: Request): Promise<Response> => {
    if (request.method !== 'GET') return new Response(null, { status: 405, headers: noStore });
    switch (new URL(request.url).pathname) {
      case '/metrics':
        return getMetrics(metrics, request);
      case '/health':
        return Response.json({ status: 'ok' }, { headers: noStore });
      case '/ready':
        return getReady({ ready });
      default:
        return Response.json({ detail: 'There is nothing here.' }, { status: 404, headers: noStore });
    }
  };

  // The host that a client names plays no part, and a probe by HTTP/1.0 names none.
  const server = createServer(
    getRequestListener(answer, { overrideGlobalObjects: false, hostname: 'worker' }),
  );
  let timer: NodeJS.Timeout | undefined;
  let told = false;
  const listen = () => void server.listen(port, host);
  server.on('error', (error: NodeJS.ErrnoException) => {
    if (!told)
      logger.warn(
        { host, port, code: error.code },
        'The worker cannot answer on METRICS_PORT; it tries again and works meanwhile',
      );
    told = true;
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
