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

/** Kinds, counts and outcomes in our own words: never a URL, a header, a body or anyone's text. */
export type SpanAttributes = Record<string, string | number | boolean>;

/** Identifies the work: everything done and logged inside a span has these ids. */
export type WorkIds = {
  runId?: string | undefined;
  replayId?: string | undefined;
  inquiryId?: string | undefined;
  /** Of an entry of the log. */
  subject?: string | undefined;
};

export type SpanOptions = {
  name: string;
  /** `server` answers a request, `consumer` runs a job, `client` calls out. */
  kind: 'server' | 'consumer' | 'client' | 'internal';
  ids?: WorkIds;
  attributes?: SpanAttributes;
  /** The traceparent of the caller if it is another process. Default: the surrounding span. */
  parent?: string | undefined;
};

export type OpenSpan = {
  say(attributes: SpanAttributes): void;
  /** Marks the span as failed when nothing was thrown. */
  fail(words: string): void;
};

/** A port: reports the current work to the logs and, if one is configured, to a trace collector. */
export type Tracing = {
  /** Runs `work` within a span. Of an error that it throws, the span records only the name. */
  span<T>(options: SpanOptions, work: (span: OpenSpan) => Promise<T>): Promise<T>;
  /** The current work. Empty outside all spans; without `traceId` when nothing is recorded. */
  here(): WorkIds & { traceId?: string };
  /** The current span's traceparent (W3C Trace Context). Undefined when nothing is recorded. */
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
  ...(ids.inquiryId === undefined ? {} : { inquiryId: ids.inquiryId }),
  ...(ids.subject === undefined ? {} : { subject: ids.subject }),
});

/** An error's message may repeat what was sent; its name comes from code. */
const nameOf = (error: unknown): string =>
  error instanceof Error && /^\w{1,60}$/.test(error.name) ? error.name : 'Error';

const remoteParent = (traceparent: string): Context => {
  const [, traceId = '', spanId = '', flags = ''] = traceparent.split('-');
  const parent = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(parent) ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
};

type Surroundings = { ids: WorkIds; span: Span | null };

/**
 * @param tracer null when no traces are recorded; the logs still get the ids of the work. It is never registered as
 * OpenTelemetry's global tracer: libraries (the queue, the web framework) would then add their own spans with addresses
 * and error messages.
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
