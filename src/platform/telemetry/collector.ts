import type { Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';

/** A collector that is away holds up neither a worker's end nor, for long, the next spans. */
const patienceMs = 3_000;

export type Collector = {
  tracer: Tracer;
  /** Sends what is left, waiting at most a few seconds. */
  close(): Promise<void>;
};

/**
 * A tracer that sends its spans to a collector (OTLP over HTTP, JSON). The only module that loads the SDK: it is
 * imported where an endpoint is configured.
 * @param endpoint as OTEL_EXPORTER_OTLP_ENDPOINT has it, without the signal's own path.
 * @param service by which the collector knows this process.
 * @param lost called when spans could not be sent, once until the next ones can.
 */
export const openCollector = (endpoint: string, service: string, lost: () => void): Collector => {
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, timeoutMillis: patienceMs });
  let reached = true;
  const telling: SpanExporter = {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        // 0 is ExportResultCode.SUCCESS.
        const sent = result.code === 0;
        if (!sent && reached) lost();
        reached = sent;
        done(sent ? { code: 0 } : { code: 1 });
      }),
    shutdown: () => exporter.shutdown(),
  };
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: telling,
        scheduledDelayMillis: 1_000,
        exportTimeoutMillis: patienceMs,
      }),
    ],
  });
  return {
    tracer: provider.getTracer('echelon-verify'),
    close: () =>
      Promise.race([
        // What could not be sent was told as lost.
        provider.shutdown().catch(() => undefined),
        new Promise<void>((resolve) => setTimeout(resolve, patienceMs).unref()),
      ]),
  };
};
