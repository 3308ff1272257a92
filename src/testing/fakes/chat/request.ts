import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { AnswerForm } from '#contracts/replay.ts';

/** A request that reached the model. */
export type CompletionsRequest = {
  headers: IncomingHttpHeaders;
  url: string;
  model: string;
  /** The messages' texts by role, each role's joined as one string. */
  system: string;
  user: string;
  /** The form that the request asks for, and that the server holds the model to unless it ignores forms. */
  form: AnswerForm;
  maxTokens: number | null;
  lengthName: 'max_tokens' | 'max_completion_tokens' | null;
};

/** How a kind of server writes errors: the whole body. */
export type ErrorStyle = 'openai' | 'vllm' | 'llama.cpp' | 'litellm' | 'pydantic' | 'words';

export type ApiError = { status: number; message: string; code?: string; param?: string };

export const errorBody = ({ status, message, code, param }: ApiError, style: ErrorStyle): unknown => {
  const type = status === 429 ? 'rate_limit_error' : status >= 500 ? 'server_error' : 'invalid_request_error';
  switch (style) {
    case 'openai':
      return { error: { message, type, param: param ?? null, code: code ?? null } };
    case 'vllm':
      return {
        object: 'error',
        message,
        type: status === 404 ? 'NotFoundError' : 'BadRequestError',
        param: null,
        code: status,
      };
    case 'llama.cpp':
      return {
        error: { code: status, message, type: code ?? (status === 503 ? 'unavailable_error' : type) },
      };
    case 'litellm':
      return {
        error: {
          message: `litellm.APIError: ${message}`,
          type: null,
          param: param ?? null,
          code: String(status),
        },
      };
    case 'pydantic':
      return {
        detail: [{ type: 'extra_forbidden', loc: ['body', param ?? 'model'], msg: message, input: null }],
      };
    case 'words':
      return { error: message };
  }
};

const formatSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({
      name: z.string().regex(/^[\w-]{1,64}$/),
      strict: z.boolean().nullish(),
      schema: z.record(z.string(), z.unknown()),
    }),
  }),
]);

/** What a chat-completions endpoint accepts, as far as this project uses it. */
const bodySchema = z.strictObject({
  model: z.string().min(1),
  messages: z
    .array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: z.string() }))
    .min(1),
  max_tokens: z.int().min(1).optional(),
  max_completion_tokens: z.int().min(1).optional(),
  response_format: formatSchema.optional(),
  stream: z.literal(false).optional(),
});

/** What breaks OpenAI's strict form: an open object, a field that is not required, or an unsupported keyword. */
const schemaProblem = (node: unknown): string | null => {
  if (Array.isArray(node)) return node.map(schemaProblem).find((problem) => problem !== null) ?? null;
  if (typeof node !== 'object' || node === null) return null;
  const entries = new Map(Object.entries(node));
  if (entries.get('type') === 'object') {
    if (entries.get('additionalProperties') !== false)
      return "'additionalProperties' is required to be supplied and to be false";
    const names = Object.keys(Object(entries.get('properties')));
    const required = entries.get('required');
    if (!Array.isArray(required) || names.some((name) => !required.includes(name)))
      return "'required' is required to be supplied and to be an array including every key in properties";
  }
  if (entries.has('$schema')) return "'$schema' is not permitted";
  return schemaProblem([...entries.values()]);
};

export type Dialect = {
  models: string[];
  /** The forms that the server takes. It refuses the others, or ignores them. */
  forms: readonly AnswerForm[];
  otherForms: 'refused' | 'ignored';
  /** The names under which the longest answer may be stated. */
  lengthNames: readonly ('max_tokens' | 'max_completion_tokens')[];
  /** Tokens of prompt and answer together; four characters make one. */
  contextTokens: number;
};

type Read =
  | { ok: true; request: Omit<CompletionsRequest, 'headers' | 'url'> }
  | { ok: false; error: ApiError };

const refused = (status: number, message: string, more: Partial<ApiError> = {}): Read => ({
  ok: false,
  error: { status, message, ...more },
});

export const completionTokensOf = (text: string): number => Math.ceil(text.length / 4);

export const readCompletionsRequest = (value: unknown, dialect: Dialect): Read => {
  const parsed = bodySchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refused(400, `${issue?.path.join('.')}: ${issue?.message}`);
  }
  const {
    model,
    messages,
    response_format: format,
    max_tokens: older,
    max_completion_tokens: newer,
  } = parsed.data;
  if (!dialect.models.includes(model))
    return refused(404, `The model \`${model}\` does not exist or you do not have access to it.`, {
      code: 'model_not_found',
    });
  const lengthName =
    newer === undefined ? (older === undefined ? null : 'max_tokens') : 'max_completion_tokens';
  if (lengthName !== null && !dialect.lengthNames.includes(lengthName)) {
    const other = dialect.lengthNames[0];
    const message = `Unsupported parameter: '${lengthName}' is not supported with this model. Use '${other}' instead.`;
    return refused(400, message, { code: 'unsupported_parameter', param: lengthName });
  }
  const asked: AnswerForm = format === undefined || format.type === 'text' ? 'words' : format.type;
  if (format?.type === 'json_schema' && dialect.forms.includes('json_schema')) {
    const problem = schemaProblem(format.json_schema.schema);
    if (problem !== null)
      return refused(400, `Invalid schema for response_format '${format.json_schema.name}': ${problem}.`, {
        param: 'response_format',
      });
  }
  if (!dialect.forms.includes(asked) && dialect.otherForms === 'refused')
    return refused(
      400,
      `Invalid parameter: 'response_format' of type '${asked}' is not supported with this model.`,
      {
        param: 'response_format',
      },
    );
  const texts = (of: string) =>
    messages
      .filter(({ role }) => role === of)
      .map(({ content }) => content)
      .join('\n\n');
  if (asked === 'json_object' && !messages.some(({ content }) => /json/i.test(content)))
    return refused(
      400,
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
      {
        param: 'messages',
      },
    );
  const maxTokens = newer ?? older ?? null;
  const needed = completionTokensOf(messages.map(({ content }) => content).join('')) + (maxTokens ?? 0);
  if (needed > dialect.contextTokens)
    return refused(
      400,
      `This model's maximum context length is ${dialect.contextTokens} tokens. However, you requested ${needed} tokens. Please reduce the length of the messages or completion.`,
      { code: 'context_length_exceeded', param: 'messages' },
    );
  const form = dialect.forms.includes(asked) ? asked : 'words';
  return {
    ok: true,
    request: { model, system: texts('system'), user: texts('user'), form, maxTokens, lengthName },
  };
};
