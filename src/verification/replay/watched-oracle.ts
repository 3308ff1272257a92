import type { OracleFailure } from '#contracts/oracle.ts';
import type { Oracle } from '../oracles/oracle.ts';
import { type Asked, wasThere } from './oracle-presence.ts';

/** How long an oracle that was there and cannot be reached is waited for before that is its failure. */
export const oraclePatienceMs = 10 * 60_000;

/** A port: what is kept of an attempt's questions to its oracle, for the replay that is about to ask. */
export type OracleRecord = {
  /** Counts the question before it goes out. Gives back how often it had gone out before. */
  noteAsking(): Promise<number>;
  /** Takes the last count back. */
  takeBackAsking(): Promise<void>;
  /** What came of the attempt's questions so far. */
  asked(): Promise<Asked[]>;
  /**
   * Waits for an oracle that cannot be reached. Resolves to true when it may be asked again, to false when it has been
   * waited for long enough. Rejects where it is not waited for here, but the whole replay is taken up again later.
   */
  wait(failure: OracleFailure, signal?: AbortSignal): Promise<boolean>;
};

/**
 * An oracle whose every question is noted before it goes out, so that one whose answer was never stored (its worker died,
 * its run was stopped) is counted when it is asked again: the oracle knows the question by then. Where no connection can
 * be made it had nothing of the question, and is waited for if it was there before: a restart of it is no verdict on what
 * it says. Where it never was there its address is wrong, which is told at once.
 */
export const watchedOracle = (oracle: Oracle, record: OracleRecord): Oracle => ({
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
});
