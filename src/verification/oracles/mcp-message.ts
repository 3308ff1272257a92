import { createParser } from 'eventsource-parser';
import { readBody, readChunks } from '#contracts/http.ts';
import { isObject } from '#contracts/json.ts';
import { type ReportedError, reportedError } from '../foreign/answer-status.ts';
import { parseJsonBody } from './answer.ts';
import {
  type ExchangeFailure,
  failure,
  type OracleResponse,
  type Post,
  requestHeaders,
  statusFailure,
  tooLarge,
} from './exchange.ts';

/** Revisions up to 2025-11-25 start with a handshake. From 2026-07-28 on, each request is independent. */
export type Era = 'handshake' | 'stateless';

/** `id` is null if the server gave no id, `revision` until one is agreed. */
export type McpSession = { id: string | null; revision: string | null };

export type McpBounds = { maxBytes: number; maxEvents: number };

export type McpReply =
  | { kind: 'result'; result: Record<string, unknown>; sessionId: string | null }
  /**
   * A JSON-RPC error. Its message belongs to the server and is not kept, only whether it says that there is no such
   * tool. `reported`: the error of a service behind the server.
   */
  | { kind: 'error'; code: number; saysUnknownTool: boolean; reported: ReportedError | null }
  | McpFailure;

export type McpFailure = ExchangeFailure & { httpStatus?: number };

type Message = { jsonrpc: string; method: string; id?: number; params?: object };

/** The headers of a message. The protocol's own override configured ones. */
export const mcpHeaders = (
  configured: Record<string, string>,
  era: Era,
  { id, revision }: McpSession,
  method: string,
  tool: string,
): Record<string, string> => ({
  ...requestHeaders(configured),
  accept: 'application/json, text/event-stream',
  ...(id === null ? {} : { 'mcp-session-id': id }),
  ...(revision === null ? {} : { 'mcp-protocol-version': revision }),
  ...(era === 'handshake' ? {} : { 'mcp-method': method }),
  ...(era === 'stateless' && method === 'tools/call' ? { 'mcp-name': headerValue(tool) } : {}),
});

/** A value as revision 2026-07-28 encodes it in a header: anything but plain ASCII becomes Base64 of its UTF-8. */
function headerValue(text: string): string {
  const isPlain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !/^=\?base64\?.*\?=$/.test(text);
  if (isPlain) return text;
  const binary = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('');
  return `=?base64?${btoa(binary)}?=`;
}

/** Sends one message and reads its reply, as JSON or from a stream of events. A notification has no reply. */
export async function sendMcp(
  post: Post,
  headers: Record<string, string>,
  message: Message,
  bounds: McpBounds,
  nowMs: number,
): Promise<McpReply> {
  const response = await post(headers, JSON.stringify(message), message.method === 'tools/call');
  const sentSession = headers['mcp-session-id'] !== undefined;
  const httpStatus = response.status;
  // 400 and 404 may carry a JSON-RPC error. In a session, 404 says that the session has ended.
  if (httpStatus === 400 || (httpStatus === 404 && !sentSession)) {
    const bytes = await readBody(response, bounds.maxBytes);
    const read = bytes === null ? null : parseJsonBody(bytes);
    const reply = read?.ok === true ? replyIn(read.value, message.id) : null;
    if (reply?.kind === 'error') return reply;
  }
  const failed = await statusFailure(response, nowMs);
  if (failed !== null) return { ...failed, httpStatus };
  if (message.id === undefined) {
    await response.body?.cancel().catch(() => undefined);
    return { kind: 'result', result: {}, sessionId: null };
  }
  const isStream = /^text\/event-stream\b/i.test(response.headers.get('content-type')?.trim() ?? '');
  const reply = isStream
    ? await readStream(response, message.id, bounds)
    : await readOne(response, message.id, bounds);
  const sessionId = response.headers.get('mcp-session-id');
  return reply.kind === 'result' ? { ...reply, sessionId } : reply;
}

async function readOne(response: OracleResponse, id: number, { maxBytes }: McpBounds): Promise<McpReply> {
  const bytes = await readBody(response, maxBytes);
  if (bytes === null) return tooLarge(response, maxBytes);
  const read = parseJsonBody(bytes);
  if (!read.ok) return failure('malformed', read.detail);
  return (
    replyIn(read.value, id) ?? failure('malformed', 'The answer is not a JSON-RPC response to the request.')
  );
}

/**
 * Reads a stream until the reply arrives. Progress, log messages and requests from the server are skipped: the client
 * told it that it can do nothing for it. So are events of other types, which are not of the protocol. A stream that ends
 * before the reply is not resumed.
 */
async function readStream(
  response: OracleResponse,
  id: number,
  { maxBytes, maxEvents }: McpBounds,
): Promise<McpReply> {
  let reply: McpReply | null = null;
  let events = 0;
  const parser = createParser({
    onEvent({ data, event = 'message' }) {
      if (reply !== null) return;
      events += 1;
      if (events > maxEvents) reply = failure('too_large', `The answer has more than ${maxEvents} events.`);
      else if (event === 'message' && data.trim() !== '') reply = readEvent(data, id);
    },
  });
  const decoder = new TextDecoder();
  const fits = await readChunks(response, maxBytes, (chunk) => {
    parser.feed(decoder.decode(chunk, { stream: true }));
    return reply === null;
  });
  if (!fits) return tooLarge(response, maxBytes);
  return reply ?? failure('connection', 'The stream of events ended before the reply.');
}

function readEvent(data: string, id: number): McpReply | null {
  try {
    return replyIn(JSON.parse(data), id);
  } catch {
    return failure('malformed', 'An event of the answer is not JSON.');
  }
}

/** The words for an unknown tool of the specification's example and of the common frameworks. */
const unknownToolWords =
  /\b(?:unknown tool|no such tool|tool\b[^.\n]{0,300}\b(?:not found|does(?: not|n't) exist|not exist))/i;
const longestMessage = 1000;

/** Whether an error's message says that the server has no such tool. */
export const saysUnknownTool = (message: unknown): boolean =>
  typeof message === 'string' && unknownToolWords.test(message.slice(0, longestMessage));

/** Servers that number requests as text send the id back as text. */
const isSameId = (given: unknown, id: number | undefined): boolean =>
  (typeof given === 'number' || typeof given === 'string') &&
  id !== undefined &&
  String(given).trim() === `${id}`;

/** The reply to request `id` in a message or a batch, or null if there is none. */
function replyIn(value: unknown, id: number | undefined): McpReply | null {
  for (const message of Array.isArray(value) ? value : [value]) {
    if (!isObject(message) || 'method' in message) continue;
    const { error } = message;
    // A server that could not read the request's id answers with null.
    if (isObject(error) && (isSameId(message.id, id) || message.id === null || message.id === undefined)) {
      return {
        kind: 'error',
        code: Number.isSafeInteger(error.code) ? Number(error.code) : 0,
        saysUnknownTool: saysUnknownTool(error.message),
        reported: reportedError({ error }) ?? reportedError({ error: error.data }),
      };
    }
    if (isSameId(message.id, id) && isObject(message.result)) {
      return { kind: 'result', result: message.result, sessionId: null };
    }
  }
  return null;
}
