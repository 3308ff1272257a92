import type { OracleFailure, OracleOutcome, OracleRequest } from '#contracts/oracle.ts';
import { readOracleAnswer } from './answer.ts';
import type { Oracle } from './oracle.ts';
import { type Exchange, openPythonSession, type PythonSession } from './python-session.ts';

/** How an interpreter ended: by itself with a code, or by a signal. */
export type PythonEnd = { code: number | null; signal: string | null };

/** A running interpreter with the host program (`python-host.ts`) in it. */
export type PythonProcess = {
  /** What it no longer reads is dropped. */
  write(line: string): void;
  /** Ends it and what it started, at once; does nothing after its end. */
  kill(): void;
  /** Fulfilled after its last output. */
  ended: Promise<PythonEnd>;
};

/**
 * A port: starts an interpreter. `output` is given what the host program answers, `noise` what everything else prints.
 * Rejects with PythonUnusable where none can be had for a reason that its user or the operator can remove.
 */
export type StartPython = (on: {
  output: (chunk: Uint8Array) => void;
  noise: (text: string) => void;
}) => Promise<PythonProcess>;

/** Python oracles cannot be run here; the message says what to do and holds no path and no secret. */
export class PythonUnusable extends Error {
  override readonly name = 'PythonUnusable';
}

export type PythonOraclePorts = {
  start: StartPython;
  /** Rejects where `signal` is aborted while it waits. */
  sleep: (ms: number, signal?: AbortSignal) => Promise<unknown>;
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

export type PythonOracle = Oracle & {
  /** Starts the interpreter ahead of the first call: null, or why no call will be answered and what to do. */
  load(signal?: AbortSignal): Promise<string | null>;
  /** Ends the interpreters with all they started. Calls under way and later ones reject. */
  close(): Promise<void>;
};

const identifier = /^[\p{XID_Start}_]\p{XID_Continue}*$/u;

/** What is wrong with the names of a module and a callable in it, or null. Nothing is looked up. */
export function pythonNameFault(module: string, callable: string): string | null {
  if (!module.split('.').every((part) => identifier.test(part)))
    return 'The module must be named as in an import, without path or .py, for example oracles.mine.';
  if (!identifier.test(callable))
    return 'The callable must be the name of a function in the module, for example verify.';
  return null;
}

const mebibyte = 1024 * 1024;
/** Together below what a replay's reason may hold: it would be cut at its end, where the exception is named. */
const maxTraceLines = 10;
const maxLineLength = 160;

/** The last lines of a traceback or of what was printed; as Postgres takes them. */
const lastLines = (text: string): string =>
  text
    .replaceAll('\0', '\ufffd')
    .trimEnd()
    .split('\n')
    .slice(-maxTraceLines)
    .map((line) => (line.length > maxLineLength ? `${line.slice(0, maxLineLength)}…` : line).toWellFormed())
    .join('\n');

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
): PythonOracle => {
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
    const nameFault = pythonNameFault(module, callable);
    if (nameFault !== null) return nameFault;
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
    return whyNotLoaded(loaded);
  };

  const whyNotLoaded = (loaded: Exchange): string => {
    if (loaded.kind === 'message' && loaded.message.kind === 'refused')
      return cutRefusal(loaded.message.detail);
    const what = `The module "${module}"`;
    if (loaded.kind === 'late')
      return `${what} was not imported within ${loadTimeoutMs / 1000} seconds. Make its import faster.`;
    if (loaded.kind === 'ended')
      return withNoise(
        `${what} ended its interpreter while it was imported (${endInWords(loaded.end)}).`,
        loaded,
      );
    return `${what} disturbed its interpreter's messages while it was imported.`;
  };

  const called = (exchange: Exchange): { answer: ReturnType<typeof readOracleAnswer> } | Failed => {
    switch (exchange.kind) {
      case 'late':
        return failed('timeout', `No answer came within ${timeoutMs / 1000} seconds.`);
      case 'ended':
        return failed(
          'crashed',
          withNoise(`The oracle's process ended in the call (${endInWords(exchange.end)}).`, exchange),
        );
      case 'too_long':
        return failed('too_large', `The answer is larger than ${maxBytes} bytes.`);
      case 'garbled':
        return failed('malformed', "The oracle disturbed its interpreter's messages.");
      case 'message':
        break;
    }
    const { message } = exchange;
    switch (message.kind) {
      case 'answer':
        return { answer: readOracleAnswer(message.value) };
      case 'raised': {
        const limit = memoryBytes === null ? 'the machine’s' : `${Math.round(memoryBytes / mebibyte)} MiB`;
        const what = message.exhausted ? `ran out of memory (its limit is ${limit})` : 'raised an exception';
        return failed('exception', `The oracle ${what}:\n${lastLines(message.trace)}`);
      }
      case 'unwritable':
        return failed('malformed', `The answer cannot be written as JSON. ${lastLines(message.detail)}`);
      case 'too_large':
        return failed('too_large', `The answer is larger than ${maxBytes} bytes.`);
      default:
        return failed('malformed', "The oracle disturbed its interpreter's messages.");
    }
  };

  return {
    async ask(request, signal): Promise<OracleOutcome> {
      const over = until(signal);
      await takeTurn(over);
      try {
        let startedAt = now();
        const measured = () => ({ latencyMs: Math.max(0, now() - startedAt), retries: 0 });
        const session = await loadedSession(over);
        if (typeof session === 'string')
          return {
            ...failed('not_loaded', session),
            httpAnswered: false,
            ...measured(),
          };
        startedAt = now();
        const exchange = await session.exchange({ change: flatChange(request) }, timeoutMs, over);
        const spent = measured();
        // After MemoryError what the call had reached may still be held, or half done.
        const exhausted =
          exchange.kind === 'message' && exchange.message.kind === 'raised' && exchange.message.exhausted;
        if (session.isAlive() && !exhausted) rest(session);
        else session.end();
        const result = called(exchange);
        if (!('answer' in result)) return { ...result, ...spent };
        return result.answer.ok
          ? { kind: 'answer', answer: result.answer.answer, ...spent }
          : { ...failed('malformed', result.answer.detail), ...spent };
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

type Failed = Pick<OracleFailure, 'kind' | 'reason' | 'detail' | 'httpAnswered'>;

const failed = (reason: OracleFailure['reason'], detail: string): Failed => ({
  kind: 'failure',
  reason,
  detail,
  httpAnswered: true,
});

/** The first line says what to do; of what follows, a traceback, the last lines tell. */
const cutRefusal = (detail: string): string => {
  const [first = '', ...trace] = detail.split('\n');
  return trace.length === 0 ? first : `${first}\n${lastLines(trace.join('\n'))}`;
};

const withNoise = (what: string, { noise }: { noise: string }): string => {
  const printed = lastLines(noise);
  return printed === '' ? what : `${what} It printed last:\n${printed}`;
};

const endInWords = ({ code, signal }: PythonEnd): string => {
  if (signal === 'SIGKILL') return 'killed with SIGKILL, as systems do where memory runs out';
  return signal === null ? `exit code ${code}` : `killed by ${signal}`;
};
