import { isObject } from '#contracts/json.ts';
import { type ReportedError, reportedError } from './answer-status.ts';

/** Why a completion ended before its answer did. */
export type BrokenBy = 'length' | 'filter' | 'error';

/**
 * The body of an answer from a chat-completions endpoint (OpenAI's API reference, "The chat completion object", and the
 * many servers that write it in their own way).
 * - `reported`: it reports an error whose code is known. `error`: one whose code is not; `place` holds it.
 * - `no_message`: it is no completion.
 * - `message`: `text` is what the model wrote, without reasoning that has a field or parts of its own. Null: there is no
 *   text, and `lacking` says why. `refusal` is '' unless the model refuses in a place of its own.
 */
export type Completion =
  | { kind: 'reported'; reported: ReportedError }
  | { kind: 'error'; place: Record<string, unknown> }
  | { kind: 'no_message'; body: unknown }
  | ({
      kind: 'message';
      broken: BrokenBy | null;
      finishReason: unknown;
      refusal: string;
    } & ({ text: string } | { text: null; lacking: 'content' | 'text_content' | 'tool_call' }));

/** Servers differ in the word. */
const brokenBy = new Map<unknown, BrokenBy>([
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['model_length', 'length'],
  ['content_filter', 'filter'],
  ['error', 'error'],
]);

const isFilled = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';

/** The text of a part. Some servers leave out its type, or write plain strings. Parts that reason have other types. */
const textOfPart = (part: unknown): string[] => {
  if (typeof part === 'string') return [part];
  if (!isObject(part) || typeof part.text !== 'string') return [];
  return part.type === undefined || part.type === 'text' || part.type === 'output_text' ? [part.text] : [];
};

const isError = (error: unknown) => isObject(error) || isFilled(error);

/**
 * The error that stands in `error`, as most servers have it, in the choice (OpenRouter), or in place of the whole
 * completion (vLLM).
 */
const errorIn = (body: Record<string, unknown>, choice: unknown): Completion | null => {
  const place = isObject(choice) && isError(choice.error) ? choice : body;
  const isReported = isError(place.error) || body.object === 'error';
  if (!isReported && choice !== undefined) return null;
  const reported = reportedError(place);
  if (reported !== null) return { kind: 'reported', reported };
  return isReported ? { kind: 'error', place } : null;
};

/** The first choice of a completion; undefined if there is none. */
const choiceOf = ({ choices }: Record<string, unknown>): unknown =>
  Array.isArray(choices) ? choices[0] : undefined;

/** Reads the body of an answer with status 200. Google's endpoint puts an error object into a list. */
export const readCompletion = (answered: unknown): Completion => {
  const body: unknown = Array.isArray(answered) && answered.length === 1 ? answered[0] : answered;
  if (!isObject(body)) return { kind: 'no_message', body };
  const choice = choiceOf(body);
  const error = errorIn(body, choice);
  if (error !== null) return error;
  if (!isObject(choice) || !isObject(choice.message)) return { kind: 'no_message', body };
  const { content, refusal, tool_calls: toolCalls } = choice.message;
  const parts = Array.isArray(content) ? content : [];
  const refusals = [
    refusal,
    ...parts.flatMap((part) => (isObject(part) && part.type === 'refusal' ? [part.refusal] : [])),
  ];
  const message = {
    kind: 'message',
    broken: brokenBy.get(choice.finish_reason) ?? null,
    finishReason: choice.finish_reason,
    refusal: refusals.filter(isFilled).join('\n'),
  } as const;
  const text = typeof content === 'string' ? content : parts.flatMap(textOfPart).join('');
  if (text.trim() === '' && Array.isArray(toolCalls) && toolCalls.length > 0)
    return { ...message, text: null, lacking: 'tool_call' };
  if (content === null || content === undefined) return { ...message, text: null, lacking: 'content' };
  if (typeof content !== 'string' && !Array.isArray(content))
    return { ...message, text: null, lacking: 'text_content' };
  return { ...message, text };
};
