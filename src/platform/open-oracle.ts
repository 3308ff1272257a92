import type { OracleChoice, OracleType, oracleTypes } from '#contracts/oracle-types.ts';
import { chatOracle } from '#verification/oracles/chat.ts';
import type { ExchangePorts } from '#verification/oracles/exchange.ts';
import { httpOracle } from '#verification/oracles/http.ts';
import { mcpOracle } from '#verification/oracles/mcp.ts';
import { isLocal, type LocalOracle, type Oracle } from '#verification/oracles/oracle.ts';
import { pythonOracle } from '#verification/oracles/python.ts';
import { type PythonProcessOptions, pythonStarter } from './python/python-process.ts';

/** Opens each type of oracle. A type without an address runs on this machine and must have an end. */
type Openers = {
  [Type in OracleType]: (
    oracle: OracleChoice<Type>,
  ) => (typeof oracleTypes)[Type]['address'] extends null ? LocalOracle : Oracle;
};

/** Opens oracles of any type. One that runs on this machine starts at its first call or when it is loaded. */
export const oracleOpener = (ports: ExchangePorts, { python }: { python: PythonProcessOptions }) => {
  const { sleep, now } = ports;
  const openers: Openers = {
    http: (oracle) => httpOracle(ports, oracle),
    mcp: (oracle) => mcpOracle(ports, oracle),
    chat: (oracle) => chatOracle(ports, oracle),
    python: (oracle) => pythonOracle({ start: pythonStarter(python), sleep, now }, oracle),
  };
  return <Type extends OracleType>(oracle: OracleChoice<Type>): Oracle => openers[oracle.type](oracle);
};

/** The oracles of many runs. */
export type RunOracles = {
  of(runId: string, open: () => Oracle): Oracle;
  /** Ends what the oracle of one run has started, once it will not be asked again. */
  end(runId: string): Promise<void>;
  /** Ends everything that any of them has started. */
  close(): Promise<void>;
};

/**
 * Gives a run the same oracle each time if the oracle runs on this machine, so that later questions use what the first
 * one started. An entry stays until its run or the worker ends, but an idle interpreter ends on its own, so only a few
 * names remain. Oracles reached over the network are not kept, because their headers are secret.
 */
export const runOracles = (): RunOracles => {
  const held = new Map<string, LocalOracle>();
  return {
    of(runId, open) {
      const known = held.get(runId);
      if (known !== undefined) return known;
      const opened = open();
      if (isLocal(opened)) held.set(runId, opened);
      return opened;
    },
    async end(runId) {
      const oracle = held.get(runId);
      held.delete(runId);
      await oracle?.close();
    },
    async close() {
      await Promise.all([...held.values()].map((oracle) => oracle.close()));
      held.clear();
    },
  };
};
