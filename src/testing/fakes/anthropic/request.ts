import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { Prompt } from './cache.ts';

const cacheControl = z.strictObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() });
const textBlock = z.strictObject({
  type: z.literal('text'),
  text: z.string().min(1, 'text content blocks must be non-empty'),
  cache_control: cacheControl.nullish(),
});
type Content = string | z.infer<typeof textBlock>[];

/** What the Messages API accepts, as far as this project uses it. Newer models take no sampling parameters. */
const messageSchema = z.strictObject({
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
      effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(),
      format: z
        .strictObject({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) })
        .nullish(),
    })
    .optional(),
  metadata: z.strictObject({ user_id: z.string() }).optional(),
});
/** Counting accepts what a message accepts, except what says nothing about its input. */
const countSchema = messageSchema.omit({ max_tokens: true, metadata: true });

export type AnthropicRequest = {
  headers: IncomingHttpHeaders;
  model: string;
  maxTokens: number;
  /** The system prompt's blocks and the messages' texts, each as one string. */
  system: string[];
  user: string;
  schema: unknown;
  /** Set if the request is an item of a batch. Its headers are the batch's. */
  batch: { id: string; customId: string } | null;
};

export type ApiError = { status: number; type: string; message: string };
export type Read<T> = { ok: true; value: T } | { ok: false; error: ApiError };

export const refused = (status: number, type: string, message: string): { ok: false; error: ApiError } => ({
  ok: false,
  error: { status, type, message },
});
export const invalid = (message: string) => refused(400, 'invalid_request_error', message);

/** The first issue in the API's form: where, then what. */
export const readBy = <T>(schema: z.ZodType<T>, value: unknown): Read<T> => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    return invalid(`${[...issue.path, issue.keys[0]].join('.')}: Extra inputs are not permitted`);
  }
  return invalid(`${issue?.path.join('.')}: ${issue?.message}`);
};

/** What breaks the strict form of structured outputs: an open object or an unsupported bound. */
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

const blocksOf = (role: string, content: Content): Prompt['blocks'] =>
  typeof content === 'string'
    ? [{ role, text: content, ttl: null }]
    : content.map(({ text, cache_control: control }) => ({
        role,
        text,
        ttl: control ? (control.ttl ?? '5m') : null,
      }));

const readPrompt = (body: z.infer<typeof countSchema>, models: readonly string[]): Read<Prompt> => {
  const { model, system = [], messages, output_config: output } = body;
  if (!models.includes(model)) return refused(404, 'not_found_error', `model: ${model}`);
  const schema = output?.format?.schema;
  const problem = schemaProblem(schema);
  if (problem !== null) return invalid(`output_config.format.schema: ${problem}`);
  if (messages.at(-1)?.role === 'assistant') {
    return invalid(
      'This model does not support assistant message prefill: the last message must be a user’s.',
    );
  }
  const blocks = [
    ...blocksOf('system', system),
    ...messages.flatMap(({ role, content }) => blocksOf(role, content)),
  ];
  const lives = blocks.flatMap(({ ttl }) => (ttl === null ? [] : [ttl]));
  if (lives.length > 4) {
    return invalid(`A maximum of 4 blocks with cache_control may be provided. Found ${lives.length}.`);
  }
  const firstShort = lives.indexOf('5m');
  if (firstShort >= 0 && lives.lastIndexOf('1h') > firstShort) {
    return invalid("a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block");
  }
  return { ok: true, value: { model, schema, effort: output?.effort ?? null, blocks } };
};

export type AcceptedRequest = { request: AnthropicRequest; prompt: Prompt };

export const readMessageRequest = (
  value: unknown,
  models: readonly string[],
  { headers, batch }: Pick<AnthropicRequest, 'headers' | 'batch'>,
): Read<AcceptedRequest> => {
  const body = readBy(messageSchema, value);
  if (!body.ok) return body;
  const prompt = readPrompt(body.value, models);
  if (!prompt.ok) return prompt;
  const { model, schema, blocks } = prompt.value;
  const textsOf = (isSystem: boolean) =>
    blocks.filter(({ role }) => (role === 'system') === isSystem).map(({ text }) => text);
  const request: AnthropicRequest = {
    headers,
    model,
    maxTokens: body.value.max_tokens,
    system: textsOf(true),
    user: textsOf(false).join('\n\n'),
    schema,
    batch,
  };
  return { ok: true, value: { request, prompt: prompt.value } };
};

export const readCountRequest = (value: unknown, models: readonly string[]): Read<Prompt> => {
  const body = readBy(countSchema, value);
  return body.ok ? readPrompt(body.value, models) : body;
};
