import { initTRPC, TRPCError } from '@trpc/server';
import { ZodError } from 'zod';
import { type Access, authorize } from '#auth/authorize.ts';
import type { AuthContext } from '#auth/context.ts';
import type { Caller } from '#auth/resolve-actor.ts';
import { AppError, type FieldIssue } from '#contracts/errors.ts';
import { fieldIssuesOf } from '#contracts/field-issues.ts';
import { trialCalls } from '#contracts/request.ts';
import { Fault, reportFault, type ServiceContext, spendAccountBudget } from '#services/ground/index.ts';
import { loggingStatus } from '#services/state/index.ts';

/**
 * What every procedure gets. `actor` is null if nobody is signed in, `page` (an origin) if no page asks, and `address` if
 * the client's is not known.
 */
export type TrpcContext = {
  services: ServiceContext;
  auth: AuthContext;
  actor: Caller;
  page?: string | null;
  address: string | null;
};

const fieldsOf = (error: TRPCError): FieldIssue[] => {
  if (error.cause instanceof AppError) return error.cause.fields;
  if (error.code === 'BAD_REQUEST' && error.cause instanceof ZodError) return fieldIssuesOf(error.cause);
  return [];
};

const inWords = (fields: FieldIssue[]) =>
  fields.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join(' ');

const t = initTRPC.context<TrpcContext>().create({
  sse: {
    // Pings keep proxies from closing a quiet stream. A client that gets none reconnects.
    ping: { enabled: true, intervalMs: 15_000 },
    client: { reconnectAfterInactivityMs: 45_000 },
    // The caller is checked only when a stream begins, so a stream ends soon, and the client reconnects.
    maxDurationMs: 5 * 60_000,
  },
  // Stacks go to the log only, in development too.
  isDev: false,
  errorFormatter: ({ shape, error }) => {
    const fields = fieldsOf(error);
    const unforeseen = error.code === 'INTERNAL_SERVER_ERROR' && !(error.cause instanceof Fault);
    return {
      ...shape,
      message: unforeseen
        ? 'An internal fault.'
        : error.cause instanceof ZodError
          ? inWords(fields)
          : shape.message,
      /** For BAD_REQUEST, what is wrong with each field of the input. Otherwise empty. */
      data: { ...shape.data, fields },
    };
  },
});

/** What a caller may know of an exception. An unexpected one goes to the log, and its id leaves. */
export const refusalOf = (
  { services }: Pick<TrpcContext, 'services'>,
  thrown: unknown,
  path: string,
): TRPCError => {
  const cause = thrown instanceof TRPCError && thrown.cause !== undefined ? thrown.cause : thrown;
  if (!(cause instanceof AppError) && thrown instanceof TRPCError && thrown.code !== 'INTERNAL_SERVER_ERROR')
    return thrown;
  const known = cause instanceof AppError ? cause : reportFault(services, cause, { procedure: path });
  const code = known instanceof AppError ? known.code : 'INTERNAL_SERVER_ERROR';
  return new TRPCError({ code, message: known.message, cause: known });
};

async function* streamOf(context: TrpcContext, path: string, values: AsyncIterable<unknown>) {
  try {
    yield* values;
  } catch (error) {
    throw refusalOf(context, error, path);
  }
}

/**
 * Verbs throw `AppError`, a subscription also in the middle of its stream. A try/catch around `next()` would never fire,
 * because `next()` returns the outcome.
 */
const mapErrors = t.middleware(async ({ ctx, next, path, type }) => {
  const result = await next();
  if (!result.ok) throw refusalOf(ctx, result.error, path);
  if (type !== 'subscription') return result;
  return { ...result, data: streamOf(ctx, path, result.data as AsyncIterable<unknown>) };
});

/** A span for each call of a procedure, with its name and outcome. The input is left out, because it holds secrets. */
const observe = t.middleware(({ ctx, next, path, type }) =>
  ctx.services.tracing.span(
    { name: `procedure ${path}`, kind: 'server', attributes: { 'procedure.type': type } },
    async ({ say, fail }) => {
      const result = await loggingStatus(ctx.services, () => next());
      say({ outcome: result.ok ? 'ok' : result.error.code });
      if (!result.ok && result.error.code === 'INTERNAL_SERVER_ERROR') fail('An internal fault.');
      return result;
    },
  ),
);

export const router = t.router;
export const createCallerFactory = t.createCallerFactory;

/**
 * A procedure for those who have this access. Its handler's `ctx.actor` is who asks; the call counts against what their
 * account may ask.
 */
export const procedureFor = <A extends Access>(access: A) =>
  t.procedure
    .use(observe)
    .use(mapErrors)
    .use(async ({ ctx, next, path, type }) => {
      const actor = authorize(ctx.actor, access);
      if (actor !== null && access !== 'public') {
        const kind = trialCalls.includes(path) ? 'trials' : type === 'mutation' ? 'writes' : 'reads';
        await spendAccountBudget(ctx.services, actor, kind);
      }
      return next({ ctx: { ...ctx, actor } });
    });
