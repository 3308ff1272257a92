import type { AnthropicBehaviour } from '#testing/fakes/anthropic/anthropic-fake.ts';
import { judgeAt, plantedSecret, startWithKey } from '#testing/rigs/judge-rig.ts';
import {
  anotherForm,
  contractAnswer,
  modelJudgeContract,
  type Situation,
} from '#testing/rigs/model-judge-contract.ts';

const behaviours: Record<Situation, AnthropicBehaviour> = {
  answer: { kind: 'answer', answer: contractAnswer },
  refusal: { kind: 'refusal' },
  'truncated answer': { kind: 'max_tokens' },
  prose: { kind: 'text', text: 'I think half of it.' },
  'another form': { kind: 'text', text: anotherForm },
  'rate limit': { kind: 'error', status: 429, type: 'rate_limit_error', retryAfter: '0.01' },
  overload: { kind: 'error', status: 529, type: 'overloaded_error' },
  'internal error': { kind: 'error', status: 500, type: 'api_error' },
  'bad request': { kind: 'error', status: 400, type: 'invalid_request_error', message: plantedSecret },
  'too large': { kind: 'error', status: 413, type: 'request_too_large' },
  'no credit': { kind: 'error', status: 402, type: 'billing_error' },
  forbidden: { kind: 'error', status: 403, type: 'permission_error' },
  'a page': { kind: 'raw', status: 200, body: `<html>${plantedSecret}</html>` },
  reset: { kind: 'reset' },
};
modelJudgeContract('anthropic', {
  key: plantedSecret,
  model: 'claude-sonnet-5-5',
  at: (url, { key = plantedSecret, model, maxRetries = 0 } = {}) =>
    judgeAt(url, { apiKey: key, maxRetries }, model),
  async open(behave, setting) {
    const fake = await startWithKey({ behave: (_, count) => behaviours[behave(count)] });
    return {
      judge: this.at(fake.url, setting),
      seen: () =>
        fake.requests.map(({ model, maxTokens, system, user }) => ({
          model,
          maxTokens,
          texts: [...system, user].join('\n\n'),
        })),
    };
  },
});
