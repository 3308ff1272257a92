import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { noUsage, type PrecisionVerdict } from '#contracts/replay.ts';
import { openSender } from '#queue/pg-boss.ts';
import { judgedCheckpoint } from '#testing/builders/replay-checkpoint.ts';
import { testDatabase } from '#testing/rigs/database.ts';
import { openPrometheus } from './prometheus.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const models = { first: 'asked-model', second: 'second-model' };
const verdict = (model: string): PrecisionVerdict => ({
  kind: 'judged',
  model,
  control: false,
  asks: 2,
  retries: 3,
  latencyMs: 1_500,
  usage: {
    ...noUsage,
    calls: 2,
    estimatedCalls: 1,
    inputTokens: 100,
    cacheReadTokens: 40,
    outputTokens: 7,
    costUsd: 0.25,
  },
  claims: [],
  claimsMade: 0,
  claimsCut: 0,
  canaries: [],
});
const linesOf = async (prometheus: ReturnType<typeof openPrometheus>, start: string) =>
  (await prometheus.scrape()).text.split('\n').filter((line) => line.startsWith(start));

test('a stored verdict counts its time, tokens, cost and retries under the model that gave it', async () => {
  const prometheus = openPrometheus(database.db);
  prometheus.metrics.stepStored({ step: 'precision', value: verdict('that-model') }, models);
  expect(await linesOf(prometheus, 'echelon_replay_phase_seconds_sum')).toEqual([
    'echelon_replay_phase_seconds_sum{phase="precision"} 1.5',
  ]);
  expect(await linesOf(prometheus, 'echelon_judge_')).toEqual([
    'echelon_judge_tokens_total{model="that-model",kind="input"} 100',
    'echelon_judge_tokens_total{model="that-model",kind="cache_write"} 0',
    'echelon_judge_tokens_total{model="that-model",kind="cache_read"} 40',
    'echelon_judge_tokens_total{model="that-model",kind="output"} 7',
    'echelon_judge_estimated_calls_total{model="that-model"} 1',
    'echelon_judge_cost_dollars_total{model="that-model"} 0.25',
    'echelon_judge_retries_total{model="that-model"} 3',
  ]);
});

test('results that an earlier run paid for count neither as time nor as cost', async () => {
  const prometheus = openPrometheus(database.db);
  prometheus.metrics.stepStored(
    {
      step: 'answerKey',
      value: {
        kind: 'impossible',
        cause: 'change',
        reason: 'r',
        reused: true,
        asks: 0,
        retries: 0,
        latencyMs: 0,
        usage: noUsage,
      },
    },
    models,
  );
  expect(await linesOf(prometheus, 'echelon_judge_')).toEqual([]);
  expect(await linesOf(prometheus, 'echelon_replay_phase_seconds_count')).toEqual([]);
});

test('a key counts with the calls for its variants, each under the model that was asked', async () => {
  const prometheus = openPrometheus(database.db);
  const usageOf = (costUsd: number) => ({ ...noUsage, calls: 1, costUsd });
  const took = { asks: 1, retries: 0, latencyMs: 495 };
  // It took 10 ms.
  const { answerKey } = judgedCheckpoint(
    { claims: [], changes: [true], replyAccuracy: 1 },
    'key-model',
    usageOf(0.5),
  );
  prometheus.metrics.stepStored(
    {
      step: 'answerKey',
      value: {
        ...answerKey,
        variantsAsked: [
          { model: 'other-model', ...took, usage: usageOf(0.25) },
          { model: 'key-model', ...took, usage: usageOf(0.125) },
        ],
      },
    },
    models,
  );
  expect(await linesOf(prometheus, 'echelon_replay_phase_seconds_sum')).toEqual([
    'echelon_replay_phase_seconds_sum{phase="answer_key"} 1',
  ]);
  expect(await linesOf(prometheus, 'echelon_judge_cost_dollars_total')).toEqual([
    'echelon_judge_cost_dollars_total{model="key-model"} 0.625',
    'echelon_judge_cost_dollars_total{model="other-model"} 0.25',
  ]);
});

test('only a few of many model names become labels', async () => {
  const prometheus = openPrometheus(database.db);
  for (let number = 0; number < 100; number += 1)
    prometheus.metrics.stepStored({ step: 'precision', value: verdict(`model-${number}`) }, models);
  const lines = await linesOf(prometheus, 'echelon_judge_cost_dollars_total');
  expect(lines).toHaveLength(21);
  expect(lines).toContain('echelon_judge_cost_dollars_total{model="other"} 20');
});

test('all queues, including empty ones, are read from the database at each scrape', async () => {
  const prometheus = openPrometheus(database.db);
  const series = 'echelon_queue_jobs{queue="ingest-run",state="created"}';
  expect(await linesOf(prometheus, series)).toEqual([`${series} 0`]);
  const { sender, close } = openSender(database.db);
  await sender.enqueue(database.db, [{ name: 'ingest-run', data: { runId: randomUUID() } }]);
  await close();
  expect(await linesOf(prometheus, series)).toEqual([`${series} 1`]);
  expect(await linesOf(prometheus, 'echelon_database_up')).toEqual(['echelon_database_up 1']);
});

test('when the database is away, only its gauges are missing', async () => {
  const gone = await testDatabase();
  const prometheus = openPrometheus(gone.db);
  await gone.close();
  expect(await linesOf(prometheus, 'echelon_database_up')).toEqual(['echelon_database_up 0']);
  expect(await linesOf(prometheus, 'echelon_queue_jobs')).toEqual([]);
  expect(await linesOf(prometheus, 'echelon_process_cpu_seconds_total')).toHaveLength(1);
});
