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

/**
 * An oracle that is watched since this start of the program. A wrong address, or an oracle that is down, is a mistake
 * and not a verdict: until the first HTTP answer, asking rejects with Unreached in place of a failure that would be
 * stored as zeros.
 */
export const watchedOracle = (oracle: Oracle): { oracle: Oracle; wasReached: () => boolean } => {
  let reached = false;
  return {
    oracle: {
      ask: async (request, signal) => {
        const outcome = await oracle.ask(request, signal);
        reached ||= oracleWasReached({ oracle: outcome });
        if (outcome.kind === 'failure' && !reached) throw new Unreached(outcome);
        return outcome;
      },
    },
    wasReached: () => reached,
  };
};
