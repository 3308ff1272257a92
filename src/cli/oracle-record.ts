import type { OracleFailure, OracleOutcome } from '#contracts/oracle.ts';
import type { Oracle } from '#verification/oracles/oracle.ts';
import { type Absence, type Asked, absenceOf, tookQuestion } from '#verification/replay/oracle-presence.ts';
import {
  type OracleRecord,
  oraclePatienceMs,
  type WatchedOracle,
  watchedOracle,
} from '#verification/replay/watched-oracle.ts';
import type { RunStore } from './run-store.ts';

/**
 * The oracle did not accept this question and has accepted none since this start. Only after the other questions were
 * asked is it known whether that is the oracle's failure.
 */
export class HeldBack extends Error {
  override readonly name = 'HeldBack';
  readonly failure: OracleFailure;

  constructor(failure: OracleFailure) {
    super(failure.detail);
    this.failure = failure;
  }
}

const waitMs = 5_000;

export type OracleWaiting = {
  /** Called with the reason before each wait for the oracle. */
  onWait: (message: string) => void;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  now: () => Date;
};

export type RunOracle = {
  /**
   * The oracle for the replay at `position`; `asking` counts how often its question was sent. Asking rejects with
   * `HeldBack` instead of returning a failure that may not be a verdict.
   */
  of(position: number, asking: Pick<OracleRecord, 'noteAsking' | 'takeBackAsking'>): WatchedOracle;
  /** The failures that were held back, by position. */
  heldBack: ReadonlyMap<number, OracleFailure>;
  /** Why none of the held-back failures is a verdict; null if all of them are. */
  absence(): Absence | null;
};

/**
 * Watches a run's questions to its oracle from this start of the program on. A failure that is not a verdict is never
 * stored, so what an earlier start stored is final. All replays share one wait. Otherwise they would wait one after
 * another for an oracle that is gone for good.
 */
export const openRunOracle = (
  oracle: Oracle,
  stored: ReturnType<RunStore['replayAt']>[],
  { onWait, sleep, now }: OracleWaiting,
): RunOracle => {
  const carried = stored.flatMap((replay) => replay?.checkpoint.oracle ?? []);
  const since: OracleOutcome[] = [];
  const heldBack = new Map<number, OracleFailure>();
  let awaySince: Date | null = null;
  const asked = (): Asked[] => [
    ...carried.map((outcome) => ({ outcome, carried: true })),
    ...since.map((outcome) => ({ outcome, carried: false })),
  ];
  const record: Omit<OracleRecord, 'noteAsking' | 'takeBackAsking'> = {
    asked: async () => asked(),
    hasAnswered: async () => since.some(({ kind }) => kind === 'answer'),
    wait: async ({ detail }, signal) => {
      awaySince ??= now();
      if (now().getTime() - awaySince.getTime() >= oraclePatienceMs) return false;
      onWait(`Waiting for the oracle: ${detail}`);
      await sleep(waitMs, signal);
      return true;
    },
  };
  return {
    of: (position, asking) => {
      const known = heldBack.get(position);
      if (known !== undefined) return { ask: async () => known, makeSure: async () => undefined };
      const watched = watchedOracle(oracle, { ...record, ...asking });
      return {
        makeSure: watched.makeSure,
        ask: async (request, signal) => {
          const outcome = await watched.ask(request, signal);
          since.push(outcome);
          if (outcome.kind === 'answer' || !outcome.unreachable) awaySince = null;
          if (outcome.kind === 'answer' || since.some(tookQuestion)) return outcome;
          heldBack.set(position, outcome);
          throw new HeldBack(outcome);
        },
      };
    },
    heldBack,
    absence: () => absenceOf(asked()),
  };
};
