import type { OracleFailure } from '#contracts/oracle.ts';
import type { Oracle } from '../oracles/oracle.ts';
import { type Absence, type Asked, absenceText, earlyAbsenceOf, wasThere } from './oracle-presence.ts';

/** How long to wait for an oracle that was there and cannot be reached, before that counts as its failure. */
export const oraclePatienceMs = 10 * 60_000;

/** A port: the record of an attempt's questions to its oracle, for the replay that is about to ask. */
export type OracleRecord = {
  /** Counts the question before it goes out. Returns how often it went out before. */
  noteAsking(): Promise<number>;
  /** Takes the last count back. */
  takeBackAsking(): Promise<void>;
  /** The outcomes of the attempt's questions so far. */
  asked(): Promise<Asked[]>;
  /** Whether any of the attempt's questions was answered since the start. Costs less than `asked`. */
  hasAnswered(): Promise<boolean>;
  /**
   * Waits for an oracle that cannot be reached. Resolves to true when it may be asked again, to false after waiting
   * long enough. Rejects if the whole replay is to be put back and resumed later instead.
   */
  wait(failure: OracleFailure, signal?: AbortSignal): Promise<boolean>;
};

/** The run cannot continue without its oracle. The message is for the run's owner. */
export class OracleAbsent extends Error {
  override readonly name = 'OracleAbsent';

  constructor(absence: Absence) {
    super(absenceText(absence));
  }
}

/** An oracle that is watched over a run. */
export type WatchedOracle = Oracle & {
  /**
   * Called before a replay costs anything. Until the oracle has answered at all since the start, looks at it, and waits
   * as `ask` does for one that was there before.
   * @throws OracleAbsent if it cannot be reached, or took no question in the first few replays.
   */
  makeSure(signal?: AbortSignal): Promise<void>;
};

/**
 * Notes every question before it goes out. If the answer is never stored, because the worker died or the run was
 * stopped, the next question counts as asked again: the oracle knows it by then. If no connection can be made, the
 * oracle did not get the question. Then it is waited for if it was there before, because a restart says nothing about
 * its answers. If it never was there, its address is wrong, and that failure is returned at once.
 */
export const watchedOracle = (oracle: Oracle, record: OracleRecord): WatchedOracle => ({
  ask: async (request, signal) => {
    for (;;) {
      const askedBefore = await record.noteAsking();
      const outcome = await oracle.ask(request, signal);
      if (outcome.kind === 'failure' && outcome.unreachable) {
        await record.takeBackAsking();
        if (wasThere(await record.asked()) && (await record.wait(outcome, signal))) continue;
      }
      return askedBefore === 0 ? outcome : { ...outcome, askedBefore };
    }
  },

  makeSure: async (signal) => {
    while (!(await record.hasAnswered())) {
      const asked = await record.asked();
      const absence = earlyAbsenceOf(asked);
      if (absence !== null) throw new OracleAbsent(absence);
      if (wasThere(asked.filter(({ carried }) => !carried))) return;
      const failure = (await oracle.look?.(signal)) ?? null;
      if (failure === null) return;
      if (wasThere(asked) && (await record.wait(failure, signal))) continue;
      throw new OracleAbsent({ replays: 0, failure, resumed: false });
    }
  },
});
