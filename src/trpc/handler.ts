import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import type { AuthContext } from '#auth/context.ts';
import { resolveActor } from '#auth/resolve-actor.ts';
import { mostCallsPerRequest } from '#contracts/request.ts';
import { Fault, reportFault, type ServiceContext } from '#services/ground/index.ts';
import { appRouter } from './root.ts';

/** The largest request is a run with 50 headers of 4,000 characters. */
const maxBodyBytes = 1024 * 1024;

const refuse = (status: number, message: string) =>
  Response.json({ error: { message } }, { status, headers: { 'cache-control': 'no-store' } });

/** Answers a tRPC request over HTTP. Answers must not be cached: one address answers each user differently. */
export const handleTrpc = (
  { services, auth }: { services: ServiceContext; auth: AuthContext },
  request: Request,
): Promise<Response> => {
  if (request.method === 'POST') {
    const length = request.headers.get('content-length');
    // tRPC reads the whole body, so its length must be known first.
    if (length === null) return Promise.resolve(refuse(411, 'Send a Content-Length.'));
    if (Number(length) > maxBodyBytes)
      return Promise.resolve(refuse(413, `A request may have at most ${maxBodyBytes} bytes.`));
  }
  return fetchRequestHandler({
    endpoint: '/api/trpc',
    req: request,
    router: appRouter,
    maxBatchSize: mostCallsPerRequest,
    createContext: async () => ({ services, auth, actor: await resolveActor(auth, request.headers) }),
    responseMeta: () => ({ headers: new Headers({ 'cache-control': 'no-store' }) }),
    onError: ({ error, path }) => {
      // A procedure's exception is logged already. This is a failure before it, such as in finding out who asks.
      if (error.code === 'INTERNAL_SERVER_ERROR' && !(error.cause instanceof Fault))
        reportFault(services, error.cause ?? error, { procedure: path ?? 'unknown' });
    },
  });
};
