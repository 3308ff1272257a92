import type { ZodType, z } from 'zod';
import { type Access, type ActorOf, authorize, challengeOf } from '#auth/authorize.ts';
import type { AuthContext } from '#auth/context.ts';
import { resolveActor } from '#auth/resolve-actor.ts';
import { waitHeaders } from '#contracts/budget.ts';
import { AppError, errorCodes, type FieldIssue } from '#contracts/errors.ts';
import { fieldIssuesOf } from '#contracts/field-issues.ts';
import { toWire, wireName } from '#contracts/wire.ts';
import { reportFault, type ServiceContext, spendAccountBudget } from '#services/ground/index.ts';
import { loggingStatus } from '#services/state/index.ts';
import { readQuery } from './read.ts';
import { WireError } from './wire-error.ts';

export type RestContext = { services: ServiceContext; auth: AuthContext };

/** `no-store` for one user's data, `public` for what anyone may read. */
type Caching = 'no-store' | 'public, max-age=60' | 'no-cache';

export const answer = (
  status: number,
  body: Record<string, unknown>,
  caching: Caching,
  headers: Record<string, string> = {},
): Response => Response.json(toWire(body), { status, headers: { 'cache-control': caching, ...headers } });

/** A field by its name on the wire. Keys inside it, such as header names, are data. */
const wirePath = (path: string) => {
  const [field = '', ...rest] = path.split('.');
  return [wireName(field), ...rest].join('.');
};

const detailOf = (message: string, fields: FieldIssue[]) =>
  fields.length === 0 ? message : fields.map(({ path, message }) => ({ field: wirePath(path), message }));

const refuse = (status: number, detail: unknown, headers: Record<string, string> = {}) =>
  Response.json({ detail }, { status, headers: { 'cache-control': 'no-store', ...headers } });

const tiles = '/log/tile/';
const certificateFiles = '/certificates/';

/** A path without its id, because a visitor can write anything there. */
const routeOf = (request: Request) => {
  const { pathname } = new URL(request.url);
  if (pathname.startsWith(tiles)) return `${tiles}{tile}`;
  if (pathname.startsWith(certificateFiles)) return `${certificateFiles}{file}`;
  return (
    pathname
      .split('/')
      // `/api/v1/verification/<what>/<id>/<verb>`
      .map((part, place) => (place === 5 ? '{id}' : part))
      .join('/')
  );
};

/**
 * Runs a handler for those who have this access, with who asks and the query's parameters, and counts the call against
 * what their account may ask. A query may have only the parameters that are named here. An exception becomes a status and
 * `{"detail": …}`, never a stack trace.
 */
export const answering = <A extends Access>(
  context: RestContext,
  request: Request,
  access: A,
  handle: (actor: ActorOf<A>, query: Record<string, unknown>) => Promise<Response>,
  parameters: readonly string[] = [],
): Promise<Response> =>
  context.services.tracing.span(
    { name: `${request.method} ${routeOf(request)}`, kind: 'server' },
    async ({ say, fail }) => {
      const response = await loggingStatus(context.services, () =>
        answered(context, request, async () => {
          // What is public needs nobody's credential looked up.
          const caller = access === 'public' ? null : await resolveActor(context.auth, request.headers);
          const actor = authorize(caller, access);
          if (actor !== null)
            await spendAccountBudget(context.services, actor, request.method === 'GET' ? 'reads' : 'writes');
          return handle(actor, readQuery(request, parameters));
        }),
      );
      say({ 'http.response.status_code': response.status });
      if (response.status >= 500) fail('An internal fault.');
      return response;
    },
  );

const answered = async (
  { services }: RestContext,
  request: Request,
  handle: () => Promise<Response>,
): Promise<Response> => {
  try {
    return await handle();
  } catch (error) {
    if (error instanceof WireError) return refuse(error.status, error.message);
    const challenge = challengeOf(request.headers, error);
    const { pathname } = new URL(request.url);
    const known =
      error instanceof AppError
        ? error
        : reportFault(services, error, { request: `${request.method} ${pathname}` });
    if (known instanceof AppError)
      return refuse(errorCodes[known.code], detailOf(known.message, known.fields), {
        ...waitHeaders(known),
        ...(challenge === null ? {} : { 'www-authenticate': challenge }),
      });
    return refuse(500, known.message);
  }
};

/** @throws AppError BAD_REQUEST, naming each field. */
export const parseInput = <Schema extends ZodType>(schema: Schema, input: unknown): z.output<Schema> => {
  const parsed = schema.safeParse(input, {
    error: ({ code, input }) => (code === 'invalid_type' && input === undefined ? 'Required.' : undefined),
  });
  if (parsed.success) return parsed.data;
  throw new AppError(
    'BAD_REQUEST',
    'The request has fields that cannot be used.',
    fieldIssuesOf(parsed.error),
  );
};
