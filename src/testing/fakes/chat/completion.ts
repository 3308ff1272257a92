import type { JudgeAnswer } from '#verification/judges/judge.ts';
import { modelAnswer } from '../../builders/model-answer.ts';
import { type CompletionsRequest, completionTokensOf, type ErrorStyle } from './request.ts';

/** Where a model's reasoning stands: in a field that servers name differently, or in the text. */
export type ReasoningPlace = 'reasoning_content' | 'reasoning' | 'think' | 'unopened_think' | 'parts';

/** Behaviours that end in a completion, which is charged for. */
type CompletionBehaviour =
  | {
      kind: 'answer';
      answer: JudgeAnswer;
      model?: string;
      reasoning?: { place: ReasoningPlace; text: string };
      /** `null`: none. */
      usage?: object | null;
      afterMs?: number;
    }
  | { kind: 'text'; text: string; finishReason?: string }
  | { kind: 'refusal' }
  | { kind: 'content_filter' }
  /** Stops at the length limit in the middle of its JSON. */
  | { kind: 'length' }
  /** A message as it stands. */
  | { kind: 'message'; message: object; finishReason?: string };

export type CompletionsBehaviour =
  | CompletionBehaviour
  | {
      kind: 'error';
      status: number;
      message?: string;
      code?: string;
      style?: ErrorStyle;
      headers?: Record<string, string>;
    }
  /** A body as it stands, as a server or a proxy in front of it may send. */
  | { kind: 'body'; status?: number; body: string; headers?: Record<string, string> }
  | { kind: 'reset' }
  /** Sends headers and part of the body, then closes. */
  | { kind: 'cut' }
  /** Never answers. The connection stays open until the client hangs up. */
  | { kind: 'timeout' };

/** `count` requests came before this one. */
export type Behave = (
  request: CompletionsRequest,
  count: number,
) => CompletionsBehaviour | Promise<CompletionsBehaviour>;

export const isCompletion = (behaviour: CompletionsBehaviour): behaviour is CompletionBehaviour =>
  ['answer', 'text', 'refusal', 'content_filter', 'length', 'message'].includes(behaviour.kind);

/** A model that nothing holds to a form explains itself and fences its JSON. */
const written = (answer: JudgeAnswer, { form }: CompletionsRequest): string =>
  form === 'words'
    ? `Here is my answer.\n\n\`\`\`json\n${JSON.stringify(modelAnswer(answer), null, 2)}\n\`\`\`\n`
    : JSON.stringify(modelAnswer(answer));

const withReasoning = (
  text: string,
  { place, text: thought }: { place: ReasoningPlace; text: string },
): object => {
  switch (place) {
    case 'reasoning_content':
    case 'reasoning':
      return { content: text, [place]: thought };
    case 'think':
      return { content: `<think>\n${thought}\n</think>\n\n${text}` };
    case 'unopened_think':
      return { content: `${thought}\n</think>\n\n${text}` };
    case 'parts':
      return {
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: thought }] },
          { type: 'text', text },
        ],
      };
  }
};

const messageOf = (
  behaviour: CompletionBehaviour,
  request: CompletionsRequest,
): { message: object; finishReason: string } => {
  switch (behaviour.kind) {
    case 'answer': {
      const text = written(behaviour.answer, request);
      const { reasoning } = behaviour;
      return {
        message: reasoning === undefined ? { content: text } : withReasoning(text, reasoning),
        finishReason: 'stop',
      };
    }
    case 'text':
      return { message: { content: behaviour.text }, finishReason: behaviour.finishReason ?? 'stop' };
    case 'refusal':
      return { message: { content: null, refusal: 'I can’t help with that.' }, finishReason: 'stop' };
    case 'content_filter':
      return { message: { content: '' }, finishReason: 'content_filter' };
    case 'length':
      return {
        message: {
          content: '{"changes":[],"question":null,"variants":[],"verdicts":[{"id":"t1","quote":"const li',
        },
        finishReason: 'length',
      };
    case 'message':
      return { message: behaviour.message, finishReason: behaviour.finishReason ?? 'stop' };
  }
};

/** The completion in the API's form. */
export const composeCompletion = (
  behaviour: CompletionBehaviour,
  id: string,
  request: CompletionsRequest,
): { body: object; tokens: { prompt: number; completion: number } } => {
  const { message, finishReason } = messageOf(behaviour, request);
  const prompt = completionTokensOf(request.system + request.user);
  // A completion that was cut off used its whole allowance.
  const completion =
    finishReason === 'length'
      ? (request.maxTokens ?? 16)
      : Math.max(1, completionTokensOf(JSON.stringify(message)));
  const usage =
    behaviour.kind === 'answer' && behaviour.usage !== undefined
      ? behaviour.usage
      : { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
  return {
    body: {
      id,
      object: 'chat.completion',
      created: 1_767_225_600,
      model: behaviour.kind === 'answer' ? (behaviour.model ?? request.model) : request.model,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', refusal: null, ...message },
          logprobs: null,
          finish_reason: finishReason,
        },
      ],
      ...(usage && { usage }),
    },
    tokens: { prompt, completion },
  };
};
