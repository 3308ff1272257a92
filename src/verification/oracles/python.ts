import type { OracleOutcome, OracleRequest } from '#contracts/oracle.ts';
import { oracleTypes } from '#contracts/oracle-types.ts';
import type { LocalOracle } from './oracle.ts';
import { mebibyte, notLoaded, outcomeOfCall, whyNotLoaded } from './python-outcome.ts';
import {
  openPythonSession,
  type PythonSession,
  type PythonSessionPorts,
  PythonUnusable,
} from './python-session.ts';

export type PythonOraclePorts = PythonSessionPorts & {
  /** Milliseconds since the epoch. */
  now: () => number;
};

export type PythonOracleOptions = {
  module: string;
  callable: string;
  /** For one call, from the moment an interpreter is free and has loaded the module. */
  timeoutMs?: number;
  /** For starting an interpreter and importing the module. */
  loadTimeoutMs?: number;
  /** Address space of the interpreter, and of each process it starts, where the platform can limit it. */
  memoryBytes?: number | null;
  /** Of the answer as JSON in UTF-8. */
  maxBytes?: number;
  /** Interpreters side by side. */
  processes?: number;
  /** An interpreter that was not asked for this long is ended; the next call starts one. */
  idleMs?: number;
};

const { module: moduleField, callable: callableField } = oracleTypes.python.fields;

/**
 * What is wrong with the names of a module and a callable in it, or null. Nothing is looked up. A name that a request's
 * schema would trim is refused as well: it is used as it stands.
 */
const nameFault = (module: string, callable: string): string | null => {
  if (moduleField.schema.safeParse(module).data !== module)
    return 'The module must be named as in an import, without path or .py, for example oracles.mine.';
  if (callableField.schema.safeParse(callable).data !== callable)
    return 'The callable must be the name of a function in the module, for example verify.';
  return null;
};

const flatChange = ({ pr, follow_up_question }: OracleRequest) => ({ ...pr, follow_up_question });

/**
 * A callable in a Python module (wire contract, "Python oracle"), loaded once into an interpreter that stays from call
 * to call. An interpreter has one call at a time, also where the callable is async: then a time-out, a crash and the
 * memory limit are one call's and no other's. `processes` is how calls come to run side by side; the others wait, and
 * their waiting counts neither to their latency nor to their time limit.
 *
 * Nothing is asked twice: an exception or a crash is the oracle's answer to this change. `httpAnswered` is false where
 * the module could not be loaded, which is a mistake of whoever named it, as a wrong address is.
 */
export const pythonOracle = (
  { start, sleep, now }: PythonOraclePorts,
  {
    module,
    callable,
    timeoutMs = 120_000,
    loadTimeoutMs = 120_000,
    memoryBytes = 4096 * mebibyte,
    maxBytes = mebibyte,
    processes = 1,
    idleMs = 10 * 60_000,
  }: PythonOracleOptions,
): LocalOracle => {
  const open = new Set<PythonSession>();
  const idle: { session: PythonSession; taken: AbortController }[] = [];
  const waiting: (() => void)[] = [];
  let busy = 0;
  const closing = new AbortController();

  const until = (signal: AbortSignal | undefined) => {
    const over = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]);
    over.throwIfAborted();
    return over;
  };

  const takeTurn = async (over: AbortSignal): Promise<void> => {
    if (busy < processes) {
      busy += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const turn = () => {
        over.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        waiting.splice(waiting.indexOf(turn), 1);
        reject(over.reason);
      };
      over.addEventListener('abort', leave, { once: true });
      waiting.push(turn);
    });
  };

  const endTurn = () => {
    const next = waiting.shift();
    if (next === undefined) busy -= 1;
    else next();
  };

  const rest = (session: PythonSession) => {
    const taken = new AbortController();
    const place = { session, taken };
    idle.push(place);
    sleep(idleMs, taken.signal).then(
      () => {
        idle.splice(idle.indexOf(place), 1);
        session.end();
      },
      () => undefined,
    );
  };

  const rested = (): PythonSession | null => {
    for (let place = idle.pop(); place !== undefined; place = idle.pop()) {
      place.taken.abort();
      if (place.session.isAlive()) return place.session;
    }
    return null;
  };

  const loadedSession = async (over: AbortSignal): Promise<PythonSession | string> => {
    const held = rested();
    if (held !== null) return held;
    const fault = nameFault(module, callable);
    if (fault !== null) return fault;
    let session: PythonSession;
    try {
      // An answer of ASCII escapes is at most six times as long as the text it stands for.
      session = await openPythonSession({ start, sleep }, { maxLineLength: 6 * maxBytes + 64 * 1024 });
    } catch (error) {
      if (error instanceof PythonUnusable) return error.message;
      throw error;
    }
    open.add(session);
    session.ended.then(() => open.delete(session));
    const order = { module, callable, memory_bytes: memoryBytes, max_bytes: maxBytes };
    const loaded = await session.exchange(order, loadTimeoutMs, over);
    if (loaded.kind === 'message' && loaded.message.kind === 'ready') return session;
    session.end();
    return whyNotLoaded(loaded, { module, loadTimeoutMs });
  };

  return {
    async ask(request, signal): Promise<OracleOutcome> {
      const over = until(signal);
      await takeTurn(over);
      try {
        let startedAt = now();
        const measured = () => ({ latencyMs: Math.max(0, now() - startedAt), retries: 0 });
        const session = await loadedSession(over);
        if (typeof session === 'string') return { ...notLoaded(session), ...measured() };
        startedAt = now();
        const exchange = await session.exchange({ change: flatChange(request) }, timeoutMs, over);
        const spent = measured();
        // After MemoryError what the call had reached may still be held, or half done.
        const exhausted =
          exchange.kind === 'message' && exchange.message.kind === 'raised' && exchange.message.exhausted;
        if (session.isAlive() && !exhausted) rest(session);
        else session.end();
        return { ...outcomeOfCall(exchange, { timeoutMs, memoryBytes, maxBytes }), ...spent };
      } finally {
        endTurn();
      }
    },

    async load(signal): Promise<string | null> {
      const over = until(signal);
      await takeTurn(over);
      try {
        const session = await loadedSession(over);
        if (typeof session === 'string') return session;
        rest(session);
        return null;
      } finally {
        endTurn();
      }
    },

    async close(): Promise<void> {
      closing.abort(new Error('The Python oracle was closed.'));
      for (const { taken } of idle.splice(0)) taken.abort();
      const sessions = [...open];
      for (const session of sessions) session.end();
      await Promise.all(sessions.map(({ ended }) => ended));
    },
  };
};
