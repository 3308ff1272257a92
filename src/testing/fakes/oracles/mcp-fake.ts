import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

type Answer = Record<string, unknown>;

/** How the server answers one `tools/call`. */
export type McpBehaviour =
  /** A tool's result, sent as `answersIn` says. */
  | { kind: 'result'; result: Answer; progress?: number }
  | { kind: 'rpc_error'; code: number }
  /** Any HTTP answer. */
  | { kind: 'http'; status: number; headers?: Record<string, string>; body?: string | Uint8Array }
  /** The server has forgotten the session, as after a restart. */
  | { kind: 'expired' }
  /** Sends headers and part of the body. Then `stalled` sends nothing, `cut` closes, `ended` ends the body properly. */
  | { kind: 'stalled' | 'cut' | 'ended' }
  /** Never stops sending events. */
  | { kind: 'endless' }
  /** Resets the connection without an answer. */
  | { kind: 'reset' };

export type McpFakeOptions = {
  tools?: string[];
  answersIn?: 'json' | 'sse';
  /** `modern` knows only revision 2026-07-28, which has neither handshake nor session. */
  era?: 'sessions' | 'sessionless' | 'modern';
  revision?: string;
  /** How many connections are reset at `notifications/initialized`. */
  resetsAtInitialized?: number;
};

export type ReceivedMcpMessage = {
  method: string;
  rpcMethod: string | null;
  headers: Record<string, string | string[] | undefined>;
  params: Record<string, unknown>;
};

export type McpFake = {
  url: string;
  received: ReceivedMcpMessage[];
  openSessions: Set<string>;
  close(): Promise<void>;
};

const modernRevision = '2026-07-28';
const metaKey = 'io.modelcontextprotocol/protocolVersion';

/**
 * An MCP server on loopback over Streamable HTTP, as strict as the reference server. It refuses a client that does not
 * accept both forms of answer, a call before the end of the handshake, an unknown session (404), a missing one (400),
 * and headers that contradict the body. Like the reference server, it answers an unknown tool with a result that has
 * isError. `behave` decides about each call of a known tool; `count` is how many came before.
 */
export const startMcpFake = async (
  behave: (args: Record<string, unknown>, count: number) => McpBehaviour,
  {
    tools = ['review'],
    answersIn = 'json',
    era = 'sessions',
    revision = '2025-11-25',
    resetsAtInitialized = 0,
  }: McpFakeOptions = {},
): Promise<McpFake> => {
  const received: ReceivedMcpMessage[] = [];
  const openSessions = new Set<string>();
  const readySessions = new Set<string>();
  let calls = 0;
  let resets = 0;

  const sendJson = (response: ServerResponse, status: number, body: Answer, headers = {}) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  const sendError = (response: ServerResponse, status: number, code: number, id: unknown = null) =>
    sendJson(response, status, { jsonrpc: '2.0', error: { code, message: 'hush: details' }, id });
  const event = (data: unknown) => `event: message\nid: ${randomUUID()}\ndata: ${JSON.stringify(data)}\n\n`;
  const progress = (at: number) => ({
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken: 1, progress: at },
  });

  const sendResult = (response: ServerResponse, id: unknown, result: Answer, headers = {}, steps = 0) => {
    const message = { jsonrpc: '2.0', id, result };
    if (answersIn === 'json') return sendJson(response, 200, message, headers);
    response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
    response.write(`: comment\nid: ${randomUUID()}\nretry: 1\ndata:\n\n`);
    for (let at = 0; at < steps; at++) response.write(event(progress(at)));
    // The server sends its own request under the same id, because each side numbers its own.
    response.write(event({ jsonrpc: '2.0', id, method: 'ping' }));
    return response.end(event(message));
  };

  const perform = async (behaviour: McpBehaviour, response: ServerResponse, id: unknown, session: string) => {
    switch (behaviour.kind) {
      case 'result':
        sendResult(response, id, behaviour.result, {}, behaviour.progress);
        return;
      case 'rpc_error':
        sendError(response, 200, behaviour.code, id);
        return;
      case 'http':
        response.writeHead(behaviour.status, behaviour.headers).end(behaviour.body ?? '');
        return;
      case 'expired':
        openSessions.delete(session);
        sendError(response, 404, -32001);
        return;
      case 'stalled':
      case 'cut':
      case 'ended':
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(event(progress(0)), () => {
          // No reset, because it may overtake what was sent.
          if (behaviour.kind === 'cut') response.destroy();
        });
        if (behaviour.kind === 'ended') response.end('data: {"hush": ');
        return;
      case 'endless': {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        while (!response.closed) {
          if (response.write(event(progress(0)).repeat(100))) await new Promise(setImmediate);
          else await new Promise((next) => response.once('drain', next).once('close', next));
        }
        return;
      }
      case 'reset':
        response.socket?.resetAndDestroy();
    }
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', headers } = request;
    const body = await text(request);
    const message = body === '' ? {} : JSON.parse(body);
    const { id, method: rpcMethod = null, params = {} } = message;
    received.push({ method, rpcMethod, headers, params });
    const session = String(headers['mcp-session-id'] ?? '');

    if (method === 'DELETE') {
      response.writeHead(openSessions.delete(session) ? 200 : 404).end();
      return;
    }
    if (method !== 'POST') {
      response.writeHead(405, { allow: 'POST, DELETE' }).end();
      return;
    }
    const accept = String(headers.accept);
    if (!accept.includes('application/json') || !accept.includes('text/event-stream')) {
      sendError(response, 406, -32000);
      return;
    }
    if (era === 'modern') {
      const meta = params._meta ?? {};
      const agrees =
        headers['mcp-protocol-version'] === meta[metaKey] &&
        headers['mcp-method'] === rpcMethod &&
        (rpcMethod !== 'tools/call' || headers['mcp-name'] === params.name);
      if (meta[metaKey] !== modernRevision) {
        sendError(response, 400, -32022, id);
        return;
      }
      if (!agrees || meta['io.modelcontextprotocol/clientCapabilities'] === undefined) {
        sendError(response, 400, -32020, id);
        return;
      }
    } else if (rpcMethod === 'initialize') {
      const given = era === 'sessions' ? randomUUID() : null;
      if (given !== null) openSessions.add(given);
      const result = {
        protocolVersion: revision,
        capabilities: { tools: {} },
        serverInfo: { name: 'fake', version: '1' },
      };
      sendResult(response, id, result, given === null ? {} : { 'mcp-session-id': given });
      return;
    } else if (headers['mcp-protocol-version'] !== revision) {
      sendError(response, 400, -32000);
      return;
    } else if (era === 'sessions') {
      if (session === '') {
        sendError(response, 400, -32000);
        return;
      }
      if (!openSessions.has(session)) {
        sendError(response, 404, -32001);
        return;
      }
    }

    if (rpcMethod === 'notifications/initialized') {
      resets += 1;
      if (resets <= resetsAtInitialized) {
        response.socket?.resetAndDestroy();
        return;
      }
      readySessions.add(session);
      response.writeHead(202).end();
    } else if (era === 'sessions' && !readySessions.has(session)) sendError(response, 400, -32000, id);
    else if (rpcMethod === 'tools/list') {
      // One tool a page, so that the client must follow pages.
      const at = Number(params.cursor ?? 0);
      const listed = tools.slice(at, at + 1).map((name) => ({ name, inputSchema: { type: 'object' } }));
      const next = at + 1 < tools.length ? { nextCursor: String(at + 1) } : {};
      sendResult(response, id, { tools: listed, ...next });
    } else if (rpcMethod !== 'tools/call') sendError(response, 200, -32601, id);
    else if (!tools.includes(params.name)) {
      sendResult(response, id, { content: [{ type: 'text', text: 'hush: tool not found' }], isError: true });
    } else {
      calls += 1;
      await perform(behave(params.arguments, calls - 1), response, id, session);
    }
  };

  const server = createServer(answer);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    received,
    openSessions,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
};
