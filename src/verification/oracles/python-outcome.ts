import type { OracleFailure, OracleOutcome } from '#contracts/oracle.ts';
import { cutText, storableText } from '#contracts/text.ts';
import { readOracleAnswer } from './answer.ts';
import { type ExchangeFailure, endOfReading } from './exchange.ts';
import type { Exchange, PythonEnd } from './python-session.ts';

type UnmeasuredFailure = ExchangeFailure & { httpAnswered: boolean };
/** The outcome of a call, without its duration, which the caller knows. */
type Unmeasured = Pick<Extract<OracleOutcome, { kind: 'answer' }>, 'kind' | 'answer'> | UnmeasuredFailure;

export const mebibyte = 1024 * 1024;
/**
 * Together these stay below the length limit of a replay's reason. Otherwise it would be cut at the end, where the
 * exception is named.
 */
const maxTraceLines = 10;
const maxLineLength = 160;

/** The last lines of a traceback or of the output, fit for storage. */
const lastLines = (text: string): string =>
  storableText(text)
    .trimEnd()
    .split('\n')
    .slice(-maxTraceLines)
    .map((line) => cutText(line, maxLineLength, '…'))
    .join('\n');

const withNoise = (what: string, { noise }: { noise: string }): string => {
  const printed = lastLines(noise);
  return printed === '' ? what : `${what} Its last output:\n${printed}`;
};

const endInWords = ({ code, signal }: PythonEnd): string => {
  if (signal === 'SIGKILL') return 'killed with SIGKILL, which often means that memory ran out';
  if (signal === 'SIGXCPU') return 'killed by SIGXCPU: it used up its processor time';
  return signal === null ? `exit code ${code}` : `killed by ${signal}`;
};

/** The first line says what to do. A traceback follows, and its last lines matter most. */
const cutRefusal = (detail: string): string => {
  const [first = '', ...trace] = detail.split('\n');
  return trace.length === 0 ? first : `${first}\n${lastLines(trace.join('\n'))}`;
};

const failed = (reason: OracleFailure['reason'], detail: string) => ({
  kind: 'failure' as const,
  reason,
  detail,
  httpAnswered: true,
});

/** Why a module could not be loaded, in words for the person who named it. */
export const whyNotLoaded = (
  loaded: Exchange,
  { module, loadTimeoutMs }: { module: string; loadTimeoutMs: number },
): string => {
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
  return `${what} corrupted its interpreter's messages while it was imported.`;
};

/** The outcome of every call to a module that could not be loaded: no call reached the oracle. */
export const notLoaded = (detail: string): UnmeasuredFailure => ({
  ...failed('not_loaded', detail),
  httpAnswered: false,
});

/** The outcome of a call's exchange: an answer, or a failure in words for the oracle's owner. */
export const outcomeOfCall = (
  exchange: Exchange,
  limits: { timeoutMs: number; memoryBytes: number | null; maxBytes: number },
): Unmeasured => {
  const tooLarge = () => failed('too_large', `The answer is larger than ${limits.maxBytes} bytes.`);
  const garbled = () => failed('malformed', "The oracle corrupted its interpreter's messages.");
  switch (exchange.kind) {
    case 'late':
      return failed('timeout', `No answer came within ${limits.timeoutMs / 1000} seconds.`);
    case 'ended':
      return failed(
        'crashed',
        withNoise(`The oracle's process ended during the call (${endInWords(exchange.end)}).`, exchange),
      );
    case 'too_long':
      return tooLarge();
    case 'garbled':
      return garbled();
    case 'message':
      break;
  }
  const { message } = exchange;
  switch (message.kind) {
    case 'answer': {
      const end = endOfReading(readOracleAnswer(message.value));
      return end.kind === 'answer' ? end : { ...end, httpAnswered: true };
    }
    case 'raised': {
      const limit =
        limits.memoryBytes === null ? 'the machine’s' : `${Math.round(limits.memoryBytes / mebibyte)} MiB`;
      const what = message.exhausted ? `ran out of memory (its limit is ${limit})` : 'raised an exception';
      return failed('exception', `The oracle ${what}:\n${lastLines(message.trace)}`);
    }
    case 'unwritable':
      return failed('malformed', `The answer cannot be written as JSON. ${lastLines(message.detail)}`);
    case 'too_large':
      return tooLarge();
    default:
      return garbled();
  }
};
