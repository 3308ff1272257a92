'use client';

import { Facts } from '#components/facts.tsx';
import { costText, countOf, countText } from '#components/format.ts';
import { Notice } from '#components/notice.tsx';
import type { RunEstimate } from '#contracts/estimate.ts';

const rangeText = (least: number, most: number) =>
  least === most ? countText(most) : `${countText(least)} to ${countText(most)}`;

const costRange = ({ judging: { least, most } }: RunEstimate) =>
  least.costUsd === null || most.costUsd === null
    ? null
    : `${costText(least.costUsd)} to ${costText(most.costUsd)}`;

/** A warning if the estimate exceeds the limit, else null. */
const limitHint = ({ judging: { least, most } }: RunEstimate, limitUsd: number | undefined) => {
  if (limitUsd === undefined || least.costUsd === null || most.costUsd === null) return null;
  if (most.costUsd <= limitUsd) return null;
  const end = least.costUsd > limitUsd ? 'Even the lower end' : 'The upper end';
  const chance = least.costUsd > limitUsd ? 'will probably' : 'may';
  return `${end} is above your limit of ${costText(limitUsd)}, so the run ${chance} stop before its end. Scored replays are kept, and the run can be resumed with a higher limit.`;
};

const scoreText = (value: number) => value.toFixed(3);

/** What the run's size can tell, on the scores' scale of 0 to 1. */
const powerFact = ({ power, replays }: RunEstimate): { value: string; remark: string } => {
  if (power === null) return { value: 'nothing', remark: 'One replay has no interval worth reading.' };
  const { halfWidth, smallestDifference, sd, certificates } = power;
  const basis =
    certificates === 0
      ? `assuming that composites have a standard deviation of ${scoreText(sd)}, because no earlier run on this repository says more; pull requests that depend on each other make the interval wider`
      : `from the composites of ${countOf(certificates, 'earlier certificate')} of this repository, which have a standard deviation of ${scoreText(sd)}`;
  return {
    value: `the composite to about ±${scoreText(halfWidth)}`,
    remark: `${
      smallestDifference === null
        ? `A comparison with another run needs at least 30 replays, not ${replays}`
        : `A comparison with another run on the same changes would find a difference of ${scoreText(smallestDifference)} in 4 of 5 cases, if differences vary as composites do`
    }; ${basis}.`,
  };
};

/**
 * What judging a run would take, from least to most. `limitUsd` is the limit that the run would have. `outdated`: the
 * form has changed since, so the numbers are no longer shown.
 */
export const CostEstimate = ({
  estimate,
  limitUsd,
  outdated,
}: {
  estimate: RunEstimate;
  limitUsd: number | undefined;
  outdated: boolean;
}) => {
  const { judging, model, replays, changesRead, oracleCalls } = estimate;
  const { least, most, method } = judging;
  const cost = costRange(estimate);
  if (outdated)
    return (
      <Notice tone="caution" title="The form has changed since the cost was estimated" live>
        {cost === null ? null : `Judging would have cost ${cost}. `}Estimate it again for the form as it is
        now.
      </Notice>
    );
  const hint = limitHint(estimate, limitUsd);
  return (
    <div className="space-y-4">
      <Notice
        tone={hint === null ? 'plain' : 'caution'}
        title={
          cost === null
            ? 'The cost of judging is unknown, because the price of a judging model is unknown'
            : `Judging would cost ${cost}`
        }
        live
      >
        {hint ??
          `For ${countOf(replays, 'replay')}, estimated from the repository’s ${changesRead === 1 ? 'newest change' : `newest ${countText(changesRead)} changes`}.`}
      </Notice>
      <Facts
        facts={[
          {
            term: 'Judge calls',
            value: rangeText(least.calls, most.calls),
            remark: `For ${countOf(replays, 'replay')}, judged by ${model}.`,
          },
          { term: 'Tokens read', value: rangeText(least.inputTokens, most.inputTokens) },
          { term: 'Tokens written', value: rangeText(least.outputTokens, most.outputTokens) },
          {
            term: 'Oracle calls',
            value: countText(oracleCalls),
            remark: 'What the oracle charges for them is not included.',
          },
          { term: 'What so many replays can tell', ...powerFact(estimate) },
          { term: 'How this was estimated', value: method },
        ]}
      />
    </div>
  );
};
