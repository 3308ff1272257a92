import type { Certificate, UsageByMeasure } from '#contracts/certificate.ts';
import { estimatedTokensText } from '#contracts/replay.ts';
import { countText } from './format.ts';
import { ScrollTable } from './scroll-table.tsx';

const measures: Record<keyof UsageByMeasure, string> = {
  answerKey: 'Answer keys',
  precision: 'Precision',
  recall: 'Recall',
  reply: 'Replies',
  baseline: 'Baseline',
  second: 'Agreement',
};
const columns = ['US$', 'Calls', 'Tokens in', 'Tokens out', 'Cache written', 'Cache read'];
const numberCell = 'py-2 pr-4 text-right tabular-nums whitespace-nowrap';

/** What judging took, by purpose. */
export const UsageTable = ({
  certificate: { usage, usageByMeasure, judge },
}: {
  certificate: Certificate;
}) => {
  if (judge === 'offline')
    return <p className="max-w-[68ch]">No tokens, no cost: the offline check calls no model.</p>;
  return (
    <>
      <ScrollTable label="Judge usage">
        <thead className="border-b border-line">
          <tr>
            <th scope="col" className="column-head pl-4 sm:pl-6">
              For
            </th>
            {columns.map((column) => (
              <th key={column} scope="col" className="column-head text-right last:sm:pr-6">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {(Object.keys(measures) as (keyof UsageByMeasure)[]).map((measure) => {
            const { calls, inputTokens, cacheWriteTokens, cacheReadTokens, outputTokens, costUsd } =
              usageByMeasure[measure];
            const tokens = (amount: number) =>
              `${usageByMeasure[measure].estimatedCalls === 0 ? '' : '≈'}${countText(amount)}`;
            return (
              <tr key={measure} data-usage={measure}>
                <th scope="row" className="py-2 pr-4 pl-4 text-left font-normal whitespace-nowrap sm:pl-6">
                  {measures[measure]}
                </th>
                <td className={numberCell}>{costUsd === null ? 'unknown' : costUsd.toFixed(4)}</td>
                <td className={numberCell}>{countText(calls)}</td>
                <td className={numberCell}>{tokens(inputTokens)}</td>
                <td className={numberCell}>{tokens(outputTokens)}</td>
                <td className={numberCell}>{tokens(cacheWriteTokens)}</td>
                <td className={`${numberCell} sm:pr-6`}>{tokens(cacheReadTokens)}</td>
              </tr>
            );
          })}
        </tbody>
      </ScrollTable>
      <p className="mt-3 text-sm text-muted">
        The rows add up to the calls, tokens and cost above. Reused answer keys and baselines are not in them,
        because an earlier run paid for those.
        {usage.estimatedCalls > 0 &&
          ` ≈: ${estimatedTokensText(usage)}, from characters, because the endpoint did not state them.`}
      </p>
    </>
  );
};
