import type { Call } from './outside.ts';

/** A disturbance that cuts off what these workers had under way, in milliseconds since the epoch. */
export type Cut = { workers: readonly number[]; from: number; until: number };

export type Repetitions = {
  /** Calls beyond those that the undisturbed runs made. */
  repeated: Call[];
  /** How many calls were open at a cut. */
  open: number;
  /** Repeated, although about the same change nothing was open or waited to be stored at a cut. */
  inexcusable: Call[];
  /** Made by the undisturbed runs and not by the disturbed ones. */
  missing: number;
};

/** An answer is not stored yet in the moment in which it was sent: so long its call counts as open. */
const storedWithinMs = 500;

const isCut = (call: Call, cuts: readonly Cut[]) =>
  cuts.some(
    ({ workers, from, until }) =>
      workers.includes(call.worker) &&
      call.from <= until &&
      (call.until === null || call.until + storedWithinMs >= from),
  );

const counted = (calls: readonly Call[]) => {
  const counts = new Map<string, number>();
  for (const { change, question } of calls) {
    const key = `${change} ${question}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
};

/** Holds the calls of disturbed runs against those of the same runs undisturbed. */
export const repetitions = (
  calm: readonly Call[],
  disturbed: readonly Call[],
  cuts: readonly Cut[],
): Repetitions => {
  const left = counted(calm);
  const repeated = disturbed.filter(({ change, question }) => {
    const key = `${change} ${question}`;
    const expected = left.get(key) ?? 0;
    left.set(key, expected - 1);
    return expected <= 0;
  });
  const open = disturbed.filter((call) => isCut(call, cuts));
  return {
    repeated,
    open: open.length,
    inexcusable: repeated.filter(
      (call) => !open.some((other) => other.change === call.change && other.from <= call.from),
    ),
    missing: [...left.values()].filter((count) => count > 0).reduce((sum, count) => sum + count, 0),
  };
};
