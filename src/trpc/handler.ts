import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { challengeOf } from '#auth/authorize.ts';
import type { AuthContext } from '#auth/context.ts';
import { resolveActor } from '#auth/resolve-actor.ts';
import { waitHeaders } from '#contracts/budget.ts';
import { clientHeader, pageHeader } from '#contracts/client-header.ts';
import { readBody } from '#contracts/http.ts';
import { bodyTooLarge, maxBodyBytes, mostCallsPerRequest } from '#contracts/request.ts';
import { Fault, reportFault, type ServiceContext } from '#services/ground/index.ts';
import { appRouter } from './root.ts';
import { refusalOf } from './routers/init.ts';

const refuse = (status: number, message: string) =>
  Response.json({ error: { message } }, { status, headers: { 'cache-control': 'no-store' } });

/**
 * The request with its body read up to the limit, because tRPC reads without one: the server's entry bounds only what comes
 * through it. Null if the body is too large.
 */
const withinLimit = async (request: Request): Promise<Request | null> => {
  if (request.body === null) return request;
  const body = await readBody(request, maxBodyBytes);
  const { url, method, headers, signal } = request;
  return body && new Request(url, { method, headers, signal, body });
};

/** Answers a tRPC request over HTTP. Answers must not be cached: one address answers each user differently. */
export const handleTrpc = async (
  { services, auth }: { services: ServiceContext; auth: AuthContext },
  request: Request,
): Promise<Response> => {
  const limited = await withinLimit(request);
  if (limited === null) return refuse(413, bodyTooLarge);
  return fetchRequestHandler({
    endpoint: '/api/trpc',
    req: limited,
    router: appRouter,
    maxBatchSize: mostCallsPerRequest,
    createContext: async () => {
      try {
        return {
          services,
          auth,
          actor: await resolveActor(auth, request.headers),
          page: request.headers.get(pageHeader),
          address: request.headers.get(clientHeader),
        };
      } catch (error) {
        throw refusalOf({ services }, error, 'unknown');
      }
    },
    responseMeta: ({ errors }) => {
      const challenge = errors
        .map(({ cause }) => challengeOf(request.headers, cause))
        .find((text) => text !== null);
      return {
        headers: new Headers({
          'cache-control': 'no-store',
          ...(challenge === undefined ? {} : { 'www-authenticate': challenge }),
          ...Object.assign({}, ...errors.map(({ cause }) => waitHeaders(cause))),
        }),
      };
    },
    onError: ({ error, path }) => {
      // A procedure's exception is logged already. This is a failure before it, such as in finding out who asks.
      if (error.code === 'INTERNAL_SERVER_ERROR' && !(error.cause instanceof Fault))
        reportFault(services, error.cause ?? error, { procedure: path ?? 'unknown' });
    },
  });
};
