import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';

/** Kinds, counts and outcomes in words of our own: never a URL, a header, a body or anybody's text. */
export type SpanAttributes = Record<string, string | number | boolean>;

/** Whose work it is: what is done within it, and what is logged within it, is known by these. */
export type WorkIds = { runId?: string | undefined; replayId?: string | undefined };

export type SpanOptions = {
  name: string;
  /** `server` answers a request, `consumer` carries out a job, `client` calls out. */
  kind: 'server' | 'consumer' | 'client' | 'internal';
  ids?: WorkIds;
  attributes?: SpanAttributes;
  /** The traceparent of what asked for this, where that was another process; else it is what surrounds it here. */
  parent?: string | undefined;
};

export type OpenSpan = {
  say(attributes: SpanAttributes): void;
  /** It ended badly, though nothing was thrown. */
  fail(words: string): void;
};

/** A port: what is worked on, told to the logs and, where one is configured, to a collector of traces. */
export type Tracing = {
  /** Does `work` within a span. What it throws leaves no more than its name there. */
  span<T>(options: SpanOptions, work: (span: OpenSpan) => Promise<T>): Promise<T>;
  /** What is worked on here; empty outside of all spans, without `traceId` where nothing is recorded. */
  here(): WorkIds & { traceId?: string };
  /** Of the span that this is called in, as W3C Trace Context has it; undefined where nothing is recorded. */
  traceparent(): string | undefined;
};

const kinds = {
  server: SpanKind.SERVER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
};

const present = (ids: WorkIds) => ({
  ...(ids.runId === undefined ? {} : { runId: ids.runId }),
  ...(ids.replayId === undefined ? {} : { replayId: ids.replayId }),
});

/** An error's message may repeat what was sent; its name is a word of the code. */
const nameOf = (error: unknown): string =>
  error instanceof Error && /^\w{1,60}$/.test(error.name) ? error.name : 'Error';

const remoteParent = (traceparent: string): Context => {
  const [, traceId = '', spanId = '', flags = ''] = traceparent.split('-');
  const parent = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(parent) ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
};

type Surroundings = { ids: WorkIds; span: Span | null };

/**
 * @param tracer null where no traces are recorded; what is worked on is known to the logs all the same. It is never
 * registered as OpenTelemetry's global one: libraries (the queue, the web framework) would then add spans of their
 * own, with addresses and messages of errors in them.
 */
export const createTracing = (tracer: Tracer | null): Tracing => {
  const storage = new AsyncLocalStorage<Surroundings>();
  return {
    span: async ({ name, kind, ids = {}, attributes = {}, parent }, work) => {
      const outer = storage.getStore();
      const about: WorkIds = { ...outer?.ids, ...present(ids) };
      const local = outer?.span ? trace.setSpan(ROOT_CONTEXT, outer.span) : ROOT_CONTEXT;
      const span =
        tracer?.startSpan(
          name,
          {
            kind: kinds[kind],
            attributes: {
              ...(about.runId === undefined ? {} : { 'run.id': about.runId }),
              ...(about.replayId === undefined ? {} : { 'replay.id': about.replayId }),
              ...attributes,
            },
          },
          parent === undefined ? local : remoteParent(parent),
        ) ?? null;
      const fail = (message: string) => span?.setStatus({ code: SpanStatusCode.ERROR, message });
      try {
        return await storage.run({ ids: about, span }, () =>
          work({ say: (said) => span?.setAttributes(said), fail }),
        );
      } catch (error) {
        fail(nameOf(error));
        throw error;
      } finally {
        span?.end();
      }
    },

    here: () => {
      const { ids = {}, span = null } = storage.getStore() ?? {};
      return { ...ids, ...(span === null ? {} : { traceId: span.spanContext().traceId }) };
    },

    traceparent: () => {
      const span = storage.getStore()?.span;
      if (!span) return undefined;
      const { traceId, spanId, traceFlags } = span.spanContext();
      return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
    },
  };
};
