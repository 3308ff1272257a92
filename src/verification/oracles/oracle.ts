import type { OracleOutcome, OracleRequest } from '#contracts/oracle.ts';
import { type CleanText, cleanValue } from '../text/clean-text.ts';

/**
 * A port: an oracle construct. `ask` never rejects for what the oracle does, that is an outcome of its own; it
 * rejects only where `signal` was aborted.
 */
export type Oracle = {
  ask(request: OracleRequest, signal?: AbortSignal): Promise<OracleOutcome>;
};

/** An oracle that is run on this machine, and holds processes of it. */
export type LocalOracle = Oracle & {
  /** Starts what the first call needs ahead of it: null, or why no call will be answered and what to do. */
  load(signal?: AbortSignal): Promise<string | null>;
  /** Ends all that was started. Calls under way and later ones reject. */
  close(): Promise<void>;
};

export const isLocal = (oracle: Oracle): oracle is LocalOracle => 'close' in oracle;

/** An oracle whose answers are cleaned before anyone sees them: judge, checkpoint and certificate read one text. */
export const cleanOracle = (oracle: Oracle, clean: CleanText): Oracle => ({
  ask: async (request, signal) => cleanValue(await oracle.ask(request, signal), clean),
});
