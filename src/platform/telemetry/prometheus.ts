import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { JudgeUsage } from '#contracts/replay.ts';
import type { Database } from '#db/client.ts';
import { verdictsOf } from '#verification/replay/stored-verdicts.ts';
import { databaseGauges } from './database-gauges.ts';
import type { Metrics, StoredStep } from './metrics.ts';

/** The answer to a scraper. */
export type Exposition = { contentType: string; text: string };

export type Prometheus = { metrics: Metrics; scrape(): Promise<Exposition> };

const phaseNames = {
  answerKey: 'answer_key',
  oracle: 'oracle',
  precision: 'precision',
  recall: 'recall',
  reply: 'reply',
  baseline: 'baseline',
  second: 'second',
} as const;

type Judgment = { latencyMs: number; retries: number; usage: JudgeUsage; model?: string };

/** The judgments of a step. Empty when the step was taken over from an earlier run. */
const judgmentsOf = ({ step, value }: StoredStep): Judgment[] => {
  switch (step) {
    case 'oracle':
      return [];
    case 'answerKey':
      return [...('reused' in value && value.reused ? [] : [value]), ...(value.variantsAsked ?? [])];
    case 'baseline':
      return value.reused ? [] : verdictsOf(value);
    case 'second':
      return verdictsOf(value);
    default:
      return [value];
  }
};

/**
 * How long the step took. The judgments of one step run in parallel, but a key's variants follow the key. Null when
 * nobody was asked.
 */
const latencyOf = (stored: StoredStep, judgments: Judgment[]): number | null => {
  if (stored.step === 'oracle') return stored.value.latencyMs;
  if (judgments.length === 0) return null;
  const times = judgments.map(({ latencyMs }) => latencyMs);
  return stored.step === 'answerKey' ? times.reduce((sum, ms) => sum + ms, 0) : Math.max(...times);
};

/** Requests name models, so their number is bounded here. Further models count as `other`. */
const mostModels = 20;

const boundedModels = () => {
  const known = new Set<string>();
  return (model: string) => {
    if (known.size < mostModels) known.add(model);
    return known.has(model) ? model : 'other';
  };
};

/** From an offline check's milliseconds to a judge that was asked several times. */
const phaseBucketsSeconds = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600];

/**
 * This process's counters and the database's current gauges, in the text format of Prometheus. The gauges describe the
 * whole installation and are the same from every process.
 */
export const openPrometheus = (db: Database): Prometheus => {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: 'echelon_' });
  const phases = new Histogram({
    name: 'echelon_replay_phase_seconds',
    help: 'Duration of a phase of a replay, including retried calls; without results taken over from earlier runs.',
    labelNames: ['phase'],
    buckets: phaseBucketsSeconds,
    registers,
  });
  const oracleCalls = new Counter({
    name: 'echelon_oracle_calls_total',
    help: 'Questions to oracles by outcome: an answer, or the reason for the failure.',
    labelNames: ['type', 'outcome'],
    registers,
  });
  const judgeCalls = new Counter({
    name: 'echelon_judge_calls_total',
    help: 'Questions to the judge by outcome; a reply from a batch counts each time it is read.',
    labelNames: ['judge', 'measure', 'outcome'],
    registers,
  });
  const githubCalls = new Counter({
    name: 'echelon_github_calls_total',
    help: 'Requests to the GitHub API by status class, including each retry.',
    labelNames: ['outcome'],
    registers,
  });
  const tokens = new Counter({
    name: 'echelon_judge_tokens_total',
    help: 'Tokens of the stored judgments, estimated for the calls in echelon_judge_estimated_calls_total.',
    labelNames: ['model', 'kind'],
    registers,
  });
  const estimatedCalls = new Counter({
    name: 'echelon_judge_estimated_calls_total',
    help: 'Answered calls of the stored judgments whose endpoint did not state their tokens.',
    labelNames: ['model'],
    registers,
  });
  const cost = new Counter({
    name: 'echelon_judge_cost_dollars_total',
    help: 'Cost of the stored judgments in US dollars, for models with a known price.',
    labelNames: ['model'],
    registers,
  });
  const retries = new Counter({
    name: 'echelon_judge_retries_total',
    help: 'Requests repeated to the judge because of limits, overload or broken connections.',
    labelNames: ['model'],
    registers,
  });
  const waits = new Counter({
    name: 'echelon_waits_total',
    help: 'Replays put back on the queue, by what they wait for.',
    labelNames: ['reason'],
    registers,
  });
  const readDatabase = databaseGauges(db, registry);
  const nameOfModel = boundedModels();

  const metrics: Metrics = {
    stepStored: (stored, models) => {
      const judgments = judgmentsOf(stored);
      const latencyMs = latencyOf(stored, judgments);
      if (latencyMs !== null) phases.observe({ phase: phaseNames[stored.step] }, latencyMs / 1000);
      for (const judgment of judgments) {
        const { usage } = judgment;
        const model = nameOfModel(
          judgment.model ?? (stored.step === 'second' ? models.second : models.first),
        );
        tokens.inc({ model, kind: 'input' }, usage.inputTokens);
        tokens.inc({ model, kind: 'cache_write' }, usage.cacheWriteTokens);
        tokens.inc({ model, kind: 'cache_read' }, usage.cacheReadTokens);
        tokens.inc({ model, kind: 'output' }, usage.outputTokens);
        estimatedCalls.inc({ model }, usage.estimatedCalls);
        cost.inc({ model }, usage.costUsd ?? 0);
        retries.inc({ model }, judgment.retries);
      }
    },
    oracleAsked: (type, outcome) =>
      oracleCalls.inc({ type, outcome: outcome.kind === 'answer' ? 'answer' : outcome.reason }),
    judgeAsked: (judge, measure, reply) =>
      judgeCalls.inc({ judge, measure, outcome: reply.ok ? 'answer' : reply.fault }),
    githubAsked: (outcome) => githubCalls.inc({ outcome }),
    waited: (reason) => waits.inc({ reason }),
  };

  return {
    metrics,
    scrape: async () => {
      await readDatabase();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
};
