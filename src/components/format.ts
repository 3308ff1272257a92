import type { ExclusionReason } from '#contracts/ground-truth.ts';
import type { Interval } from '#contracts/interval.ts';

/** Shown in place of a missing value. An empty cell or a 0 would mean something else. */
export const notMeasured = 'not measured';

/** The measures as pages name them, the composite first. */
export const measureNames = [
  ['compositeScore', 'Composite'],
  ['precision', 'Precision'],
  ['recall', 'Recall'],
  ['replyAccuracy', 'Reply accuracy'],
] as const;

/** Items with their numbers from 1, which tell them apart where they repeat. */
export const numbered = <Item>(items: readonly Item[]) =>
  items.map((item, place) => ({ item, number: place + 1 }));

/** Three decimals for every score: finer than any interval here, and still readable. */
export const scoreText = (value: number) => {
  const text = value.toFixed(3);
  return text === '-0.000' ? '0.000' : text.replace('-', '−');
};

/** "12.5 %" */
export const percentText = (share: number) => `${(100 * share).toFixed(1)} %`;

/** A difference of scores, with its sign. */
export const differenceText = (value: number) => {
  const text = scoreText(value);
  return value > 0 && text !== scoreText(0) ? `+${text}` : text;
};

export const intervalText = ({ lower, upper }: Interval, show = scoreText) =>
  `${show(lower)} to ${show(upper)}`;

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
export const countText = (count: number) => whole.format(count);

/** "1 replay", "20 replays". */
export const countOf = (count: number, one: string, many = `${one}s`) =>
  `${countText(count)} ${count === 1 ? one : many}`;

/** Null: the model's price is unknown, which does not mean free. */
export const costText = (costUsd: number | null) =>
  costUsd === null ? 'unknown' : `US$ ${costUsd.toFixed(costUsd > 0 && costUsd < 0.995 ? 4 : 2)}`;

const dayAndTime = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'UTC',
});

/** In UTC, so that server and browser render the same text and a certificate reads the same everywhere. */
export const timeText = (rfc3339: string) => `${dayAndTime.format(new Date(rfc3339))} UTC`;

/** A readable duration. Stored milliseconds are whole, so 0 means less than one. */
export const durationText = (ms: number) =>
  ms < 1
    ? 'under 1 ms'
    : ms < 1000
      ? `${Math.round(ms)} ms`
      : `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;

export const exclusionTexts: Record<ExclusionReason, string> = {
  too_small: 'fewer than 3 changed lines',
  binary_only: 'binary files only',
  dependency_bump: 'a bot’s dependency bump',
  generated_only: 'lock files and generated files only',
  empty_diff: 'empty diff',
  too_large: 'diff too large to be read',
  unreadable: 'could not be read',
  not_held: 'not in the shallow or partial clone',
};
