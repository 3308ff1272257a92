import type { Interval } from '#contracts/interval.ts';
import { intervalText, scoreText } from './format.ts';

const width = 400;
const height = 28;

/**
 * A score as a mark on its scale, with its 95 % interval as a band. Lengths are attributes, not styles, so that the
 * page's content security policy need not allow inline styles. It is hidden from screen readers, because the numbers are
 * beside it.
 */
export const ScoreBar = ({ value, interval, max }: { value: number; interval: Interval; max: number }) => {
  const at = (score: number) => (score / max) * width;
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      className="h-7 w-full overflow-visible"
      aria-hidden="true"
    >
      <title>{`${scoreText(value)}, 95 % interval ${intervalText(interval)}`}</title>
      <line x1={0} x2={width} y1={14} y2={14} className="stroke-line" strokeWidth={2} />
      {[0, 0.25, 0.5, 0.75, 1].map((tick) => (
        <line
          key={tick}
          x1={tick * width}
          x2={tick * width}
          y1={10}
          y2={18}
          className="stroke-edge"
          strokeWidth={1}
          vectorEffect="non-scaling-stroke"
        />
      ))}
      <rect
        x={at(interval.lower)}
        width={Math.max(1, at(interval.upper) - at(interval.lower))}
        y={8}
        height={12}
        className="fill-accent-soft stroke-accent"
        strokeWidth={1}
        vectorEffect="non-scaling-stroke"
      />
      <line
        x1={at(value)}
        x2={at(value)}
        y1={3}
        y2={25}
        className="stroke-accent"
        strokeWidth={3}
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
};
