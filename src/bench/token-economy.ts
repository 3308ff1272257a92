import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { OracleAnswer } from '#contracts/oracle.ts';
import type { JudgeUsage, ReplayCheckpoint } from '#contracts/replay.ts';
import { judgedRun } from '#testing/builders/judged-run.ts';
import { startAnthropicFake } from '#testing/fakes/anthropic/anthropic-fake.ts';
import { promptTokens } from '#testing/fakes/anthropic/cache.ts';
import type { AnthropicRequest } from '#testing/fakes/anthropic/request.ts';
import { totalUsage } from '#verification/judges/judge-usage.ts';
import type { BatchDesk } from '#verification/judges/model/model-client.ts';
import { anthropicJudge } from '#verification/judges/model/model-judge.ts';
import { createPrices } from '#verification/judges/model/prices.ts';
import { instructionsFor } from '#verification/judges/model/prompts/v1/digest.ts';
import { createAnthropicClient } from '#verification/judges/providers/anthropic/client.ts';
import type { SharedJudgments } from '#verification/replay/shared-judgments.ts';
import { neutralise } from '#verification/text/fence.ts';

/** Input cost, in tokens at the plain price: cache writes weigh 1.25, reads 0.1, a batch's calls half. */
export type EconomyFigures = {
  changes: number;
  plain: number;
  /** The first construct on these changes: keys, verdicts; and with the parrot's verdicts. */
  first: number;
  firstWithParrot: number;
  /** The next construct on them: stored keys, and a parrot that was judged already. */
  next: number;
  /** The first construct in economy mode, without and with the parrot's verdicts. */
  economy: number;
  economyWithParrot: number;
};

const model = 'claude-sonnet-5-5';

const weighted = ({ inputTokens, cacheWriteTokens, cacheReadTokens }: JudgeUsage) =>
  inputTokens + 1.25 * cacheWriteTokens + 0.1 * cacheReadTokens;

const ownCalls = ({ answerKey, precision, recall, reply }: ReplayCheckpoint) =>
  [answerKey, precision, recall, reply].flatMap((step) => (step === undefined ? [] : [step.usage]));
const parrotCalls = ({ baseline }: ReplayCheckpoint) =>
  baseline === undefined || baseline.reused
    ? []
    : [baseline.precision, baseline.recall].flatMap((verdict) => verdict?.usage ?? []);

const inMemory = (): ((change: GroundTruth) => SharedJudgments) => {
  const kept = new Map<string, Map<string, unknown>>();
  return ({ id }) => {
    const of = kept.get(id) ?? new Map<string, unknown>();
    kept.set(id, of);
    const read = async <T>(name: string) => {
      const value = (of.get(name) ?? null) as T | null;
      return value && { value, own: false };
    };
    return {
      answerKey: () => read('key'),
      keepAnswerKey: async (outcome) => {
        of.set('key', outcome);
        return outcome;
      },
      parrot: () => read('parrot'),
      keepParrot: async (verdicts) => {
        of.set('parrot', verdicts);
      },
    };
  };
};

/**
 * What the plain plan pays for the same four questions: system prompt, the one task's instructions, the whole pull
 * request and the material, each time anew.
 */
const plainTokens = ({ system, user, schema }: AnthropicRequest): number => {
  const [, pullRequest = ''] = system;
  const task = /^# Task: (answer_key|precision|recall|reply)$/m.exec(user)?.[1];
  if (task === undefined) throw new Error('A request names no task.');
  const instructions = instructionsFor(task as Parameters<typeof instructionsFor>[0]);
  const blocks = [instructions, pullRequest, user].map((text) => ({ role: '', text, ttl: null }));
  return promptTokens({ model, schema, effort: null, blocks });
};

/** The calls about the oracle's own answer, asked again or not: those about the parrot come after them. */
const ownRequests = (requests: AnthropicRequest[], checkpoint: ReplayCheckpoint) => {
  const { answerKey, precision, recall, reply } = checkpoint;
  const asks: [string, number][] = [
    ['answer_key', answerKey?.asks ?? 0],
    ['precision', precision?.asks ?? 0],
    ['recall', recall?.asks ?? 0],
    ['reply', reply?.asks ?? 0],
  ];
  return asks.flatMap(([task, count]) =>
    requests.filter(({ user }) => user.startsWith(`# Task: ${task}\n`)).slice(0, count),
  );
};

/** Measures a run over these changes on the accounting of the API's fake. */
export const measureTokenEconomy = async (
  changes: GroundTruth[],
  answer: (change: GroundTruth) => OracleAnswer,
): Promise<Map<string, EconomyFigures>> => {
  const fake = await startAnthropicFake({ batches: { manual: true } });
  const prices = createPrices();
  const client = createAnthropicClient({
    apiKey: 'sk-ant-test',
    baseURL: fake.url,
    sleep: async (ms) => {
      await delay(ms);
    },
  });
  const batches = client.batches(prices);
  /** Each call in a batch of its own, which ends at once. */
  const desk: BatchDesk = {
    exchange: async (name, { request }) => {
      const batchId = await batches.submit([{ id: name.replaceAll('/', '_').slice(-64), request }]);
      fake.endBatches();
      for await (const result of batches.results(batchId)) if (result.kind === 'reply') return result.reply;
      throw new Error('A batch had no reply.');
    },
  };
  const judgeWith = (used: BatchDesk | null) =>
    anthropicJudge({ client, model, random: randomBytes, prices, batches: used, now: Date.now });
  try {
    const shared = inMemory();
    const first = await judgedRun({ changes, judge: judgeWith(null), answer, shared });
    const firstRequests = fake.requests.splice(0);
    const next = await judgedRun({ changes, judge: judgeWith(null), answer, shared });
    const economy = await judgedRun({ changes, judge: judgeWith(desk), answer });
    return new Map(
      changes.map((change) => {
        const of = (run: typeof first) => run.checkpoints.get(change.id) ?? {};
        const cost = (usages: JudgeUsage[]) => weighted(totalUsage(usages));
        const plain = ownRequests(
          firstRequests.filter(({ system }) => system[1]?.includes(neutralise(change.diff))),
          of(first),
        ).reduce((sum, request) => sum + plainTokens(request), 0);
        return [
          change.id,
          {
            changes: 1,
            plain,
            first: cost(ownCalls(of(first))),
            firstWithParrot: cost([...ownCalls(of(first)), ...parrotCalls(of(first))]),
            next: cost([...ownCalls(of(next)), ...parrotCalls(of(next))]),
            economy: cost(ownCalls(of(economy))) / 2,
            economyWithParrot: cost([...ownCalls(of(economy)), ...parrotCalls(of(economy))]) / 2,
          },
        ];
      }),
    );
  } finally {
    await fake.close();
  }
};

export const addFigures = (figures: EconomyFigures[]): EconomyFigures => {
  const sum = (name: keyof EconomyFigures) => figures.reduce((total, each) => total + each[name], 0);
  return {
    changes: sum('changes'),
    plain: sum('plain'),
    first: sum('first'),
    firstWithParrot: sum('firstWithParrot'),
    next: sum('next'),
    economy: sum('economy'),
    economyWithParrot: sum('economyWithParrot'),
  };
};
