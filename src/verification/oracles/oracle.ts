import type { OracleFailure, OracleOutcome, OracleRequest } from '#contracts/oracle.ts';
import { type CleanText, cleanValue } from '../text/clean-text.ts';

/**
 * A port: an oracle construct. Everything that the oracle does is an outcome. `ask` rejects only when `signal` is
 * aborted, and when the installation's own proxy does not make the connection.
 */
export type Oracle = {
  ask(request: OracleRequest, signal?: AbortSignal): Promise<OracleOutcome>;
  /**
   * Looks whether the oracle could be asked, without a question and at no cost. Null: it could. Absent: only asking
   * shows it. Rejects as `ask` does.
   */
  look?(signal?: AbortSignal): Promise<OracleFailure | null>;
};

/** An oracle that runs on this machine in processes of its own. */
export type LocalOracle = Oracle & {
  /** Starts ahead of time what the first call needs. Gives null, or why no call will be answered and what to do. */
  load(signal?: AbortSignal): Promise<string | null>;
  /** Ends everything it has started. Calls in progress and later ones reject. */
  close(): Promise<void>;
};

export const isLocal = (oracle: Oracle): oracle is LocalOracle => 'close' in oracle;

/**
 * An oracle whose answers are cleaned before anyone sees them, so that judge, checkpoint and certificate read the same
 * text.
 */
export const cleanOracle = ({ ask, look }: Oracle, clean: CleanText): Oracle => ({
  ask: async (request, signal) => cleanValue(await ask(request, signal), clean),
  ...(look && { look: async (signal) => cleanValue(await look(signal), clean) }),
});
