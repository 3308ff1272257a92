import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { JudgeAnswer } from '#verification/judges/judge.ts';
import { answerPlausibly } from './anthropic-answers.ts';

const cacheControl = z.strictObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() });
const textBlock = z.strictObject({
  type: z.literal('text'),
  text: z.string().min(1, 'text content blocks must be non-empty'),
  cache_control: cacheControl.optional(),
});
/** What the Messages API takes, as far as this project uses it; sampling parameters are gone from newer models. */
const requestSchema = z.strictObject({
  model: z.string().min(1),
  max_tokens: z.int().min(1).max(128_000),
  system: z.union([z.string(), z.array(textBlock)]).optional(),
  messages: z
    .array(
      z.strictObject({
        role: z.enum(['user', 'assistant']),
        content: z.union([z.string(), z.array(textBlock)]),
      }),
    )
    .min(1, 'at least one message is required'),
  output_config: z
    .strictObject({
      effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).optional(),
      format: z
        .strictObject({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) })
        .optional(),
    })
    .optional(),
  metadata: z.strictObject({ user_id: z.string() }).optional(),
});

export type AnthropicRequest = {
  headers: IncomingHttpHeaders;
  model: string;
  maxTokens: number;
  /** The system prompt's blocks and the messages' texts, each as one string. */
  system: string[];
  user: string;
  schema: unknown;
};

/** What the fake does with one request; `count` requests came before it. */
export type AnthropicBehaviour =
  | { kind: 'answer'; answer: JudgeAnswer; model?: string; afterMs?: number }
  | { kind: 'text'; text: string }
  | { kind: 'refusal' }
  /** Breaks off at `max_tokens`, in the middle of its JSON. */
  | { kind: 'max_tokens' }
  | { kind: 'error'; status: number; type: string; message?: string; retryAfter?: string }
  /** A body that is no message at all, as a proxy in the API's place sends. */
  | { kind: 'raw'; status: number; body: string; contentType?: string }
  | { kind: 'reset' };

export type AnthropicFake = { url: string; requests: AnthropicRequest[]; close(): Promise<void> };

export type AnthropicFakeOptions = {
  apiKey?: string;
  models?: string[];
  behave?: (request: AnthropicRequest, count: number) => AnthropicBehaviour | Promise<AnthropicBehaviour>;
};

/** Prompts below this are not cached. */
const minCachedTokens = 1024;
const tokensOf = (text: string) => Math.ceil(text.length / 4);
const textsOf = (content: string | { text: string }[]) =>
  typeof content === 'string' ? [content] : content.map(({ text }) => text);

/** The strict form that structured outputs ask of a schema: every object closed, none of the unsupported bounds. */
const schemaProblem = (node: unknown): string | null => {
  if (Array.isArray(node)) return node.map(schemaProblem).find((problem) => problem !== null) ?? null;
  if (typeof node !== 'object' || node === null) return null;
  if ('type' in node && node.type === 'object') {
    if (!('additionalProperties' in node) || node.additionalProperties !== false) {
      return "For 'object' type, 'additionalProperties' must be explicitly set to false";
    }
  }
  const unsupported = ['minimum', 'maximum', 'minLength', 'maxLength', 'maxItems', '$schema'].find(
    (name) => name in node && typeof Reflect.get(node, name) !== 'object',
  );
  if (unsupported !== undefined) return `property '${unsupported}' is not supported`;
  return schemaProblem(Object.values(node));
};

/**
 * Anthropic's Messages API on loopback: keys, request validation, errors, stop reasons, usage and prompt cache as its
 * documentation has them. Without `behave` it answers lexically from the request, so that a whole run works with it.
 */
export const startAnthropicFake = async ({
  apiKey = 'sk-ant-test',
  models = ['claude-sonnet-5-5', 'claude-opus-5-5', 'claude-haiku-5-5'],
  behave = (request) => ({ kind: 'answer', answer: answerPlausibly(request) }),
}: AnthropicFakeOptions = {}): Promise<AnthropicFake> => {
  const requests: AnthropicRequest[] = [];
  const cache = new Set<string>();

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await readBody(request);
    const requestId = `req_${String(requests.length + 1).padStart(24, '0')}`;
    response.setHeader('request-id', requestId);
    const fail = (status: number, type: string, message: string, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify({ type: 'error', error: { type, message }, request_id: requestId }));
    };
    const { headers } = request;
    const key = headers['x-api-key'] || headers.authorization?.replace(/^Bearer /, '');
    if (request.method !== 'POST' || request.url !== '/v1/messages') {
      return fail(404, 'not_found_error', 'Not found');
    }
    if (key !== apiKey) return fail(401, 'authentication_error', 'invalid x-api-key');
    if (headers['anthropic-version'] === undefined) {
      return fail(400, 'invalid_request_error', 'anthropic-version: header is required');
    }
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch {
      return fail(400, 'invalid_request_error', 'The request body is not valid JSON');
    }
    const parsed = requestSchema.safeParse(value);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return fail(400, 'invalid_request_error', `${issue?.path.join('.')}: ${issue?.message}`);
    }
    const { model, max_tokens: maxTokens, system = [], messages, output_config } = parsed.data;
    if (!models.includes(model)) return fail(404, 'not_found_error', `model: ${model}`);
    const schema = output_config?.format?.schema;
    const problem = schemaProblem(schema);
    if (problem !== null)
      return fail(400, 'invalid_request_error', `output_config.format.schema: ${problem}`);
    const blocks = [
      ...(typeof system === 'string' ? [] : system),
      ...messages.flatMap(({ content }) => (typeof content === 'string' ? [] : content)),
    ];
    if (blocks.filter((block) => block.cache_control !== undefined).length > 4) {
      return fail(400, 'invalid_request_error', 'A maximum of 4 blocks with cache_control may be provided.');
    }

    const received: AnthropicRequest = {
      headers,
      model,
      maxTokens,
      system: textsOf(system),
      user: messages.flatMap(({ content }) => textsOf(content)).join('\n\n'),
      schema,
    };
    requests.push(received);
    const behaviour = await behave(received, requests.length - 1);
    if (behaviour.kind === 'reset') {
      response.socket?.resetAndDestroy();
      return;
    }
    if (behaviour.kind === 'raw') {
      response.writeHead(behaviour.status, { 'content-type': behaviour.contentType ?? 'text/html' });
      response.end(behaviour.body);
      return;
    }
    if (behaviour.kind === 'error') {
      const { status, type, message = type, retryAfter } = behaviour;
      return fail(status, type, message, retryAfter === undefined ? {} : { 'retry-after': retryAfter });
    }

    if (behaviour.kind === 'answer' && behaviour.afterMs !== undefined) {
      await delay(behaviour.afterMs, undefined, { ref: false });
    }
    const text = textOf(behaviour);
    const lastBreakpoint =
      typeof system === 'string' ? -1 : system.findLastIndex((block) => block.cache_control !== undefined);
    const prefix = received.system.slice(0, lastBreakpoint + 1).join('\n');
    const prefixTokens = tokensOf(prefix) >= minCachedTokens ? tokensOf(prefix) : 0;
    // The form of the answer is part of what is cached: another schema is another prefix.
    const cacheKey = JSON.stringify([model, schema, prefix]);
    const cached = prefixTokens > 0 && cache.has(cacheKey);
    if (prefixTokens > 0) cache.add(cacheKey);
    response.writeHead(200, {
      'content-type': 'application/json',
      'anthropic-ratelimit-requests-limit': '4000',
      'anthropic-ratelimit-requests-remaining': String(4000 - requests.length),
      'anthropic-ratelimit-requests-reset': new Date(Date.now() + 60_000).toISOString(),
    });
    response.end(
      JSON.stringify({
        id: `msg_${requestId.slice(4)}`,
        type: 'message',
        role: 'assistant',
        model: behaviour.kind === 'answer' ? (behaviour.model ?? model) : model,
        content: text === null ? [] : [{ type: 'text', text, citations: null }],
        stop_reason: stopReason(behaviour),
        stop_sequence: null,
        stop_details:
          behaviour.kind === 'refusal' ? { type: 'refusal', category: null, explanation: null } : null,
        usage: {
          input_tokens: tokensOf([...received.system, received.user].join('\n')) - prefixTokens,
          cache_creation_input_tokens: cached ? 0 : prefixTokens,
          cache_read_input_tokens: cached ? prefixTokens : 0,
          cache_creation: {
            ephemeral_5m_input_tokens: cached ? 0 : prefixTokens,
            ephemeral_1h_input_tokens: 0,
          },
          output_tokens: behaviour.kind === 'max_tokens' ? maxTokens : tokensOf(text ?? ''),
          service_tier: 'standard',
          server_tool_use: null,
        },
      }),
    );
  };

  const server = createServer((request, response) => {
    void handle(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
};

type Message = Extract<AnthropicBehaviour, { kind: 'answer' | 'text' | 'refusal' | 'max_tokens' }>;

const textOf = (behaviour: Message): string | null => {
  switch (behaviour.kind) {
    case 'answer':
      return JSON.stringify(behaviour.answer);
    case 'text':
      return behaviour.text;
    case 'refusal':
      return null;
    case 'max_tokens':
      return '{"changes":[],"question":null,"verdicts":[{"id":"t1","verdict":"suppor';
  }
};

const stopReason = ({ kind }: Message) => (kind === 'refusal' || kind === 'max_tokens' ? kind : 'end_turn');

const readBody = async (request: IncomingMessage) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
};
