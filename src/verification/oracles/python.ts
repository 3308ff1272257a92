import type { OracleFailure, OracleOutcome, OracleRequest } from '#contracts/oracle.ts';
import { oracleTypes } from '#contracts/oracle-types.ts';
import { passingWaits } from './exchange.ts';
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
  /** Limit for one call, from the moment an interpreter is free and has loaded the module. */
  timeoutMs?: number;
  /** Limit for starting an interpreter and importing the module. */
  loadTimeoutMs?: number;
  /** Address space of the interpreter and of each process it starts, if the platform can limit it. */
  memoryBytes?: number | null;
  /** Limit for the answer as JSON in UTF-8. */
  maxBytes?: number;
  /** Interpreters that run in parallel. */
  processes?: number;
  /** An interpreter that is idle for this long is ended. The next call starts a new one. */
  idleMs?: number;
};

const { module: moduleField, callable: callableField } = oracleTypes.python.fields;

/**
 * What is wrong with the names of a module and a callable in it, or null. Nothing is looked up. A name that a request's
 * schema would trim is also refused, because it is used unchanged.
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
 * A callable in a Python module (wire contract, "Python oracle"). An interpreter loads it once and serves many calls,
 * one at a time, even if the callable is async: a time-out, a crash or the memory limit then affects only one call.
 * `processes` sets how many calls run in parallel. The others wait, and their waiting counts neither toward their
 * latency nor toward their time limit.
 *
 * An exception or a crash is the oracle's answer to this change, so it is not asked again; an error that it returns in
 * place of an answer is read as a service's. `httpAnswered` is false if the module could not be loaded. Like a wrong
 * address, that is a mistake of the person who named it.
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
      // Written in ASCII escapes, an answer is at most six times as long as its text.
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

  const askOnce = async (request: OracleRequest, over: AbortSignal) => {
    await takeTurn(over);
    try {
      let startedAt = now();
      const latencyMs = () => Math.max(0, now() - startedAt);
      const session = await loadedSession(over);
      if (typeof session === 'string') return { ...notLoaded(session), latencyMs: latencyMs() };
      startedAt = now();
      const exchange = await session.exchange({ change: flatChange(request) }, timeoutMs, over);
      const spentMs = latencyMs();
      // After MemoryError the call's data may still be in memory, or half processed.
      const exhausted =
        exchange.kind === 'message' && exchange.message.kind === 'raised' && exchange.message.exhausted;
      if (session.isAlive() && !exhausted) rest(session);
      else session.end();
      return { ...outcomeOfCall(exchange, { timeoutMs, memoryBytes, maxBytes }), latencyMs: spentMs };
    } finally {
      endTurn();
    }
  };

  /** Null, or why the module cannot be loaded. */
  const load = async (signal?: AbortSignal): Promise<string | null> => {
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
  };

  return {
    async ask(request, signal): Promise<OracleOutcome> {
      const over = until(signal);
      const nextWait = passingWaits();
      for (let retries = 0; ; retries += 1) {
        const end = await askOnce(request, over);
        if (end.kind === 'answer') return { ...end, retries };
        const { passing, retryAfterMs, ...failure } = end;
        const waitMs = passing === true ? nextWait(retryAfterMs) : null;
        if (waitMs === null) return { ...failure, retries };
        await sleep(waitMs, over);
      }
    },

    load,

    async look(signal): Promise<OracleFailure | null> {
      const startedAt = now();
      const problem = await load(signal);
      if (problem === null) return null;
      return { ...notLoaded(problem), latencyMs: Math.max(0, now() - startedAt), retries: 0 };
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
