import { expect, test } from 'vitest';
import type { CompletionsBehaviour } from '#testing/fakes/chat/completions-fake.ts';
import type { ErrorStyle } from '#testing/fakes/chat/request.ts';
import { askChat, chatClientAt, chatEndpoint, chatJudgeAt } from '#testing/rigs/chat-judge-rig.ts';
import { longChange, replyTask } from '#testing/rigs/judge-rig.ts';
import { emptyAnswer, type JudgeAnswer } from '../../judge.ts';

const verdicts: JudgeAnswer['verdicts'] = [{ id: 'response', verdict: '0.5', quote: '' }];
const judged: JudgeAnswer = { ...emptyAnswer, verdicts };
const good: CompletionsBehaviour = { kind: 'answer', answer: judged };

test.each([
  [['json_schema', 'json_object', 'words'], 'refused', 'json_schema', 0],
  [['json_object', 'words'], 'refused', 'json_object', 1],
  // LM Studio takes no JSON mode.
  [['json_schema', 'words'], 'refused', 'json_schema', 0],
  [['words'], 'refused', 'words', 2],
  // An older server ignores what it does not know, so only the prompt holds the model to the form.
  [['words'], 'ignored', 'words', 0],
] as const)(
  'of the forms %j, others being %s, the strictest that holds is used and noted: %s',
  async (forms, otherForms, form, refused) => {
    const fake = await chatEndpoint({ forms, otherForms, behave: () => good });
    const judge = chatJudgeAt(fake.url);
    for (let asked = 0; asked < 3; asked += 1)
      expect(await judge.open(longChange).ask(replyTask)).toMatchObject({
        ok: true,
        form,
        answer: judged,
        retries: 0,
      });
    // Found once, and kept.
    expect(fake.refused).toBe(refused);
    expect(fake.requests).toHaveLength(3);
  },
);

test('what an endpoint refuses of one model is not taken for another', async () => {
  const fake = await chatEndpoint({
    models: ['small', 'large'],
    behave: ({ model, form }) =>
      model === 'small' && form !== 'words'
        ? { kind: 'error', status: 400, message: 'response_format is not supported by this model' }
        : good,
  });
  const client = chatClientAt(fake.url);
  for (const [model, form] of [
    ['small', 'words'],
    ['large', 'json_schema'],
    ['small', 'words'],
  ] as const) {
    const judge = chatJudgeAt(fake.url, {}, { model, client });
    expect(await judge.open(longChange).ask(replyTask)).toMatchObject({ ok: true, form });
  }
});

test.each<ErrorStyle>(['openai', 'vllm', 'llama.cpp', 'litellm', 'pydantic', 'words'])(
  'a form that is refused in the way of %s is replaced',
  async (errorStyle) => {
    const { answer } = await askChat(good, { fake: { forms: ['words'], errorStyle } });
    expect(answer).toMatchObject({ ok: true, form: 'words' });
  },
);

test('a refused form that the server does not name, and one that it fails on with 500, are replaced too', async () => {
  for (const refusal of [
    { kind: 'error', status: 400, message: 'Bad Request' },
    { kind: 'error', status: 500, message: 'failed to parse grammar' },
  ] as const) {
    const { answer } = await askChat((request) => (request.form === 'words' ? good : refusal), {
      client: { maxRetries: 3 },
    });
    expect(answer).toMatchObject({ ok: true, form: 'words' });
  }
});

test('a refusal for what was asked leaves the form as it is', async () => {
  const flagged: CompletionsBehaviour = {
    kind: 'error',
    status: 400,
    message: 'filtered',
    code: 'content_filter',
  };
  const fake = await chatEndpoint({ behave: (_, count) => (count < 3 ? flagged : good) });
  const judge = chatJudgeAt(fake.url);
  expect(await judge.open(longChange).ask(replyTask)).toMatchObject({
    ok: false,
    fault: 'rejected',
    detail: 'the chat endpoint answered 400 (content_filter)',
  });
  expect(await judge.open(longChange).ask(replyTask)).toMatchObject({ ok: true, form: 'json_schema' });
});

test.each([
  ['max_tokens', 0],
  ['max_completion_tokens', 1],
] as const)(
  'the longest answer is stated by the name that the model knows: %s',
  async (lengthName, refused) => {
    const fake = await chatEndpoint({ lengthNames: [lengthName], behave: () => good });
    const judge = chatJudgeAt(fake.url);
    for (let asked = 0; asked < 2; asked += 1)
      expect(await judge.open(longChange).ask(replyTask)).toMatchObject({ ok: true, form: 'json_schema' });
    expect(fake.requests.map((request) => request.lengthName)).toEqual([lengthName, lengthName]);
    expect(fake.refused).toBe(refused);
  },
);

test.each<[string, CompletionsBehaviour]>([
  [
    'OpenAI',
    {
      kind: 'error',
      status: 400,
      code: 'invalid_value',
      message: 'max_tokens is too large: 3000. This model supports at most 2048 completion tokens.',
    },
  ],
  ['DeepSeek', { kind: 'error', status: 400, message: 'the valid range of max_tokens is [1, 2048]' }],
  ['Groq', { kind: 'error', status: 400, message: '`max_tokens` must be less than or equal to `2048`' }],
])('a bound on the longest answer is kept: %s', async (_, refusal) => {
  const fake = await chatEndpoint({ behave: ({ maxTokens }) => ((maxTokens ?? 0) > 2048 ? refusal : good) });
  const judge = chatJudgeAt(fake.url);
  for (let asked = 0; asked < 2; asked += 1)
    expect(await judge.open(longChange).ask(replyTask)).toMatchObject({ ok: true, form: 'json_schema' });
  expect(fake.requests.map(({ maxTokens }) => maxTokens)).toEqual([3000, 2048, 2048]);
});

test.each([
  'System role not supported',
  'Conversation roles must alternate user/assistant/user/assistant/...',
])('a model whose template has no system role is given everything as its user: %s', async (message) => {
  const fake = await chatEndpoint({
    behave: ({ system }) => (system === '' ? good : { kind: 'error', status: 400, message, style: 'vllm' }),
  });
  const judge = chatJudgeAt(fake.url);
  for (let asked = 0; asked < 2; asked += 1)
    expect(await judge.open(longChange).ask(replyTask)).toMatchObject({ ok: true, form: 'json_schema' });
  expect(fake.requests).toHaveLength(3);
  expect(fake.requests.at(-1)?.user).toContain('"required":["changes","question","variants","verdicts"]');
});
