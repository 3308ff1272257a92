import type { Freshness } from '#contracts/certificate.ts';
import { intervalText, measureNames, notMeasured, scoreText } from './format.ts';
import { ScrollTable } from './scroll-table.tsx';

/** The scores apart, on changes that the oracle's model may have read and on those that it cannot have. */
export const FreshnessTable = ({ freshness }: { freshness: Freshness }) => (
  <>
    <p className="mb-4 max-w-[68ch]">
      The run’s owner says that the oracle’s model was trained on data up to {freshness.modelCutoff}. Changes
      merged later cannot have been in its training data.
    </p>
    <ScrollTable label="Scores before and after the cutoff">
      <thead className="border-b border-line">
        <tr>
          <th scope="col" className="column-head pl-4 sm:pl-6">
            Merged
          </th>
          <th scope="col" className="column-head text-right">
            Replays
          </th>
          {measureNames.map(([measure, label]) => (
            <th key={measure} scope="col" className="column-head text-right">
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody className="divide-y divide-line">
        {(['before', 'after'] as const).map((side) => {
          const part = freshness[side];
          return (
            <tr key={side} data-freshness={side}>
              <th scope="row" className="py-2 pr-4 pl-4 text-left font-normal sm:pl-6">
                {side === 'before' ? 'up to that day' : 'later'}
              </th>
              <td className="py-2 pr-4 text-right tabular-nums">{part?.replays ?? 0}</td>
              {measureNames.map(([measure]) => (
                <td key={measure} className="py-2 pr-4 text-right tabular-nums whitespace-nowrap">
                  {part === null ? (
                    notMeasured
                  ) : (
                    <>
                      {scoreText(part[measure])}
                      <span className="block text-sm text-muted">
                        {intervalText(part.intervals[measure])}
                      </span>
                    </>
                  )}
                </td>
              ))}
            </tr>
          );
        })}
      </tbody>
    </ScrollTable>
  </>
);
