import type { OracleFailure } from '#contracts/oracle.ts';
import type { Oracle } from '#verification/oracles/oracle.ts';
import { oracleWasReached } from '#verification/replay/resumable.ts';

/** The oracle gave no HTTP answer, to this replay and to none before it: whether that is a verdict is not known yet. */
export class Unreached extends Error {
  override readonly name = 'Unreached';
  readonly failure: OracleFailure;

  constructor(failure: OracleFailure) {
    super(failure.detail);
    this.failure = failure;
  }
}

/** How long an oracle that was there and cannot be reached just now is waited for before that is its failure. */
const patienceMs = 10 * 60_000;
const waitMs = 5_000;

export type OracleWaiting = {
  /** Told why, each time the oracle is waited for. */
  onWait: (message: string) => void;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  now: () => Date;
};

export type OracleWatch = { around(oracle: Oracle): Oracle; wasReached(): boolean };

/**
 * Watches an oracle since this start of the program. A wrong address, or an oracle that is down, is a mistake and not a
 * verdict: until it was there once, asking rejects with Unreached in place of a failure that would be stored as zeros.
 * Where no connection can be made later it is waited for: a restart of it is no verdict either.
 */
export const watchOracle = ({ onWait, sleep, now }: OracleWaiting): OracleWatch => {
  let reached = false;
  /** For all replays together: one that has gone for good is not waited for anew by each. */
  let awaySince: Date | null = null;
  return {
    around: (oracle) => ({
      ask: async (request, signal) => {
        for (;;) {
          const outcome = await oracle.ask(request, signal);
          reached ||= oracleWasReached({ oracle: outcome });
          if (outcome.kind === 'failure' && !reached) throw new Unreached(outcome);
          if (outcome.kind === 'answer' || !outcome.unreachable) {
            awaySince = null;
            return outcome;
          }
          awaySince ??= now();
          if (now().getTime() - awaySince.getTime() >= patienceMs) return outcome;
          onWait(`Waiting for the oracle: ${outcome.detail}`);
          await sleep(waitMs, signal);
        }
      },
    }),
    wasReached: () => reached,
  };
};
