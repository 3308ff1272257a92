import type { JudgeEstimate } from '#contracts/estimate.ts';
import { exclusionReasons, type GroundTruthDraw } from '#contracts/ground-truth.ts';
import { type JudgeProvider, judgeOf } from '#contracts/judge-providers.ts';
import { type EstimateInput, estimateJudging } from '#verification/judges/model/estimate.ts';
import type { CountTokens } from '#verification/judges/model/model-client.ts';
import type { Prices } from '#verification/judges/model/prices.ts';
import { rounded } from '#verification/statistics/aggregate.ts';
import { assumedSpread, powerOf } from '#verification/statistics/power.ts';
import { exclusionWords } from './certificate-view.ts';
import { type Paint, plain } from './terminal.ts';

type Amount = { calls: number; input_tokens: number; output_tokens: number; cost_usd: number | null };

export type Estimate = {
  dry_run: true;
  source: string;
  changes: number;
  reserve: number;
  listed: number;
  excluded: GroundTruthDraw['excluded'];
  seed: string;
  judge: JudgeProvider;
  model: string;
  oracle_calls: number;
  judge_calls: { least: Amount; most: Amount };
  method: string;
  /** What so many replays can tell, on the scale 0 to 1. Null: a run of one replay tells nothing. */
  power: { half_width: number; smallest_difference: number | null; sd: number; design_effect: number } | null;
};

const none: Amount = { calls: 0, input_tokens: 0, output_tokens: 0, cost_usd: 0 };

const amountOf = ({ calls, inputTokens, outputTokens, costUsd }: JudgeEstimate['least']): Amount => ({
  calls,
  input_tokens: inputTokens,
  output_tokens: outputTokens,
  cost_usd: costUsd === null ? null : Math.round(costUsd * 1e4) / 1e4,
});

/** Estimates the calls and the cost of a run over this draw. Asks no oracle and no judge; it may count tokens. */
export const estimateDraw = async (
  draw: GroundTruthDraw,
  run: {
    judge: JudgeProvider;
    model: string;
    seed: string;
    economy: boolean;
    baselineReplays: number;
    agreement: EstimateInput['agreement'];
    variantsAuthor: EstimateInput['variantsAuthor'];
  },
  ports: { prices: Prices; countTokens: CountTokens | null },
): Promise<Estimate> => {
  const { judge, model, seed } = run;
  const judging =
    judgeOf(judge).model === null
      ? null
      : await estimateJudging({
          ...run,
          ...ports,
          provider: judge,
          changes: draw.drawn,
          replays: draw.drawn.length,
        });
  // The command line keeps no certificates of earlier runs, so how scores vary is assumed.
  return {
    dry_run: true,
    source: draw.source,
    changes: draw.drawn.length,
    reserve: draw.reserve.length,
    listed: draw.listed,
    excluded: draw.excluded,
    seed,
    judge,
    model,
    oracle_calls: draw.drawn.length,
    judge_calls:
      judging === null
        ? { least: none, most: none }
        : { least: amountOf(judging.least), most: amountOf(judging.most) },
    method: judging?.method ?? 'The offline check makes no call and costs nothing.',
    power: powerOfReplays(draw.drawn.length),
  };
};

const range = (least: number, most: number) =>
  least === most
    ? least.toLocaleString('en')
    : `${least.toLocaleString('en')} to ${most.toLocaleString('en')}`;

const cost = ({ least, most }: Estimate['judge_calls']) =>
  least.cost_usd === null || most.cost_usd === null
    ? 'unknown, because the price of a model is: state it in JUDGE_PRICES'
    : `${least.cost_usd.toFixed(2)} to ${most.cost_usd.toFixed(2)} USD`;

const scoreText = (value: number) => value.toFixed(3);

/** What so many replays can tell, before any is known. */
const powerOfReplays = (replays: number): Estimate['power'] => {
  const power = powerOf(replays, assumedSpread);
  return (
    power && {
      half_width: rounded(power.halfWidth),
      smallest_difference: power.smallestDifference && rounded(power.smallestDifference),
      sd: assumedSpread.sd,
      design_effect: assumedSpread.designEffect,
    }
  );
};

const powerText = ({ power, changes }: Pick<Estimate, 'power' | 'changes'>) => {
  if (power === null) return 'nothing: one replay has no interval worth reading';
  const difference =
    power.smallest_difference === null
      ? 'a comparison needs at least 30'
      : `a comparison on the same changes would find a difference of ${scoreText(power.smallest_difference)} with power 0.8`;
  return `the composite to about ±${scoreText(power.half_width)} with ${changes} replays; ${difference} (assumed, not measured: composites, and their differences, have a standard deviation of ${scoreText(power.sd)}, and pull requests do not depend on each other; where they do, as those of one author or week may, the interval is wider)`;
};

/** What a run of up to so many replays can tell, in a line. */
export const canTellText = (replays: number): string =>
  `Can tell: ${powerText({ power: powerOfReplays(replays), changes: replays })}`;

export const viewEstimate = (estimate: Estimate, paint: Paint): string => {
  const { judge_calls: judged } = estimate;
  const reasons = exclusionReasons.filter((reason) => (estimate.excluded[reason] ?? 0) > 0);
  const leftOut = reasons.map((reason) => `${estimate.excluded[reason]} ${exclusionWords[reason]}`);
  const rows = [
    ['Ground truth', `${estimate.source}, seed ${estimate.seed}`],
    [
      'Changes',
      `${estimate.changes} drawn of ${estimate.listed} listed, ${estimate.reserve} in reserve; left out: ${leftOut.length === 0 ? 'none' : leftOut.join(', ')}`,
    ],
    ['Can tell', powerText(estimate)],
    ['Oracle', `${estimate.oracle_calls} calls`],
    ['Judge', `${estimate.judge}, ${estimate.model}`],
    ...(judgeOf(estimate.judge).model === null
      ? [['Cost', '0 USD']]
      : [
          ['', `${range(judged.least.calls, judged.most.calls)} calls`],
          [
            '',
            `${range(judged.least.input_tokens, judged.most.input_tokens)} tokens in, ${range(judged.least.output_tokens, judged.most.output_tokens)} out`,
          ],
          ['Cost', cost(judged)],
        ]),
  ];
  return [
    paint('bold', 'Dry run: neither oracle nor judge was called.'),
    ...rows.map(([name = '', text = '']) => `  ${paint('bold', name.padEnd(14))}${plain(text)}`),
    paint('dim', `  ${estimate.method}`),
  ].join('\n');
};
