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

/** What stands between the estimate and the limit that it was asked with, in words; null where nothing does. */
const limitHint = ({ judging: { least, most } }: RunEstimate, limitUsd: number | undefined) => {
  if (limitUsd === undefined || least.costUsd === null || most.costUsd === null) return null;
  if (most.costUsd <= limitUsd) return null;
  const end = least.costUsd > limitUsd ? 'Even the lower end' : 'The upper end';
  const chance = least.costUsd > limitUsd ? 'will probably' : 'may';
  return `${end} is above your limit of ${costText(limitUsd)}: the run ${chance} stop before it is through. What was scored is kept, and can be resumed with a higher limit.`;
};

/**
 * What judging a run would take, from least to most. `limitUsd` is the limit that the run would have. `outdated`: the
 * form holds something else by now, beside which the numbers must not stand as if they were of that.
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
        {cost === null ? null : `Judging would have cost ${cost}. `}Estimate it again for what the form holds
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
            ? 'What judging would cost is not known: no price is known for a model that would judge'
            : `Judging would cost ${cost}`
        }
        live
      >
        {hint ??
          `${countOf(replays, 'replay')}, as the ${changesRead === 1 ? 'newest change' : `newest ${countText(changesRead)} changes`} of the repository suggest.`}
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
            remark: 'What the oracle itself costs is not known here.',
          },
          { term: 'How this was found', value: method },
        ]}
      />
    </div>
  );
};
