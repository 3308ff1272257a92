import type OpenAI from 'openai';
import { isObject, parseJson } from '#contracts/json.ts';
import type { AnswerForm } from '#contracts/replay.ts';
import { cutText, storableText } from '#contracts/text.ts';
import { readText } from '../../../foreign/answer-objects.ts';
import { readCompletion } from '../../../foreign/completion.ts';
import type { Span } from '../../../foreign/json-objects.ts';
import { judgeAnswerSchema } from '../../judge.ts';
import { answerJsonSchema } from '../../model/form.ts';
import { type ModelMessage, type ReadAnswer, readJudgeAnswer } from '../../model/reply.ts';
import { type ModelRequest, promptTexts } from '../../model/request.ts';
import { charactersPerToken } from '../../model/usual-tokens.ts';

/** How a request is written. Endpoints differ in what they accept. */
export type Way = {
  form: AnswerForm;
  lengthName: 'max_tokens' | 'max_completion_tokens';
  /** The longest answer that the model can give. Null: no bound is known. */
  mostTokens: number | null;
  /** False: the model's template knows no system role, so the instructions begin the user's message. */
  hasSystemRole: boolean;
};

const formats = {
  json_schema: {
    type: 'json_schema',
    json_schema: { name: 'answer', strict: true, schema: answerJsonSchema },
  },
  json_object: { type: 'json_object' },
  words: undefined,
} as const;

/**
 * A request as an endpoint takes it. It has no other parameter, because reasoning models refuse `temperature` and some
 * servers refuse whatever they do not know. The pull request is foreign material, so it is no part of the system
 * message.
 */
export const completionParams = (
  { model, instructions, pullRequest, question, maxOutputTokens }: ModelRequest,
  { form, lengthName, mostTokens, hasSystemRole }: Way,
): OpenAI.ChatCompletionCreateParamsNonStreaming => ({
  model,
  messages: hasSystemRole
    ? [
        { role: 'system', content: instructions },
        { role: 'user', content: `${pullRequest}\n\n${question}` },
      ]
    : [{ role: 'user', content: `${instructions}\n\n${pullRequest}\n\n${question}` }],
  [lengthName]: mostTokens === null ? maxOutputTokens : Math.min(mostTokens, maxOutputTokens),
  ...(formats[form] && { response_format: formats[form] }),
  stream: false,
});

/** What answered is no chat-completions endpoint. */
export class NotACompletion extends Error {
  override readonly name = 'NotACompletion';
}

/**
 * The answer with what a model leaves out or writes otherwise when nothing holds it to the form: fields without content,
 * reasons, which count for nothing, and numbers in place of their text.
 */
const loosened = (value: Record<string, unknown>): unknown => {
  const { shape } = judgeAnswerSchema;
  const empty = Object.entries(shape).flatMap(([name, field]) => {
    const nothing: unknown = field.safeParse([]).success ? [] : null;
    return [[name, nothing] as const];
  });
  const asText = (item: unknown): unknown =>
    isObject(item)
      ? Object.fromEntries(
          Object.entries(item).map(([name, field]) => [
            name,
            typeof field === 'number' ? String(field) : field,
          ]),
        )
      : item;
  // Not deeper than the form is: a text may nest further than a recursion can go.
  const lists = Object.entries({ ...Object.fromEntries(empty), ...value }).map(([name, field]) => [
    name,
    Array.isArray(field)
      ? field.map((item) => asText(name === 'verdicts' && isObject(item) ? { reason: '', ...item } : item))
      : asText(field),
  ]);
  return Object.fromEntries(lists);
};

/** An object begins a line or follows a tag, and ends the text, but for fences and tags around it. */
const standsAlone = (text: string, { start, end }: Span): boolean =>
  /(?:^|\n|\|>|<\/[\w-]{1,40}>|\[\/\w{1,40}\])[\s`]*(?:json)?\s*$/i.test(
    text.slice(Math.max(0, start - 100), start),
  ) && /^[\s`]*(?:<\/?[\w-]{1,40}>[\s`]*){0,3}$/.test(text.slice(end));

/**
 * The answer in a text, and whether the text is nothing but an answer in the form asked for. Only the last object that
 * looks like an answer counts, and only where it stands alone: what a model quotes of the oracle's claims may be an
 * object in this form too.
 */
const readAnswer = (text: string): { output: ReadAnswer; exact: boolean } => {
  const whole = readJudgeAnswer(text);
  if (whole.ok) return { output: whole, exact: true };
  for (const span of readText(text).candidates) {
    const object = text.slice(span.start, span.end);
    const value = parseJson(object);
    if (!isObject(value) || !Object.keys(judgeAnswerSchema.shape).some((name) => name in value)) continue;
    const answer = judgeAnswerSchema.safeParse(loosened(value));
    if (!answer.success || !standsAlone(text, span))
      return { output: answer.success ? whole : readJudgeAnswer(object), exact: false };
    return { output: { ok: true, answer: answer.data }, exact: false };
  }
  return { output: whole, exact: false };
};

const count = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;

const estimated = (length: number) => Math.ceil(length / charactersPerToken);

/**
 * The tokens that the endpoint counted. Some leave reasoning out of `completion_tokens` and count it in the total
 * alone. Where it says nothing, or that a prompt had no tokens, characters are counted.
 */
const usageOf = (usage: unknown, request: ModelRequest, answerLength: number): ModelMessage['usage'] => {
  const stated = isObject(usage) ? usage : {};
  const prompt = count(stated.prompt_tokens);
  const completion = count(stated.completion_tokens);
  if (prompt === null || prompt === 0 || completion === null) {
    const promptLength = promptTexts(request).reduce((sum, text) => sum + text.length, 0);
    return {
      inputTokens: estimated(promptLength),
      cacheWriteTokens: 0,
      cacheReadTokens: 0,
      outputTokens: estimated(answerLength),
      isStated: false,
    };
  }
  const details = isObject(stated.prompt_tokens_details) ? stated.prompt_tokens_details : {};
  const cached = Math.min(prompt, count(details.cached_tokens) ?? count(stated.prompt_cache_hit_tokens) ?? 0);
  return {
    inputTokens: prompt - cached,
    cacheWriteTokens: 0,
    cacheReadTokens: cached,
    outputTokens: Math.max(completion, (count(stated.total_tokens) ?? 0) - prompt),
    isStated: true,
  };
};

const longestModelName = 200;

/** The model that answered, as the endpoint names it, or the one that was asked for. */
const modelOf = (named: unknown, { model }: ModelRequest): string =>
  typeof named === 'string' && named.trim() !== ''
    ? cutText(storableText(named.trim()), longestModelName)
    : model;

const lackingText = {
  tool_call: 'it called a tool instead of answering',
  content: 'no text',
  text_content: 'the content is no text',
} as const;

/**
 * Reads a completion. The form that is noted is the one that held: an endpoint may take a form and ignore it.
 * @throws NotACompletion
 */
export const readChatMessage = (body: unknown, request: ModelRequest, { form }: Way): ModelMessage => {
  const completion = readCompletion(body);
  if (!isObject(body)) throw new NotACompletion();
  const message = (
    stop: ModelMessage['stop'],
    output: ReadAnswer | null,
    exact: boolean,
    length: number,
  ): ModelMessage => ({
    kind: 'message',
    model: modelOf(body.model, request),
    stop,
    output,
    form: exact ? form : 'words',
    usage: usageOf(body.usage, request, length),
    batch: false,
  });
  const malformed = (detail: string) => message('ended', { ok: false, detail }, false, 0);
  if (completion.kind === 'no_message' && Array.isArray(body.choices))
    return malformed('the completion holds no message');
  if (completion.kind !== 'message') throw new NotACompletion();
  const { broken, refusal, text } = completion;
  const length = text?.length ?? 0;
  if (broken === 'error') return malformed('the endpoint broke it off');
  if (broken === 'length') return message('truncated', null, false, length);
  if (broken === 'filter' || refusal !== '') return message('refused', null, false, length);
  if (text === null) return malformed(lackingText[completion.lacking]);
  if (text.trim() === '') return message('ended', null, false, 0);
  const { output, exact } = readAnswer(text);
  return message('ended', output, exact, length);
};
