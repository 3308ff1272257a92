import { z } from 'zod';

/** How an interpreter ended: with an exit code or by a signal. */
export type PythonEnd = { code: number | null; signal: string | null };

/** A running interpreter with the host program (`python-host.ts`). */
export type PythonProcess = {
  /** Input that it no longer reads is dropped. */
  write(line: string): void;
  /** Ends it and everything it started, at once. Does nothing after its end. */
  kill(): void;
  /** Resolves after its last output. */
  ended: Promise<PythonEnd>;
};

/**
 * A port: starts an interpreter. `output` receives the answers of the host program, `noise` everything else that is
 * printed. Rejects with PythonUnusable when no interpreter can run, for a reason that its user or the operator can fix.
 */
export type StartPython = (on: {
  output: (chunk: Uint8Array) => void;
  noise: (text: string) => void;
}) => Promise<PythonProcess>;

/** Python oracles cannot run here. The message says what to do and contains no path and no secret. */
export class PythonUnusable extends Error {
  override readonly name = 'PythonUnusable';
}

const messageSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready'), call: z.number() }),
  z.object({ kind: z.literal('refused'), call: z.number(), detail: z.string() }),
  z.object({ kind: z.literal('answer'), call: z.number(), value: z.unknown() }),
  z.object({ kind: z.literal('raised'), call: z.number(), trace: z.string(), exhausted: z.boolean() }),
  z.object({ kind: z.literal('unwritable'), call: z.number(), detail: z.string() }),
  z.object({ kind: z.literal('too_large'), call: z.number() }),
]);
type Message = z.infer<typeof messageSchema>;

/** How one exchange with an interpreter ended. After every kind but `message` the interpreter is ended too. */
export type Exchange =
  | { kind: 'message'; message: Message }
  | { kind: 'late' }
  | { kind: 'ended'; end: PythonEnd; noise: string }
  /** The output is longer than any answer may be. */
  | { kind: 'too_long' }
  /** The output is not a message of the host program. */
  | { kind: 'garbled' };

export type PythonSession = {
  /** Sends one message and reads one back. Rejects, and ends the interpreter, when `signal` is aborted. */
  exchange(body: Record<string, unknown>, timeoutMs: number, signal: AbortSignal): Promise<Exchange>;
  isAlive(): boolean;
  end(): void;
  ended: Promise<unknown>;
};

const maxNoiseLength = 16_000;

const readMessage = (line: string): Message | null => {
  try {
    return messageSchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
};

export type PythonSessionPorts = {
  start: StartPython;
  /** Rejects when `signal` is aborted during the wait. */
  sleep: (ms: number, signal?: AbortSignal) => Promise<unknown>;
};

/** One interpreter that exchanges JSON lines, one exchange at a time. Rejects as `start` does. */
export const openPythonSession = async (
  { start, sleep }: PythonSessionPorts,
  { maxLineLength }: { maxLineLength: number },
): Promise<PythonSession> => {
  const decoder = new TextDecoder();
  let line: string[] = [];
  let lineLength = 0;
  let noise = '';
  let calls = 0;
  let alive = true;
  let settle: ((exchange: Exchange) => void) | null = null;

  const output = (chunk: Uint8Array) => {
    const [first = '', ...others] = decoder.decode(chunk, { stream: true }).split('\n');
    line.push(first);
    lineLength += first.length;
    for (const next of others) {
      receive(line.join(''));
      line = [next];
      lineLength = next.length;
    }
    if (lineLength > maxLineLength) give({ kind: 'too_long' });
  };

  const receive = (text: string) => {
    const message = readMessage(text);
    // A message that was not asked for, or that belongs to an earlier call, is garbled.
    if (settle === null || message?.call !== calls - 1) give({ kind: 'garbled' });
    else give({ kind: 'message', message });
  };

  const give = (exchange: Exchange) => {
    if (exchange.kind !== 'message') end();
    settle?.(exchange);
    settle = null;
  };

  const end = () => {
    alive = false;
    process?.kill();
  };

  let process: PythonProcess | null = null;
  process = await start({
    output,
    noise: (text) => {
      noise = (noise + text).slice(-maxNoiseLength);
    },
  });

  // Unrequested output during the start has already ended it.
  if (!alive) process.kill();
  const running = process;
  const ended = running.ended.then((how) => give({ kind: 'ended', end: how, noise }));

  return {
    ended,
    end,
    isAlive: () => alive,
    async exchange(body, timeoutMs, signal) {
      const over = new AbortController();
      const { promise, resolve, reject } = Promise.withResolvers<Exchange>();
      const abort = () => {
        end();
        reject(signal.reason);
      };
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort, { once: true });
      settle = resolve;
      noise = '';
      sleep(timeoutMs, over.signal).then(
        () => give({ kind: 'late' }),
        () => undefined,
      );
      running.write(`${JSON.stringify({ ...body, call: calls })}\n`);
      calls += 1;
      try {
        return await promise;
      } finally {
        over.abort();
        signal.removeEventListener('abort', abort);
        settle = null;
      }
    },
  };
};
