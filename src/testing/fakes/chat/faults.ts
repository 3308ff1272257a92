import type { JudgeAnswer } from '#verification/judges/judge.ts';
import { modelAnswer } from '../../builders/model-answer.ts';
import { answerPlausibly } from '../anthropic/answers.ts';
import { digestOf, draw } from '../anthropic/draw.ts';
import type { Behave, CompletionsBehaviour } from './completion.ts';
import type { CompletionsRequest } from './request.ts';

/** The faults of chat-completions endpoints. The second list is what a model does wrong: it is asked again. */
export const turnedAway = [
  '429',
  '429 with Retry-After',
  '503',
  '529',
  '429 in a 200',
  '502 in the choice',
  'an error in words with 200',
  'cut',
  'reset',
  'timeout',
] as const;
export const answeredWrongly = [
  'truncated_json',
  'extra_id',
  'missing_id',
  'refusal',
  'content_filter',
  'length',
  'finish_reason error',
  'no content',
  'no choices',
] as const;
export type CompletionsFault = (typeof turnedAway)[number] | (typeof answeredWrongly)[number];

/** A request's content without its nonces. They differ in each run, and a seed must draw the same faults again. */
const contentOf = ({ model, system, user }: CompletionsRequest) => {
  const text = JSON.stringify([model, system, user]);
  const nonces = new Set([...text.matchAll(/<untrusted-([0-9a-f]+) /g)].map(([, nonce = '']) => nonce));
  return digestOf([...nonces].reduce((rest, nonce) => rest.replaceAll(nonce, ''), text));
};

const withOtherVerdicts = (answer: JudgeAnswer, fault: 'extra_id' | 'missing_id'): JudgeAnswer => {
  const { verdicts } = answer;
  const last = verdicts.at(-1);
  if (last === undefined) return answer;
  return fault === 'missing_id'
    ? { ...answer, verdicts: verdicts.slice(0, -1) }
    : { ...answer, verdicts: [...verdicts, { ...last, id: `${last.id}-unknown` }] };
};

const bodyOf = (body: object): CompletionsBehaviour => ({ kind: 'body', body: JSON.stringify(body) });

const spoiled = (answer: JudgeAnswer, fault: CompletionsFault): CompletionsBehaviour => {
  switch (fault) {
    case '429':
      return { kind: 'error', status: 429, code: 'rate_limit_exceeded' };
    case '429 with Retry-After':
      return { kind: 'error', status: 429, code: 'rate_limit_exceeded', headers: { 'retry-after': '1' } };
    case '503':
      return { kind: 'error', status: 503, style: 'llama.cpp', message: 'Loading model' };
    case '529':
      return { kind: 'error', status: 529, message: 'Overloaded' };
    case '429 in a 200':
      return bodyOf({ error: { message: 'Rate limit exceeded', code: 429 } });
    case '502 in the choice':
      return bodyOf({
        object: 'chat.completion',
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: '{"chan' },
            finish_reason: 'error',
            error: { code: 502, message: 'Provider disconnected' },
          },
        ],
      });
    case 'an error in words with 200':
      return bodyOf({ error: 'the model runner has stopped' });
    case 'cut':
    case 'reset':
    case 'timeout':
    case 'refusal':
    case 'content_filter':
    case 'length':
      return { kind: fault };
    case 'finish_reason error':
      return { kind: 'text', text: JSON.stringify(modelAnswer(answer)), finishReason: 'error' };
    case 'no content':
      return { kind: 'message', message: { content: null } };
    case 'no choices':
      return bodyOf({
        object: 'chat.completion',
        choices: [],
        usage: { prompt_tokens: 9, completion_tokens: 0 },
      });
    case 'extra_id':
    case 'missing_id':
      return { kind: 'answer', answer: withOtherVerdicts(answer, fault) };
    case 'truncated_json': {
      const text = JSON.stringify(modelAnswer(answer));
      return { kind: 'text', text: text.slice(0, Math.floor((text.length * 2) / 3)) };
    }
  }
};

/**
 * One fault at a rate (0 to 1). Whether it hits a call depends on the seed, on what is asked, and on how often the same
 * was asked before. So a retry may succeed, and neither order nor concurrency changes which calls are hit.
 */
export const faultyCompletions = ({
  rate,
  seed,
  fault,
}: {
  rate: number;
  seed: string;
  fault: CompletionsFault;
}): Behave => {
  const askedBefore = new Map<string, number>();
  return (request) => {
    const content = contentOf(request);
    const times = askedBefore.get(content) ?? 0;
    askedBefore.set(content, times + 1);
    const answer = answerPlausibly({ system: [request.user], user: request.user });
    return draw(seed, fault, content, String(times)) < rate
      ? spoiled(answer, fault)
      : { kind: 'answer', answer };
  };
};
