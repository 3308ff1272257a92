import type { ReactNode } from 'react';
import type { Interval } from '#contracts/interval.ts';
import { intervalText, notMeasured, scoreText } from './format.ts';

/** An estimated number, its 95 % interval, and the size of its sample (`children`). */
export const Estimate = ({
  value,
  interval,
  show = scoreText,
  children,
}: {
  value: number;
  interval: Interval | null;
  show?: (value: number) => string;
  children?: ReactNode;
}) => (
  <>
    <span className="font-semibold">{show(value)}</span>{' '}
    <span className="text-sm text-muted">
      95 %: {interval === null ? notMeasured : intervalText(interval, show)}
      {children}
    </span>
  </>
);
