import { isObject, parseJson } from '#contracts/json.ts';
import type { OracleRequest } from '#contracts/oracle.ts';
import { reportedError } from '../foreign/answer-status.ts';
import { answerObject, type ReadAnswer, readOracleAnswer } from './answer.ts';
import { readAnswerInText } from './answer-in-text.ts';
import {
  type ExchangeEnd,
  type ExchangeFailure,
  type ExchangePorts,
  endOfReading,
  exchangeWithRetries,
  failure,
  lookAt,
  type Post,
  reportedFailure,
  withinTime,
} from './exchange.ts';
import {
  type Era,
  type McpBounds,
  type McpFailure,
  type McpReply,
  type McpSession,
  mcpHeaders,
  saysUnknownTool,
  sendMcp,
} from './mcp-message.ts';
import type { Oracle } from './oracle.ts';

export type McpOracleOptions = {
  /** The server's Streamable HTTP endpoint, for example https://host/mcp. */
  url: string;
  headers: Record<string, string>;
  /** The name of the tool, as the server lists it. */
  tool: string;
  /** Limit for one whole exchange: handshake, call and the bodies. */
  timeoutMs?: number;
  /** Limit for each body, including a stream of events. */
  maxBytes?: number;
  maxEvents?: number;
};

/** The revisions that start with a handshake. They have the same messages for a tool call. */
const handshakeRevisions = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];
const offeredRevision = '2025-11-25';
/** The first revision without handshake and session: each request states its own revision. */
const statelessRevision = '2026-07-28';

/** Neutral like the headers: an oracle does not learn who asks it. */
const clientInfo = { name: 'node', version: '1.0.0' };
const requestMeta = {
  'io.modelcontextprotocol/protocolVersion': statelessRevision,
  'io.modelcontextprotocol/clientInfo': clientInfo,
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** Ending a session is a courtesy. It may fail and must not delay an answer. */
const endTimeoutMs = 2000;
const maxToolPages = 10;

const argumentNames = 'id, title, description, diff_content, files_changed and follow_up_question';

/** How to talk to a server, once known. */
type Speech = {
  era: Era;
  session: McpSession;
  /** False until the server knows that the handshake is over. */
  ready: boolean;
};

const stateless: Speech = {
  era: 'stateless',
  session: { id: null, revision: statelessRevision },
  ready: true,
};

/**
 * A tool of an MCP server (Model Context Protocol, "Streamable HTTP"). Each question gets its own session, which is
 * ended afterwards: sessions carry nothing from one replay to the next, and none stays open. A server that refuses the
 * handshake is asked without one, as in revision 2026-07-28. No failure detail contains a header or the URL, and of an
 * answer only what it held in place of the contract's fields, in few words.
 *
 * The client is our own. The client of @modelcontextprotocol/sdk (and of its successor @modelcontextprotocol/client)
 * does not respect an oracle's bounds: it opens a second stream after the handshake, reconnects streams on its own
 * timers, reads JSON and error bodies whole at any size, puts their text into its errors, and follows authorisation.
 * Under a `fetch` that undid all this, it would only parse one message.
 */
export const mcpOracle = (
  ports: ExchangePorts,
  { url, headers, tool, timeoutMs = 120_000, maxBytes = 1024 * 1024, maxEvents = 5000 }: McpOracleOptions,
): Oracle => {
  const bounds: McpBounds = { maxBytes, maxEvents };
  /** Kept from one question to the next: a server's revision does not change during a run. */
  let knownStateless = false;

  const ask = async (request: OracleRequest, signal?: AbortSignal) => {
    let speech: Speech | null = null;
    let renewed = false;
    let lastId = 0;

    const send = (post: Post, { era, session }: Speech, method: string, params: Record<string, unknown>) => {
      lastId += 1;
      const meta = era === 'stateless' ? { _meta: requestMeta } : {};
      const message = { jsonrpc: '2.0', id: lastId, method, params: { ...params, ...meta } };
      return sendMcp(post, mcpHeaders(headers, era, session, method, tool), message, bounds, ports.now());
    };

    const initialize = async (post: Post): Promise<Speech | McpFailure> => {
      const before: Speech = { era: 'handshake', session: { id: null, revision: null }, ready: false };
      const hello = { protocolVersion: offeredRevision, capabilities: {}, clientInfo };
      const reply = await send(post, before, 'initialize', hello);
      if (reply.kind === 'error') return stateless;
      return reply.kind === 'failure' ? atHandshake(reply) : readHandshake(reply);
    };

    const confirm = (post: Post, { session }: Speech) => {
      const ready = { jsonrpc: '2.0', method: 'notifications/initialized' };
      const sentHeaders = mcpHeaders(headers, 'handshake', session, ready.method, tool);
      return sendMcp(post, sentHeaders, ready, bounds, ports.now());
    };

    const call = async (post: Post): Promise<ExchangeEnd> => {
      if (speech === null) {
        const opened = knownStateless ? stateless : await initialize(post);
        if ('kind' in opened) return withoutStatus(opened);
        speech = opened;
      }
      if (!speech.ready) {
        const confirmed = await confirm(post, speech);
        if (confirmed.kind === 'failure')
          return renewable(confirmed) ? renew(post) : withoutStatus(confirmed);
        speech = { ...speech, ready: true };
      }
      const { pr, follow_up_question } = request;
      const sent = { name: tool, arguments: { ...pr, follow_up_question } };
      const reply = await send(post, speech, 'tools/call', sent);
      if (reply.kind === 'failure') return renewable(reply) ? renew(post) : withoutStatus(reply);
      if (reply.kind === 'result') knownStateless ||= speech.era === 'stateless';
      const end = readCall(reply);
      if (end.kind !== 'failure' || end.reason !== 'status' || end.status !== undefined) return end;
      const listed = await isListed(post, speech);
      return listed === false || (listed === null && deniesTool(reply)) ? unknownTool : end;
    };

    /** A server that has forgotten its session answers 404. A new session is opened once. */
    const renewable = ({ httpStatus }: McpFailure) =>
      httpStatus === 404 && !renewed && speech !== null && speech.session.id !== null;
    const renew = (post: Post) => {
      renewed = true;
      speech = null;
      return call(post);
    };

    /** Whether the server lists the tool. Null if it does not say. Checked only after a failed call. */
    const isListed = async (post: Post, spoken: Speech): Promise<boolean | null> => {
      let cursor: unknown;
      try {
        for (let page = 0; page < maxToolPages; page++) {
          const reply = await send(post, spoken, 'tools/list', cursor === undefined ? {} : { cursor });
          if (reply.kind !== 'result' || !Array.isArray(reply.result.tools)) return null;
          if (reply.result.tools.some((listed) => listed?.name === tool)) return true;
          cursor = reply.result.nextCursor;
          if (typeof cursor !== 'string') return false;
        }
      } catch {
        signal?.throwIfAborted();
      }
      return null;
    };

    const end = async () => {
      if (speech === null || speech.session.id === null) return;
      const sentHeaders = mcpHeaders(headers, 'handshake', speech.session, '', tool);
      await withinTime(ports.sleep, endTimeoutMs, undefined, async (limited) => {
        const init = { method: 'DELETE', headers: sentHeaders, redirect: 'manual', signal: limited } as const;
        const { body } = await ports.fetch(url, init);
        await body?.cancel();
      }).catch(() => undefined);
    };

    try {
      return await exchangeWithRetries(ports, { url, timeoutMs }, signal, call);
    } finally {
      await end();
    }
  };

  return { ask, look: (signal) => lookAt(ports, url, signal) };
};

const unknownTool = failure(
  'unknown_tool',
  "The server has no tool with this name. Use the tool's name exactly as the server lists it.",
);

const withoutStatus = ({ httpStatus: _, ...failed }: McpFailure): ExchangeFailure => failed;

function atHandshake(failed: McpFailure): McpFailure {
  if (failed.httpStatus !== 404 && failed.httpStatus !== 405) return failed;
  const hint = "Check that the address is the server's Streamable HTTP endpoint.";
  return { ...failed, detail: `${failed.detail} ${hint}` };
}

type Result = Extract<McpReply, { kind: 'result' }>;

function readHandshake({ result, sessionId }: Result): Speech | ExchangeFailure {
  const revision = result.protocolVersion;
  if (typeof revision !== 'string' || !handshakeRevisions.includes(revision)) {
    const known = handshakeRevisions.join(', ');
    return failure('malformed', `The server offers no MCP revision that this client supports (${known}).`);
  }
  // Only the characters that the specification allows can be sent back.
  if (sessionId !== null && !/^[\x21-\x7e]+$/.test(sessionId)) {
    return failure('malformed', "The server's session id has characters that MCP does not allow.");
  }
  return { era: 'handshake', session: { id: sessionId, revision }, ready: false };
}

/** JSON-RPC's "method not found": a server without tools does not know the call. */
const methodNotFound = -32601;

/** Whether a failed call's own words deny the tool, for a server that does not list its tools. */
const deniesTool = (reply: McpReply): boolean => {
  if (reply.kind === 'error') return reply.code === methodNotFound || reply.saysUnknownTool;
  return reply.kind === 'result' && saysUnknownTool(textIn(reply.result.content));
};

function readCall(reply: Exclude<McpReply, { kind: 'failure' }>): ExchangeEnd {
  if (reply.kind === 'error') {
    if (reply.reported !== null) return reportedFailure(reply.reported);
    const check = `Check the tool's name, and that it takes ${argumentNames}.`;
    return failure('status', `The server refused the call (JSON-RPC error ${reply.code}). ${check}`);
  }
  const { result } = reply;
  if (result.resultType === 'input_required') {
    return failure('malformed', 'The tool asks for further input, which this client cannot give.');
  }
  if (result.isError === true) {
    const text = textIn(result.content);
    const reported = reportedError(result.structuredContent) ?? reportedError(parseJson(text));
    if (reported !== null) return reportedFailure(reported);
    const check = `Check that it takes ${argumentNames}.`;
    return failure('status', `The tool answered with an error (isError). ${check}`);
  }
  return endOfReading(readResult(result));
}

const partsOf = (content: unknown): Record<string, unknown>[] =>
  Array.isArray(content) ? content.filter(isObject) : [];

/** The text of all parts that have any: text, and resources that hold theirs. A link to a resource holds none. */
const textIn = (content: unknown): string =>
  partsOf(content)
    .flatMap(({ type, text, resource }) => {
      if (type === 'text') return [text];
      return type === 'resource' && isObject(resource) ? [resource.text] : [];
    })
    .filter((text) => typeof text === 'string')
    .join('\n');

const isBlob = ({ resource }: Record<string, unknown>) =>
  isObject(resource) && typeof resource.blob === 'string';

/**
 * Prefers structured content. If it holds no answer, text takes precedence, because some frameworks wrap a tool's text
 * in an object of their own: as `result`, which is read as that text if there is no other.
 */
function readResult({ structuredContent, content }: Record<string, unknown>): ReadAnswer {
  if (answerObject(structuredContent) !== null) return readOracleAnswer(structuredContent);
  const text = textIn(content);
  if (text.trim() !== '') return readAnswerInText(text);
  if (isObject(structuredContent)) {
    const { result } = structuredContent;
    return typeof result === 'string' ? readAnswerInText(result) : readOracleAnswer(structuredContent);
  }
  const parts = partsOf(content);
  if (parts.some(isBlob))
    return { ok: false, detail: 'The answer contains bytes (a resource with a blob) instead of text.' };
  return parts.length === 0
    ? readAnswerInText('')
    : { ok: false, detail: 'The answer contains no text, only parts of other types.' };
}
