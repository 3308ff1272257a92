import type { Call } from './outside.ts';
import type { StoredStep } from './stored-steps.ts';

/** What struck these workers, and when, in milliseconds since the epoch. */
export type Strike = { kind: string; workers: readonly number[]; at: number };

/**
 * By kind of strike, how long each time until one of the struck workers had made a new call and stored its answer, in
 * milliseconds. A worker that had nothing more to do has no such call.
 * @param stored in order of time
 */
export const recoveries = (
  strikes: readonly Strike[],
  calls: readonly Call[],
  stored: readonly StoredStep[],
): Map<string, number[]> => {
  const ofChange = Map.groupBy(calls, ({ change }) => change);
  /** The call whose answer a step stores is the latest that was answered before. */
  const answers = stored.map((step) => ({
    at: step.at,
    call: ofChange.get(step.change)?.findLast(({ until }) => until !== null && until <= step.at),
  }));
  const recovered = strikes.flatMap(({ kind, workers, at }) => {
    const first = answers.find(
      ({ call }) => call !== undefined && call.from > at && workers.includes(call.worker),
    );
    return first === undefined ? [] : [{ kind, afterMs: first.at - at }];
  });
  return new Map(
    [...Map.groupBy(recovered, ({ kind }) => kind)].map(([kind, times]) => [
      kind,
      times.map(({ afterMs }) => afterMs),
    ]),
  );
};
