import type { Call } from './outside.ts';
import type { StoredStep } from './stored-steps.ts';

/** A disturbance that cuts off the open calls of these workers. Times are in milliseconds since the epoch. */
export type Cut = { workers: readonly number[]; from: number; until: number };

export type Repetitions = {
  /** Calls in addition to those of the undisturbed runs. */
  repeated: Call[];
  /** How many calls were open at a cut. */
  open: number;
  /** Repeated calls without an excuse: no call about the same change was open or unstored at a cut. */
  inexcusable: Call[];
  /** How many calls the undisturbed runs made and the disturbed ones did not. */
  missing: number;
};

/** Where the answer to a question may be stored. Questions about the baseline look like those of its measures. */
const columnsOf = ({ question }: Call): string[] => {
  const [measure = ''] = question.split(' ');
  return [
    `${measure}_json`,
    ...(['precision', 'recall', 'reply'].includes(measure) ? ['baseline_json'] : []),
  ];
};

/** When a call's answer was stored. Until then the call counts as open. */
const endOf = (call: Call, stored: readonly StoredStep[]): number => {
  const { change, until } = call;
  if (until === null) return Number.POSITIVE_INFINITY;
  const columns = columnsOf(call);
  const step = stored.find((one) => one.change === change && one.at >= until && columns.includes(one.column));
  return step?.at ?? Number.POSITIVE_INFINITY;
};

const counted = (calls: readonly Call[]) => {
  const counts = new Map<string, number>();
  for (const { change, question } of calls) {
    const key = `${change} ${question}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
};

/**
 * Compares the calls of disturbed runs with those of the same runs undisturbed.
 * @param stored what the disturbed runs stored, in order of time
 */
export const repetitions = (
  calm: readonly Call[],
  disturbed: readonly Call[],
  cuts: readonly Cut[],
  stored: readonly StoredStep[],
): Repetitions => {
  const left = counted(calm);
  const repeated = disturbed.filter(({ change, question }) => {
    const key = `${change} ${question}`;
    const expected = left.get(key) ?? 0;
    left.set(key, expected - 1);
    return expected <= 0;
  });
  const open = disturbed.filter((call) => {
    const end = endOf(call, stored);
    return cuts.some(
      ({ workers, from, until }) => workers.includes(call.worker) && call.from <= until && end >= from,
    );
  });
  return {
    repeated,
    open: open.length,
    inexcusable: repeated.filter(
      (call) => !open.some((other) => other.change === call.change && other.from <= call.from),
    ),
    missing: [...left.values()].filter((count) => count > 0).reduce((sum, count) => sum + count, 0),
  };
};
