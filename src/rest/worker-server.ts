import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { securityHeaders, sendAnswer } from '#door/answer.ts';
import { type HostRule, hostRefusals, judgeHost } from '#door/host.ts';
import type { Readiness } from '#services/ground/index.ts';
import { getReady } from './health.ts';
import { getMetrics, type MetricsContext } from './metrics.ts';

export type WorkerServerOptions = Pick<MetricsContext, 'metrics'> & {
  host: string;
  port: number;
  /** By which names the metrics are read without a token: a page that was led here by another name gets nothing. */
  hosts: HostRule;
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
  metrics,
  hosts,
  ready,
  isStuck,
  logger,
}: WorkerServerOptions): { close: () => Promise<void> } => {
  const answer = async (request: Request): Promise<Response> => {
    if (request.method !== 'GET') return new Response(null, { status: 405, headers: noStore });
    switch (new URL(request.url).pathname) {
      case '/metrics':
        return getMetrics({ metrics, listener: true }, request);
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

  // Any Host serves for the answer itself: a probe by HTTP/1.0 sends none.
  const listener = getRequestListener(answer, { overrideGlobalObjects: false, hostname: 'worker' });
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(securityHeaders(false))) response.setHeader(name, value);
    const { rawHeaders, url = '' } = request;
    // A token is proof enough, and scrapers use many names.
    const open = metrics.token !== null || /^\/(?:health|ready)(?:\?|$)/.test(url);
    const { kind } = judgeHost({ rawHeaders, target: url }, hosts);
    if (open || kind === 'allowed') return listener(request, response);
    return sendAnswer(response, hostRefusals[kind]);
  });
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
