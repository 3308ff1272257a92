import { timeText } from './format.ts';

export const Time = ({ at }: { at: string }) => (
  <time dateTime={at} className="whitespace-nowrap tabular-nums">
    {timeText(at)}
  </time>
);
