import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { expect, test } from 'vitest';
import { createTracing } from './tracing.ts';

const recorded = () => {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  return { tracing: createTracing(provider.getTracer('test')), spans: () => exporter.getFinishedSpans() };
};

const nothing = async () => {};

test('a nested span is a child and inherits the ids of the work', async () => {
  const { tracing, spans } = recorded();
  await tracing.span({ name: 'outer', kind: 'consumer', ids: { runId: 'r', replayId: 'p' } }, () =>
    tracing.span({ name: 'inner', kind: 'client', attributes: { count: 2 } }, nothing),
  );
  const [inner, outer] = spans();
  expect(inner?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId);
  expect(inner?.attributes).toEqual({ 'run.id': 'r', 'replay.id': 'p', count: 2 });
});

test('a traceparent continues the trace in another process', async () => {
  const [here, there] = [recorded(), recorded()];
  let sent: string | undefined;
  await here.tracing.span({ name: 'request', kind: 'server' }, async () => {
    sent = here.tracing.traceparent();
  });
  const [request] = here.spans();
  const { traceId, spanId } = request?.spanContext() ?? {};
  // https://www.w3.org/TR/trace-context/#traceparent-header: version, trace, parent, flags (1: sampled).
  expect(sent).toBe(`00-${traceId}-${spanId}-01`);
  await there.tracing.span({ name: 'job', kind: 'consumer', parent: sent }, nothing);
  expect(there.spans()[0]?.spanContext().traceId).toBe(traceId);
  expect(there.spans()[0]?.parentSpanContext?.spanId).toBe(spanId);
});

test('a traceparent of zeros starts a new trace', async () => {
  const { tracing, spans } = recorded();
  const parent = `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`;
  await tracing.span({ name: 'job', kind: 'consumer', parent }, nothing);
  expect(spans()[0]?.parentSpanContext).toBeUndefined();
});

test('a span records only the name of an error, and the error is rethrown unchanged', async () => {
  const { tracing, spans } = recorded();
  const error = new TypeError('planted');
  const broken = tracing.span({ name: 'call', kind: 'client' }, () => Promise.reject(error));
  await expect(broken).rejects.toBe(error);
  const [span] = spans();
  expect(span?.status).toEqual({ code: 2, message: 'TypeError' });
  expect(span?.events).toEqual([]);
  const named = Object.assign(new Error('x'), { name: 'planted: https://host/?key=planted' });
  await expect(tracing.span({ name: 'call', kind: 'client' }, () => Promise.reject(named))).rejects.toBe(
    named,
  );
  expect(spans()[1]?.status.message).toBe('Error');
});

test('logs get the ids of the work, the trace if there is one, and nothing outside all work', async () => {
  const { tracing, spans } = recorded();
  expect(tracing.here()).toEqual({});
  let within = {};
  await tracing.span({ name: 'job', kind: 'consumer', ids: { runId: 'r' } }, async () => {
    within = tracing.here();
  });
  expect(within).toEqual({ runId: 'r', traceId: spans()[0]?.spanContext().traceId });

  const untraced = createTracing(null);
  await untraced.span({ name: 'job', kind: 'consumer', ids: { runId: 'r' } }, async () => {
    within = untraced.here();
    expect(untraced.traceparent()).toBeUndefined();
  });
  expect(within).toEqual({ runId: 'r' });
});
