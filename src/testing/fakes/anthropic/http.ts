import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AnthropicBehaviour, MessageBehaviour } from './message.ts';
import { type ApiError, invalid, type Read, refused } from './request.ts';

const routes = [
  ['POST', /^\/v1\/messages$/, 'create_message'],
  ['POST', /^\/v1\/messages\/count_tokens$/, 'count_tokens'],
  ['POST', /^\/v1\/messages\/batches$/, 'create_batch'],
  ['GET', /^\/v1\/messages\/batches$/, 'list_batches'],
  ['GET', /^\/v1\/messages\/batches\/([^/]+)$/, 'retrieve_batch'],
  ['DELETE', /^\/v1\/messages\/batches\/([^/]+)$/, 'delete_batch'],
  ['POST', /^\/v1\/messages\/batches\/([^/]+)\/cancel$/, 'cancel_batch'],
  ['GET', /^\/v1\/messages\/batches\/([^/]+)\/results$/, 'batch_results'],
] as const;

/** A request's operation in the API, and the batch that its path names. */
export const routeOf = (method: string, path: string) => {
  for (const [takes, pattern, operation] of routes) {
    const match = takes === method ? pattern.exec(path) : null;
    if (match !== null) return { operation, id: match[1] ?? '' };
  }
  return null;
};

type Headers = Record<string, string>;

export const send = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Headers = {},
): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
};

export const sendLines = (response: ServerResponse, lines: unknown[]): void => {
  response.writeHead(200, { 'content-type': 'application/x-jsonl' });
  response.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
};

export const fail = (response: ServerResponse, error: ApiError, headers: Headers = {}): void => {
  const { status, type, message } = error;
  const requestId = response.getHeader('request-id');
  send(response, status, { type: 'error', error: { type, message }, request_id: requestId }, headers);
};

export const reply = (response: ServerResponse, read: Read<unknown>): void =>
  read.ok ? send(response, 200, read.value) : fail(response, read.error);

/** Carries out a behaviour that is no message. */
export const misbehave = (
  response: ServerResponse,
  behaviour: Exclude<AnthropicBehaviour, MessageBehaviour>,
  headers: Headers,
): void => {
  switch (behaviour.kind) {
    case 'timeout':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'raw':
      response.writeHead(behaviour.status, { 'content-type': behaviour.contentType ?? 'text/html' });
      response.end(behaviour.body);
      return;
    case 'error': {
      const { status, type, message = type, retryAfter } = behaviour;
      const waiting: Headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
      fail(response, { status, type, message }, { ...headers, ...waiting });
      return;
    }
    default:
      throw new Error(`Only an item of a batch can behave as ${behaviour.kind}.`);
  }
};

const tooLarge = refused(413, 'request_too_large', 'Request exceeds the maximum size');

/** Reads even a body that is too large to its end, because a client that is still sending reads no answer. */
export const receiveJson = async (request: IncomingMessage, maxBytes: number): Promise<Read<unknown>> => {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    request.resume();
    return tooLarge;
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
  }
  if (bytes > maxBytes) return tooLarge;
  try {
    return { ok: true, value: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
  } catch {
    return invalid('The request body is not valid JSON');
  }
};
