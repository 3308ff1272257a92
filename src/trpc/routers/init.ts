import { initTRPC, TRPCError } from '@trpc/server';
import { ZodError } from 'zod';
import type { AuthContext } from '#auth/context.ts';
import { AppError, type FieldIssue } from '#contracts/errors.ts';
import { type Actor, Fault, reportFault, type ServiceContext } from '#services/ground/index.ts';
import { loggingStatus } from '#services/state/index.ts';

/** What every procedure works with; `actor` is null where nobody is signed in. */
export type TrpcContext = { services: ServiceContext; auth: AuthContext; actor: Actor | null };

const fieldsOf = (error: TRPCError): FieldIssue[] => {
  if (error.cause instanceof AppError) return error.cause.fields;
  if (error.code === 'BAD_REQUEST' && error.cause instanceof ZodError)
    return error.cause.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  return [];
};

const inWords = (fields: FieldIssue[]) =>
  fields.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join(' ');

const t = initTRPC.context<TrpcContext>().create({
  sse: {
    // A comment now and then keeps proxies from closing a quiet stream; a client that hears none connects again.
    ping: { enabled: true, intervalMs: 15_000 },
    client: { reconnectAfterInactivityMs: 45_000 },
    // Who asks is found out when a stream begins, so it must not outlive a sign-in for long: the client connects again.
    maxDurationMs: 5 * 60_000,
  },
  // A stack is for the log, in development too.
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
      /** What was wrong with which field of the input, for BAD_REQUEST; else empty. */
      data: { ...shape.data, fields },
    };
  },
});

/**
 * Verbs throw `AppError`; what else comes out of one is a fault, told to the log and answered by its id alone. A
 * try/catch around `next()` never fires: the outcome is in what it returns.
 */
const mapErrors = t.middleware(async ({ ctx, next, path }) => {
  const result = await next();
  if (result.ok) return result;
  const { error } = result;
  if (error.cause instanceof AppError)
    throw new TRPCError({ code: error.cause.code, message: error.cause.message, cause: error.cause });
  if (error.code !== 'INTERNAL_SERVER_ERROR') return result;
  const fault = reportFault(ctx.services, error.cause ?? error, { procedure: path });
  throw new TRPCError({ code: 'INTERNAL_SERVER_ERROR', message: fault.message, cause: fault });
});

/** A span for each call of a procedure, by its name and how it ended: what a run is created with stays out of it. */
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
export const publicProcedure = t.procedure.use(observe).use(mapErrors);
export const protectedProcedure = publicProcedure.use(({ ctx, next }) => {
  if (ctx.actor === null)
    throw new TRPCError({
      code: 'UNAUTHORIZED',
      message: 'Sign in first, or send a personal token as Authorization: Bearer.',
    });
  return next({ ctx: { ...ctx, actor: ctx.actor } });
});
