import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { expect, test } from 'vitest';
import { changeNumber, scriptedEngine } from '#testing/rigs/scripted-engine.ts';
import type { Judge } from '#verification/judges/judge.ts';
import { AwaitsBatch, type BatchClient, BatchFault } from '#verification/judges/model/batches.ts';
import { observedBatches, observedJudge, observedOracle } from './observed-ports.ts';
import { noMetrics } from './telemetry/metrics.ts';
import { observedGit } from './telemetry/observed-fetch.ts';
import { createTracing } from './telemetry/tracing.ts';

const recorded = () => {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const counted: unknown[] = [];
  const logged: object[] = [];
  const metrics = {
    ...noMetrics,
    judgeAsked: (...args: unknown[]) => void counted.push(args[2]),
    oracleAsked: (...args: unknown[]) => void counted.push(args[1]),
  };
  return {
    telemetry: {
      metrics,
      tracing: createTracing(provider.getTracer('test')),
      log: { warn: (details: object) => void logged.push(details) },
    },
    counted,
    logged,
    spans: () =>
      exporter.getFinishedSpans().map(({ name, attributes, status }) => ({ name, attributes, status })),
  };
};

const judgeThat = (ask: () => Promise<never>): Judge => {
  const { engine } = scriptedEngine({ judge: ask });
  return engine.judge({ provider: 'anthropic', model: 'm' }, null);
};

test('a judge’s question that waits for its batch is not a fault, is not counted and is passed on', async () => {
  const { telemetry, counted, spans } = recorded();
  const waits = new AwaitsBatch('not yet');
  const judge = observedJudge(
    telemetry,
    judgeThat(() => Promise.reject(waits)),
  );
  await expect(judge.open(changeNumber(1)).ask({ measure: 'answer_key' })).rejects.toBe(waits);
  expect(counted).toEqual([]);
  expect(spans()).toMatchObject([{ attributes: { outcome: 'awaits_batch' }, status: { code: 0 } }]);
});

test('an aborted question is passed on and records the name of its error', async () => {
  const { telemetry, spans } = recorded();
  const judge = observedJudge(
    telemetry,
    judgeThat(() => Promise.reject(new RangeError('planted'))),
  );
  await expect(judge.open(changeNumber(1)).ask({ measure: 'answer_key' })).rejects.toThrow('planted');
  expect(spans()).toMatchObject([{ status: { code: 2, message: 'RangeError' } }]);
});

test('a failed oracle is counted and logged, and its span gives the reason in a word', async () => {
  const { telemetry, counted, logged, spans } = recorded();
  const failure = {
    kind: 'failure',
    reason: 'timeout',
    detail: 'planted',
    httpAnswered: false,
    latencyMs: 1,
    retries: 2,
  } as const;
  const oracle = observedOracle(telemetry, { ask: async () => failure }, { type: 'mcp' });
  const pr = { id: '1', title: '', description: '', diff_content: '', files_changed: [] };
  expect(await oracle.ask({ pr, follow_up_question: '' })).toBe(failure);
  expect(counted).toEqual([failure]);
  expect(spans()).toEqual([
    {
      name: 'oracle call',
      attributes: { 'oracle.type': 'mcp', outcome: 'timeout', retries: 2 },
      status: { code: 2, message: 'The oracle gave no answer.' },
    },
  ]);
  // Not what it said.
  expect(logged).toEqual([{ oracle: 'mcp', failure: 'timeout', retries: 2 }]);
});

test('a judge that gives no usable answer or cannot be asked is logged, without what it said', async () => {
  const { telemetry, logged } = recorded();
  const refusing = scriptedEngine({
    judge: async () =>
      ({ ok: false, fault: 'malformed', detail: 'planted', latencyMs: 1, retries: 1 }) as never,
  }).engine.judge({ provider: 'anthropic', model: 'm' }, null);
  await observedJudge(telemetry, refusing).open(changeNumber(1)).ask({ measure: 'answer_key' });
  const broken = judgeThat(() => Promise.reject(new RangeError('planted')));
  await expect(
    observedJudge(telemetry, broken).open(changeNumber(1)).ask({ measure: 'answer_key' }),
  ).rejects.toThrow();
  const about = { judge: 'anthropic', model: expect.any(String), measure: 'answer_key' };
  expect(logged).toEqual([
    { ...about, failure: 'malformed', retries: expect.any(Number) },
    { ...about, failure: 'RangeError' },
  ]);
});

const batchesThat = (results: BatchClient['results']): BatchClient => ({
  submit: async () => 'b',
  state: async () => 'ended',
  cancel: async () => {},
  madeSince: async () => [],
  results,
});

test('the results of a batch are one span, whether they are read to the end, abandoned or cut off', async () => {
  const { telemetry, spans } = recorded();
  const two = async function* () {
    yield { id: '1', kind: 'ask_singly' } as const;
    yield { id: '2', kind: 'ask_singly' } as const;
  };
  const batches = observedBatches(telemetry, batchesThat(two));
  const read: string[] = [];
  for await (const { id } of batches.results('b')) read.push(id);
  for await (const { id } of batches.results('b')) {
    read.push(id);
    break;
  }
  expect(read).toEqual(['1', '2', '1']);
  const broken = async function* () {
    yield { id: '1', kind: 'ask_singly' } as const;
    throw new BatchFault('planted', { passing: true, mayHaveArrived: false });
  };
  const reading = async () => {
    for await (const _ of observedBatches(telemetry, batchesThat(broken)).results('b'));
  };
  await expect(reading()).rejects.toBeInstanceOf(BatchFault);
  expect(spans().map(({ status }) => status)).toEqual([
    { code: 0 },
    { code: 0 },
    { code: 2, message: 'BatchFault' },
  ]);
});

test('only git’s transfers are traced, and never its arguments', async () => {
  const { telemetry, spans } = recorded();
  const outcome = { code: 128, stdout: new Uint8Array(), stderr: 'planted', stopped: null };
  const git = observedGit(telemetry, async () => outcome);
  const options = { timeoutMs: 1, maxBytes: 1 };
  expect(await git(['show', 'planted'], options)).toBe(outcome);
  expect(await git(['-c', 'a=b', 'fetch', 'https://planted@host/x'], options)).toBe(outcome);
  expect(spans()).toEqual([
    {
      name: 'git fetch',
      attributes: { outcome: 'ended', exit_code: 128 },
      status: { code: 2, message: 'git could not fetch from the server.' },
    },
  ]);
});
