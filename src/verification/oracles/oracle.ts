import type { OracleOutcome, OracleRequest } from '#contracts/oracle.ts';

/**
 * A port: an oracle construct. `ask` never rejects for what the oracle does, that is an outcome of its own; it
 * rejects only where `signal` was aborted.
 */
export type Oracle = {
  ask(request: OracleRequest, signal?: AbortSignal): Promise<OracleOutcome>;
};
