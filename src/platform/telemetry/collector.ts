import type { Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';

/** A collector that is away must not delay a worker's end, nor the next spans for long. */
const patienceMs = 3_000;

export type Collector = {
  tracer: Tracer;
  /** Sends the remaining spans, and waits at most a few seconds. */
  close(): Promise<void>;
};

/**
 * A tracer that sends its spans to a collector (OTLP over HTTP, JSON). Only this module loads the SDK, and it is
 * imported only when an endpoint is configured.
 * @param endpoint as in OTEL_EXPORTER_OTLP_ENDPOINT, without the path of the signal.
 * @param service the name of this process in the collector.
 * @param lost called when spans could not be sent, and not again until sending works.
 */
export const openCollector = (endpoint: string, service: string, lost: () => void): Collector => {
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, timeoutMillis: patienceMs });
  let reached = true;
  const reporting: SpanExporter = {
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
        exporter: reporting,
        scheduledDelayMillis: 1_000,
        exportTimeoutMillis: patienceMs,
      }),
    ],
  });
  return {
    tracer: provider.getTracer('echelon-verify'),
    close: () =>
      Promise.race([
        // `lost` has already reported what could not be sent.
        provider.shutdown().catch(() => undefined),
        new Promise<void>((resolve) => setTimeout(resolve, patienceMs).unref()),
      ]),
  };
};
