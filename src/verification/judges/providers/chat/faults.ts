import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { proxyFaultOf } from '#contracts/errors.ts';
import type { ModelFault } from '../../model/reply.ts';
import { longestIn } from './refusals.ts';

const unavailable = (detail: string) => ({ kind: 'unavailable', detail, passing: false }) as const;
const unavailableNow = (detail: string): ModelFault => ({ kind: 'unavailable', detail, passing: true });

const tooLate = 'the chat endpoint did not answer in time';
const notReached = 'the chat endpoint could not be reached: check that it runs, and CHAT_JUDGE_URL';

const proxyFault = (error: unknown): ModelFault | null => {
  const said = proxyFaultOf(error);
  return said === null ? null : unavailableNow(`the chat endpoint could not be reached. ${said}`);
};

/** The fault of a request that was sent and not answered, from fetch's own error. */
export const lostChatFault = (error: unknown): ModelFault =>
  proxyFault(error) ??
  unavailableNow(
    error instanceof Error && /^(?:Abort|Timeout)Error$/.test(error.name) ? tooLate : notReached,
  );

/** What an endpoint says in an error. It may repeat what was sent, so nobody is shown it. */
export const saidIn = (error: unknown): string => {
  const said: unknown = error instanceof APIError && Reflect.get(Object(error.error), 'message');
  return typeof said === 'string' ? said : '';
};

/** Words of OpenAI, vLLM, llama.cpp, LM Studio, LiteLLM and OpenRouter for a prompt that does not fit. */
const aboutSize =
  /context[_ ](?:length|window|size|overflow)|maximum context|n_ctx|prompt (?:is )?too long|input (?:is )?too long|too many (?:input )?tokens|exceeds? the (?:available )?context|reduce the length/i;
const aboutKey =
  /(?:api|access)[_ ]?key (?:is )?(?:not valid|invalid|missing)|(?:invalid|incorrect) api[_ ]?key/i;
/** Moderation of what was asked, which OpenRouter answers with 403. */
const aboutContent = /flagged|moderation/i;

/** Faults are in our own words: messages of an endpoint may repeat what was sent. */
export const chatFaultOf = (error: unknown, model: string, hasKey: boolean): ModelFault => {
  if (error instanceof APIConnectionTimeoutError) return unavailableNow(tooLate);
  if (error instanceof APIConnectionError) return proxyFault(error) ?? unavailableNow(notReached);
  const { status } = error instanceof APIError ? error : {};
  if (!(error instanceof APIError) || status === undefined)
    return unavailable('what answered is no chat-completions endpoint: check CHAT_JUDGE_URL');
  const said = saidIn(error);
  const code = typeof error.code === 'string' ? ` (${error.code})` : '';
  if (status >= 300 && status < 400)
    return unavailable(
      `the chat endpoint answered ${status}, a redirect, which is not followed: give its final address in CHAT_JUDGE_URL`,
    );
  if (status === 402) return unavailable('the account at the chat endpoint has no credit left');
  // Some endpoints speak of the context where they bound the answer alone.
  const isSize = status !== 429 && longestIn(said) === null && aboutSize.test(`${error.code ?? ''} ${said}`);
  if (status === 413 || isSize)
    return { kind: 'rejected', detail: 'the pull request is too large for the model', tooLarge: true };
  if (status === 401 || (status === 400 && aboutKey.test(said)))
    return {
      ...unavailable(
        hasKey
          ? 'the key of the chat endpoint was refused: check CHAT_JUDGE_API_KEY'
          : 'the chat endpoint asks for a key: set CHAT_JUDGE_API_KEY',
      ),
      mend: 'key',
    };
  if (status === 403 && !aboutContent.test(said))
    return {
      ...unavailable('the key of the chat endpoint may not be used for this: check CHAT_JUDGE_API_KEY'),
      mend: 'key',
    };
  switch (status) {
    case 404:
    case 405:
    case 410:
      return {
        ...unavailable(
          `the chat endpoint does not know the model ${model}, or is not at this address: check CHAT_JUDGE_MODEL and CHAT_JUDGE_URL`,
        ),
        mend: 'model',
      };
    case 429:
      return unavailableNow('the rate limit of the chat endpoint outlasted the retries');
    case 501:
    case 505:
      return unavailable(`the chat endpoint answered ${status}${code}: check CHAT_JUDGE_URL`);
    case 503:
    case 529:
      return unavailableNow('the chat endpoint was overloaded for longer than the retries');
    default:
      if (status >= 500)
        return unavailableNow(`the chat endpoint answered with an error of code ${status}${code}`);
      if (status === 408 || status === 409 || status === 425)
        return unavailableNow(`the chat endpoint answered ${status}${code}`);
      // Filters of content answer 400 and 403 too, and an oracle's text can provoke that.
      return { kind: 'rejected', detail: `the chat endpoint answered ${status}${code}`, tooLarge: false };
  }
};
