import type { CompletionsBehaviour } from '#testing/fakes/chat/completions-fake.ts';
import { chatEndpoint, chatJudgeAt, chatSecret } from '#testing/rigs/chat-judge-rig.ts';
import {
  anotherForm,
  contractAnswer,
  modelJudgeContract,
  type Situation,
} from '#testing/rigs/model-judge-contract.ts';

const behaviours: Record<Situation, CompletionsBehaviour> = {
  answer: { kind: 'answer', answer: contractAnswer },
  refusal: { kind: 'refusal' },
  'truncated answer': { kind: 'length' },
  prose: { kind: 'text', text: 'I think half of it.' },
  'another form': { kind: 'text', text: anotherForm },
  'rate limit': { kind: 'error', status: 429, headers: { 'retry-after': '0.01' } },
  overload: { kind: 'error', status: 529 },
  'internal error': { kind: 'error', status: 500 },
  'bad request': { kind: 'error', status: 400, message: chatSecret },
  'too large': { kind: 'error', status: 413 },
  'no credit': { kind: 'error', status: 402 },
  forbidden: { kind: 'error', status: 403 },
  'a page': { kind: 'body', body: `<html>${chatSecret}</html>`, headers: { 'content-type': 'text/html' } },
  reset: { kind: 'reset' },
};

modelJudgeContract('chat', {
  key: chatSecret,
  model: 'model-1',
  at: (url, { key = chatSecret, model, maxRetries = 0 } = {}) =>
    chatJudgeAt(url, { apiKey: key, maxRetries }, model === undefined ? {} : { model }),
  async open(behave, setting) {
    const fake = await chatEndpoint({ behave: (_, count) => behaviours[behave(count)] });
    return {
      judge: this.at(fake.url, setting),
      seen: () =>
        fake.requests.map(({ model, maxTokens, system, user }) => ({
          model,
          maxTokens,
          texts: `${system}\n\n${user}`,
        })),
    };
  },
});
