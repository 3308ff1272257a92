import { faultCode } from '#contracts/errors.ts';
import { isObject } from '#contracts/json.ts';

/** Marks a refusal by the network rule somewhere in an error's chain of causes. */
export const networkRuleCode = 'ENETWORKRULE';

const maxCauses = 10;

/** An error and its causes. A circular chain ends. */
function* causesOf(error: unknown): Generator<{ code: string | null; message: string; connecting: boolean }> {
  let cause = error;
  for (let depth = 0; depth < maxCauses && isObject(cause); depth++) {
    // undici's parser gives an invalid status line no code.
    const code =
      faultCode(cause) ?? (cause instanceof Error && cause.name === 'HTTPParserError' ? 'HPE_INVALID' : null);
    yield {
      code,
      message: cause instanceof Error ? cause.message : '',
      connecting: cause.syscall === 'connect',
    };
    // Trying several addresses of one host ends in one error that contains the others.
    const inner: unknown = Array.isArray(cause.errors) ? cause.errors[0] : undefined;
    cause = cause.cause ?? inner;
  }
}

/** The network rule's own message, or null for any other error. */
export function networkRuleRefusal(error: unknown): string | null {
  for (const { code, message } of causesOf(error)) {
    if (code === networkRuleCode) return message;
  }
  return null;
}

const meanings: Record<string, string> = {
  ECONNREFUSED: 'The connection was refused: nothing is listening at this address.',
  ENOTFOUND: 'The host name does not exist.',
  EAI_AGAIN: 'The host name could not be resolved.',
  ECONNRESET: 'The connection was closed before an answer came.',
  UND_ERR_SOCKET: 'The connection was closed before an answer came.',
  EPIPE: 'The connection was closed before an answer came.',
  ETIMEDOUT: 'The connection could not be opened in time.',
  UND_ERR_CONNECT_TIMEOUT: 'The connection could not be opened in time.',
  EHOSTUNREACH: 'The host cannot be reached.',
  ENETUNREACH: 'The network cannot be reached.',
  ERR_SSL_WRONG_VERSION_NUMBER:
    'The TLS handshake failed: the server does not speak TLS. Is it an http address?',
  EPROTO: 'The TLS handshake failed.',
};

/** Codes of connections that were never made, so nothing was sent. For other codes the failed system call decides. */
const neverMade = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

/** Whether an exchange failed before there was a connection. */
export const wasNeverMade = (error: unknown): boolean =>
  [...causesOf(error)].some(({ code, connecting }) => code !== null && (connecting || neverMade.has(code)));

/**
 * Explains to the run's owner why an exchange broke. It uses only the error's code, because messages of the layers
 * below name hosts and addresses.
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
    return { reason: 'connection', detail: 'The server does not speak HTTP.' };
  }
  // A port on the fetch standard's list of ports for other protocols. The error has no code.
  if ([...causesOf(error)].some(({ message }) => message === 'bad port')) {
    return {
      reason: 'connection',
      detail: 'HTTP clients never call this port, because it belongs to another protocol. Give another port.',
    };
  }
  const code = codes.at(-1);
  return { reason: 'connection', detail: `No connection${code === undefined ? '' : ` (${code})`}.` };
}
