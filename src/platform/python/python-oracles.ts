import { type PythonOracle, type PythonOracleOptions, pythonOracle } from '#verification/oracles/python.ts';
import { type PythonProcessOptions, pythonStarter } from './python-process.ts';

export type PythonOracles = {
  /** The oracle of this run; its interpreter is started at the first call and stays for the run's later ones. */
  of(runId: string, oracle: Pick<PythonOracleOptions, 'module' | 'callable'>): PythonOracle;
  /** Ends the interpreter of one run, for who knows that it will not be asked again. */
  end(runId: string): Promise<void>;
  /** Ends every interpreter with all it started. */
  close(): Promise<void>;
};

/**
 * Oracles in Python, one interpreter a run and worker. A run's entry stays until the worker ends: an interpreter that
 * is not asked for a while ends by itself, and what is left of it is a few names.
 */
export const pythonOracles = (
  process: PythonProcessOptions,
  clock: { sleep: (ms: number, signal?: AbortSignal) => Promise<unknown>; now: () => number },
): PythonOracles => {
  const held = new Map<string, PythonOracle>();
  const start = pythonStarter(process);
  return {
    of(runId, { module, callable }) {
      const known = held.get(runId);
      if (known !== undefined) return known;
      const made = pythonOracle({ start, ...clock }, { module, callable });
      held.set(runId, made);
      return made;
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
