import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Every response has these. Pages add a policy for their scripts; the API adds one that allows nothing. */
export const securityHeaders = (secure: boolean): Record<string, string> => ({
  'x-content-type-options': 'nosniff',
  // Other sites do not learn which run or certificate a link was on.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
  ...(secure && { 'strict-transport-security': 'max-age=31536000' }),
});

/** An answer that the server's entry gives itself. */
export type EntryAnswer = { status: number; detail: string | null; headers?: Record<string, string> };

const headersOfAnswer = ({ detail, headers = {} }: EntryAnswer): Record<string, string> => ({
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  ...(detail !== null && { 'content-type': 'application/json' }),
  ...headers,
});

const bodyOf = ({ detail }: EntryAnswer) => (detail === null ? '' : JSON.stringify({ detail }));

export const sendAnswer = (response: ServerResponse, answer: EntryAnswer): void => {
  if (response.headersSent) return void response.destroy();
  for (const [name, value] of Object.entries(headersOfAnswer(answer))) response.setHeader(name, value);
  response.writeHead(answer.status).end(bodyOf(answer));
};

/** The same on a connection that has no response object: an upgrade, or a request that could not be parsed. */
export const sendRaw = (socket: Duplex, answer: EntryAnswer, secure: boolean): void => {
  if (!socket.writable) return void socket.destroy();
  const body = bodyOf(answer);
  const lines = Object.entries({
    ...securityHeaders(secure),
    ...headersOfAnswer(answer),
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}\r\n${lines.join('')}\r\n${body}`, () =>
    socket.destroy(),
  );
};
