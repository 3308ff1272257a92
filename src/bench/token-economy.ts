import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { OracleAnswer } from '#contracts/oracle.ts';
import type { JudgeUsage, ReplayCheckpoint } from '#contracts/replay.ts';
import { judgedRun } from '#testing/builders/judged-run.ts';
import { type MeteredRequest, startMeteredModel, tokensOfPrompt } from '#testing/rigs/metered-model.ts';
import { totalUsage } from '#verification/judges/judge-usage.ts';
import { instructionsFor } from '#verification/judges/model/prompts/v2/digest.ts';
import type { SharedJudgments } from '#verification/replay/shared-judgments.ts';
import { neutralise } from '#verification/text/fence.ts';

/** Input cost, in tokens at the plain price: cache writes weigh 1.25, reads 0.1, a batch's calls half. */
export type EconomyFigures = {
  changes: number;
  plain: number;
  /** The first construct on these changes pays for keys and verdicts. The second figure adds the baseline's verdicts. */
  first: number;
  firstWithBaseline: number;
  /** The next construct on them uses stored keys and a baseline that is already judged. */
  next: number;
  /** The first construct in economy mode, without and with the baseline's verdicts. */
  economy: number;
  economyWithBaseline: number;
};

const weighted = ({ inputTokens, cacheWriteTokens, cacheReadTokens }: JudgeUsage) =>
  inputTokens + 1.25 * cacheWriteTokens + 0.1 * cacheReadTokens;

const ownCalls = ({ answerKey, precision, recall, reply }: ReplayCheckpoint) =>
  [answerKey, precision, recall, reply].flatMap((step) => (step === undefined ? [] : [step.usage]));
const baselineCalls = ({ baseline }: ReplayCheckpoint) =>
  baseline === undefined || baseline.reused
    ? []
    : [baseline.precision, baseline.recall, baseline.reply].flatMap((verdict) => verdict?.usage ?? []);

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
      baseline: () => read('baseline'),
      keepBaseline: async (verdicts) => {
        of.set('baseline', verdicts);
      },
    };
  };
};

/**
 * What the plain plan pays for the same four questions: each call sends the system prompt, its task's instructions, the
 * whole pull request and the material in full.
 */
const plainTokens = (request: MeteredRequest): number => {
  const { system, user } = request;
  const [, pullRequest = ''] = system;
  const task = /^# Task: (answer_key|precision|recall|reply)$/m.exec(user)?.[1];
  if (task === undefined) throw new Error('A request names no task.');
  const instructions = instructionsFor(task as Parameters<typeof instructionsFor>[0]);
  return tokensOfPrompt([instructions, pullRequest, user], request);
};

/** Measures a run over these changes by the token accounting of a fake model API. */
export const measureTokenEconomy = async (
  changes: GroundTruth[],
  answer: (change: GroundTruth) => OracleAnswer,
): Promise<Map<string, EconomyFigures>> => {
  const model = await startMeteredModel();
  try {
    // Without the baseline first, so that every request is about the oracle's own answer.
    const own = await judgedRun({
      changes,
      judge: model.judge({ economy: false }),
      answer,
      baseline: false,
    });
    const ownRequests = model.requests.splice(0);
    const shared = inMemory();
    const first = await judgedRun({ changes, judge: model.judge({ economy: false }), answer, shared });
    const next = await judgedRun({ changes, judge: model.judge({ economy: false }), answer, shared });
    const economy = await judgedRun({ changes, judge: model.judge({ economy: true }), answer });
    return new Map(
      changes.map((change) => {
        const of = (run: typeof first) => run.checkpoints.get(change.id) ?? {};
        const cost = (usages: JudgeUsage[]) => weighted(totalUsage(usages));
        const plain = ownRequests
          .filter(({ system }) => system[1]?.includes(neutralise(change.diff)))
          .reduce((sum, request) => sum + plainTokens(request), 0);
        return [
          change.id,
          {
            changes: 1,
            plain,
            first: cost(ownCalls(of(own))),
            firstWithBaseline: cost([...ownCalls(of(first)), ...baselineCalls(of(first))]),
            next: cost([...ownCalls(of(next)), ...baselineCalls(of(next))]),
            economy: cost(ownCalls(of(economy))) / 2,
            economyWithBaseline: cost([...ownCalls(of(economy)), ...baselineCalls(of(economy))]) / 2,
          },
        ];
      }),
    );
  } finally {
    await model.close();
  }
};

export const addFigures = (figures: EconomyFigures[]): EconomyFigures => {
  const sum = (name: keyof EconomyFigures) => figures.reduce((total, each) => total + each[name], 0);
  return {
    changes: sum('changes'),
    plain: sum('plain'),
    first: sum('first'),
    firstWithBaseline: sum('firstWithBaseline'),
    next: sum('next'),
    economy: sum('economy'),
    economyWithBaseline: sum('economyWithBaseline'),
  };
};
