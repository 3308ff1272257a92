import type { JudgeAnswer } from '#verification/judges/judge.ts';
import { modelAnswer } from '../../builders/model-answer.ts';
import { answerPlausibly } from './answers.ts';
import { digestOf, draw } from './draw.ts';
import type { AnthropicBehaviour, Behave } from './message.ts';
import type { AnthropicRequest } from './request.ts';

export type AnthropicFault =
  /** Hits this request and the next two, whatever they ask. */
  | '429'
  | '529'
  /** Does not answer until the client hangs up. */
  | 'timeout'
  | 'reset'
  /** Ends its turn in the middle of its JSON. */
  | 'truncated_json'
  | 'extra_id'
  | 'missing_id'
  | 'refusal'
  | 'max_tokens';

const burst = 2;

/** A request's content without its nonces. They differ in each run, and a seed must draw the same faults again. */
const contentOf = ({ model, system, user, schema }: AnthropicRequest) => {
  const text = JSON.stringify([model, system, user, schema]);
  const nonces = new Set([...text.matchAll(/<untrusted-([0-9a-f]+) /g)].map(([, nonce = '']) => nonce));
  return digestOf([...nonces].reduce((rest, nonce) => rest.replaceAll(nonce, ''), text));
};

/** An answer without verdicts stays unchanged. */
const withOtherVerdicts = (answer: JudgeAnswer, fault: 'extra_id' | 'missing_id'): JudgeAnswer => {
  const { verdicts } = answer;
  const last = verdicts.at(-1);
  if (last === undefined) return answer;
  return fault === 'missing_id'
    ? { ...answer, verdicts: verdicts.slice(0, -1) }
    : { ...answer, verdicts: [...verdicts, { ...last, id: `${last.id}-unknown` }] };
};

const spoiled = (behaviour: AnthropicBehaviour, fault: AnthropicFault): AnthropicBehaviour => {
  switch (fault) {
    case '429':
      return { kind: 'error', status: 429, type: 'rate_limit_error', retryAfter: '1' };
    case '529':
      return { kind: 'error', status: 529, type: 'overloaded_error' };
    case 'timeout':
    case 'reset':
    case 'refusal':
    case 'max_tokens':
      return { kind: fault };
    case 'extra_id':
    case 'missing_id':
      if (behaviour.kind !== 'answer') return behaviour;
      return { ...behaviour, answer: withOtherVerdicts(behaviour.answer, fault) };
    case 'truncated_json': {
      if (behaviour.kind !== 'answer') return behaviour;
      const { answer, afterMs = 0 } = behaviour;
      const text = JSON.stringify(modelAnswer(answer));
      return { kind: 'text', text: text.slice(0, Math.floor((text.length * 2) / 3)), afterMs };
    }
  }
};

/**
 * One fault at a rate (0 to 1). Whether it hits a call depends on the seed, on what is asked, and on how often the same
 * was asked before. So a retry may succeed, and neither order nor concurrency changes which calls are hit, except the
 * two that follow a 429.
 */
export const faultyBehaviour = (
  { rate, seed, fault }: { rate: number; seed: string; fault: AnthropicFault },
  otherwise: Behave = (request) => ({ kind: 'answer', answer: answerPlausibly(request) }),
): Behave => {
  const askedBefore = new Map<string, number>();
  let leftInBurst = 0;
  return async (request, count) => {
    const content = contentOf(request);
    const times = askedBefore.get(content) ?? 0;
    askedBefore.set(content, times + 1);
    const isDrawn = draw(seed, fault, content, String(times)) < rate;
    const isInBurst = leftInBurst > 0;
    if (isInBurst) leftInBurst -= 1;
    if (isDrawn && fault === '429') leftInBurst = burst;
    const behaviour = await otherwise(request, count);
    return isDrawn || isInBurst ? spoiled(behaviour, fault) : behaviour;
  };
};
