import { APIConnectionError, APIConnectionTimeoutError, APIError } from '@anthropic-ai/sdk';
import { proxyFaultOf } from '#contracts/errors.ts';
import type { ModelFault } from '../../model/reply.ts';

const unavailable = (detail: string) => ({ kind: 'unavailable', detail, passing: false }) as const;
const unavailableNow = (detail: string): ModelFault => ({ kind: 'unavailable', detail, passing: true });

const tooLate = 'the Anthropic API did not answer in time';
const notReached =
  'the Anthropic API could not be reached: check the network and ANTHROPIC_BASE_URL, if it is set';

const proxyFault = (error: unknown): ModelFault | null => {
  const said = proxyFaultOf(error);
  return said === null ? null : unavailableNow(`the Anthropic API could not be reached. ${said}`);
};

/** The fault of a request that was sent and not answered, from fetch's own error. */
export const lostFault = (error: unknown): ModelFault =>
  proxyFault(error) ??
  unavailableNow(
    error instanceof Error && /^(?:Abort|Timeout)Error$/.test(error.name) ? tooLate : notReached,
  );

/** Faults are in our own words: messages of the API, or of a proxy in its place, may repeat what was sent. */
export function faultOf(error: unknown, model: string): ModelFault {
  if (error instanceof APIConnectionTimeoutError) return unavailableNow(tooLate);
  if (error instanceof APIConnectionError) return proxyFault(error) ?? unavailableNow(notReached);
  if (!(error instanceof APIError)) {
    return unavailable('what answered is not the Anthropic API: check ANTHROPIC_BASE_URL, if it is set');
  }
  const message = error.apiMessage ?? '';
  if (error.status === 402 || error.type === 'billing_error' || /credit balance/i.test(message)) {
    return unavailable('the Anthropic account has no credit left');
  }
  if (error.status === 413 || /prompt is too long/i.test(message)) {
    return { kind: 'rejected', detail: 'the pull request is too large for the model', tooLarge: true };
  }
  switch (error.status) {
    case 401:
      return { ...unavailable('the Anthropic key was refused: check ANTHROPIC_API_KEY'), mend: 'key' };
    case 403:
      return {
        ...unavailable('the Anthropic key may not be used for this: check ANTHROPIC_API_KEY'),
        mend: 'key',
      };
    case 404:
      return {
        ...unavailable(`the Anthropic API does not know the model ${model}: check SCORING_MODEL`),
        mend: 'model',
      };
    case 429:
      return unavailableNow('the rate limit of the Anthropic API outlasted the retries');
    case 529:
      return unavailableNow('the Anthropic API was overloaded for longer than the retries');
    default: {
      const type = /^[a-z_]{1,40}$/.test(error.type ?? '') ? ` (${error.type})` : '';
      const detail = `the Anthropic API answered ${error.status ?? 'with an error'}${type}`;
      // Its content filter answers 400 too, even for an answer, and an oracle's text can provoke that.
      if (error.status === 400) return { kind: 'rejected', detail, tooLarge: false };
      return (error.status ?? 500) >= 500 ? unavailableNow(detail) : unavailable(detail);
    }
  }
}
