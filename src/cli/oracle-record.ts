import type { OracleFailure, OracleOutcome } from '#contracts/oracle.ts';
import type { Oracle } from '#verification/oracles/oracle.ts';
import { type Absence, type Asked, absenceOf, tookQuestion } from '#verification/replay/oracle-presence.ts';
import { type OracleRecord, oraclePatienceMs, watchedOracle } from '#verification/replay/watched-oracle.ts';
import type { RunStore } from './run-store.ts';

/**
 * A question that was not taken while none has been since this start: whether that is the oracle's failure is not known
 * before the others were asked.
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
  /** Told why, each time the oracle is waited for. */
  onWait: (message: string) => void;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  now: () => Date;
};

export type RunOracle = {
  /**
   * The oracle for the replay at `position`; `asking` keeps how often its question went out. Asking rejects with
   * `HeldBack` in place of a failure that may be no verdict.
   */
  of(position: number, asking: Pick<OracleRecord, 'noteAsking' | 'takeBackAsking'>): Oracle;
  /** What was held back, by position. */
  heldBack: ReadonlyMap<number, OracleFailure>;
  /** Why nothing that was held back is a verdict; null where all of it is the oracle's failure. */
  absence(): Absence | null;
};

/**
 * The questions of a run to its oracle, watched since this start of the program. What is no verdict is never stored, so
 * what an earlier start stored stands. One wait in place serves all replays together, since each would wait after the
 * other: an oracle that is gone for good is not waited for once more by each.
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
      if (known !== undefined) return { ask: async () => known };
      const watched = watchedOracle(oracle, { ...record, ...asking });
      return {
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
