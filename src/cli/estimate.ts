import { exclusionReasons, type GroundTruth, type GroundTruthDraw } from '#contracts/ground-truth.ts';
import type { JudgeProvider } from '#contracts/judge.ts';
import { callCostUsd, pricesAsOf } from '#verification/judges/anthropic/prices.ts';
import { taskPrompts } from '#verification/judges/anthropic/prompts/v1/digest.ts';
import { sharedPrefix } from '#verification/judges/anthropic/request.ts';
import { type Paint, plain } from './terminal.ts';

/** Source code comes to about three characters a token, prose to four: the lower one overstates a little. */
const charactersPerToken = 3;
/** Beside the prompts: the oracle's claims, the key, summary and response, by their usual length, in tokens. */
const materialTokens = { answer_key: 0, precision: 1500, recall: 1500, reply: 500 } as const;
const answerTokens = { answer_key: 1500, precision: 1500, recall: 800, reply: 150 } as const;
const calls = ['answer_key', 'precision', 'recall', 'reply'] as const;

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
  /** From every call answered at once and the shared prefix read from the cache, to each asked twice without it. */
  judge_calls: { least: Amount; most: Amount };
  method: string;
};

const tokensOf = (characters: number) => Math.ceil(characters / charactersPerToken);

const none: Amount = { calls: 0, input_tokens: 0, output_tokens: 0, cost_usd: 0 };

const added = (a: Amount, b: Amount): Amount => ({
  calls: a.calls + b.calls,
  input_tokens: a.input_tokens + b.input_tokens,
  output_tokens: a.output_tokens + b.output_tokens,
  cost_usd: a.cost_usd === null || b.cost_usd === null ? null : a.cost_usd + b.cost_usd,
});

/** One replay's four calls, measured on the very texts that the judge would be sent. */
const replayAmount = (change: GroundTruth, model: string, cached: boolean): Amount => {
  const prefix = tokensOf(sharedPrefix(change, '').reduce((total, { text }) => total + text.length, 0));
  return calls
    .map((call, index): Amount => {
      const own = tokensOf(taskPrompts[call].length) + materialTokens[call];
      const usage = {
        inputTokens: own,
        cacheWriteTokens: index === 0 || !cached ? prefix : 0,
        cacheReadTokens: index > 0 && cached ? prefix : 0,
        outputTokens: answerTokens[call],
      };
      return {
        calls: 1,
        input_tokens: own + prefix,
        output_tokens: usage.outputTokens,
        cost_usd: callCostUsd(model, usage),
      };
    })
    .reduce(added);
};

const roundedAmount = (amount: Amount): Amount => ({
  ...amount,
  cost_usd: amount.cost_usd === null ? null : Math.round(amount.cost_usd * 1e4) / 1e4,
});

const method =
  `Four judge calls a change (answer key, precision, recall, reply), counted on the prompts and diffs themselves at ` +
  `${charactersPerToken} characters a token, with usual lengths for what the oracle and the judge will say; list ` +
  `prices as of ${pricesAsOf}. From every call answered at once with the shared prompt cached, to each asked twice without.`;

/** What a run over this draw would call and cost. Nothing is called for it. */
export const estimateRun = (
  draw: GroundTruthDraw,
  { judge, model, seed }: { judge: JudgeProvider; model: string; seed: string },
): Estimate => {
  const total = (cached: boolean) =>
    draw.drawn.map((change) => replayAmount(change, model, cached)).reduce(added, none);
  const most = total(false);
  const paid = judge === 'anthropic';
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
    judge_calls: paid
      ? { least: roundedAmount(total(true)), most: roundedAmount(added(most, most)) }
      : { least: none, most: none },
    method: paid ? method : 'The offline judge makes no call and costs nothing.',
  };
};

const range = (least: number, most: number) =>
  least === most
    ? least.toLocaleString('en')
    : `${least.toLocaleString('en')} to ${most.toLocaleString('en')}`;

const cost = ({ least, most }: Estimate['judge_calls'], model: string) =>
  least.cost_usd === null || most.cost_usd === null
    ? `unknown: no list price of ${model} is known here`
    : `${least.cost_usd.toFixed(2)} to ${most.cost_usd.toFixed(2)} USD`;

export const viewEstimate = (estimate: Estimate, paint: Paint): string => {
  const { judge_calls: judged } = estimate;
  const excluded = exclusionReasons.reduce((total, reason) => total + (estimate.excluded[reason] ?? 0), 0);
  const rows = [
    ['Ground truth', `${estimate.source}, seed ${estimate.seed}`],
    [
      'Changes',
      `${estimate.changes} drawn of ${estimate.listed} listed, ${estimate.reserve} in reserve, ${excluded} left out`,
    ],
    ['Oracle', `${estimate.oracle_calls} calls`],
    ['Judge', `${estimate.judge}, ${estimate.model}`],
    ...(estimate.judge === 'anthropic'
      ? [
          ['', `${range(judged.least.calls, judged.most.calls)} calls`],
          [
            '',
            `${range(judged.least.input_tokens, judged.most.input_tokens)} tokens in, ${range(judged.least.output_tokens, judged.most.output_tokens)} out`,
          ],
          ['Cost', cost(judged, estimate.model)],
        ]
      : [['Cost', '0 USD']]),
  ];
  return [
    paint('bold', 'Dry run: neither oracle nor judge was called.'),
    ...rows.map(([name = '', text = '']) => `  ${paint('bold', name.padEnd(14))}${plain(text)}`),
    paint('dim', `  ${estimate.method}`),
  ].join('\n');
};
