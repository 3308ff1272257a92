import { faultCode } from '#contracts/errors.ts';
import { isObject } from '#contracts/json.ts';

/** The code by which a refusal of the network rule is known, somewhere on an error's chain of causes. */
export const networkRuleCode = 'ENETWORKRULE';

const maxCauses = 10;

/** An error and its causes; a chain that bites its tail ends. */
function* causesOf(error: unknown): Generator<{ code: string | null; message: string; connecting: boolean }> {
  let cause = error;
  for (let depth = 0; depth < maxCauses && isObject(cause); depth++) {
    // undici's parser leaves the code of a status line that is none undefined.
    const code =
      faultCode(cause) ?? (cause instanceof Error && cause.name === 'HTTPParserError' ? 'HPE_INVALID' : null);
    yield {
      code,
      message: cause instanceof Error ? cause.message : '',
      connecting: cause.syscall === 'connect',
    };
    // Trying several addresses of one host ends in one error that holds the others.
    const inner: unknown = Array.isArray(cause.errors) ? cause.errors[0] : undefined;
    cause = cause.cause ?? inner;
  }
}

/** What the network rule said, in its own words, or null where the error is none of its. */
export function networkRuleRefusal(error: unknown): string | null {
  for (const { code, message } of causesOf(error)) {
    if (code === networkRuleCode) return message;
  }
  return null;
}

const meanings: Record<string, string> = {
  ECONNREFUSED: 'The connection was refused: nothing listens at this address.',
  ENOTFOUND: 'The host name does not exist.',
  EAI_AGAIN: 'The host name could not be resolved.',
  ECONNRESET: 'The connection was closed before an answer came.',
  UND_ERR_SOCKET: 'The connection was closed before an answer came.',
  EPIPE: 'The connection was closed before an answer came.',
  ETIMEDOUT: 'The connection could not be opened in time.',
  UND_ERR_CONNECT_TIMEOUT: 'The connection could not be opened in time.',
  EHOSTUNREACH: 'The host cannot be reached.',
  ENETUNREACH: 'The network cannot be reached.',
  ERR_SSL_WRONG_VERSION_NUMBER: 'The TLS handshake failed: the address speaks no TLS. Is it an http address?',
  EPROTO: 'The TLS handshake failed.',
};

/** Codes of connections that were never made: nothing was sent over them. Others tell it by what was being done. */
const neverMade = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

/** Whether an exchange broke before there was a connection. */
export const wasNeverMade = (error: unknown): boolean =>
  [...causesOf(error)].some(({ code, connecting }) => code !== null && (connecting || neverMade.has(code)));

/**
 * In words for the run's owner why an exchange broke. Only the error's code is used: messages of the layers below
 * name hosts and addresses.
 */
export function connectionFault(
  error: unknown,
  httpAnswered: boolean,
): { reason: 'connection' | 'malformed'; detail: string } {
  const codes = [...causesOf(error)].flatMap(({ code }) => (code === null ? [] : [code]));
  if (codes.some((code) => code.startsWith('Z_') || code.startsWith('ERR_BROTLI'))) {
    return { reason: 'malformed', detail: "The answer's content encoding is broken." };
  }
  if (httpAnswered) {
    return { reason: 'connection', detail: 'The connection broke before the answer was complete.' };
  }
  const known = codes.map((code) => meanings[code]).find((meaning) => meaning !== undefined);
  if (known !== undefined) return { reason: 'connection', detail: known };
  if (codes.some((code) => /CERT|^ERR_TLS|^ERR_SSL|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code))) {
    return { reason: 'connection', detail: `The TLS certificate was not accepted (${codes.at(-1)}).` };
  }
  if (codes.some((code) => code.startsWith('HPE_'))) {
    return { reason: 'connection', detail: 'What answered does not speak HTTP.' };
  }
  // The fetch standard's list of ports that belong to other protocols; the error has no code.
  if ([...causesOf(error)].some(({ message }) => message === 'bad port')) {
    return {
      reason: 'connection',
      detail:
        'The port is one that HTTP clients never call, since another protocol owns it. Give another port.',
    };
  }
  const code = codes.at(-1);
  return { reason: 'connection', detail: `No connection${code === undefined ? '' : ` (${code})`}.` };
}
