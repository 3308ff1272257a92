import OpenAI, { APIError } from 'openai';
import { expect, onTestFinished, test } from 'vitest';
import { answerForms } from '#contracts/replay.ts';
import { emptyAnswer } from '#verification/judges/judge.ts';
import { type CompletionsFakeOptions, startCompletionsFake } from './completions-fake.ts';
import { answeredWrongly, faultyCompletions, turnedAway } from './faults.ts';
import { type ErrorStyle, errorBody } from './request.ts';

type Params = OpenAI.ChatCompletionCreateParamsNonStreaming;

const rig = async (options: CompletionsFakeOptions = {}) => {
  const fake = await startCompletionsFake({
    behave: () => ({ kind: 'answer', answer: emptyAnswer }),
    ...options,
  });
  onTestFinished(fake.close);
  const openai = new OpenAI({ apiKey: 'sk-test', baseURL: fake.url, maxRetries: 0, logLevel: 'off' });
  const ask = (params: Partial<Params> = {}, client = openai) =>
    client.chat.completions.create({
      model: 'model-1',
      messages: [{ role: 'user', content: 'Answer in JSON.' }],
      ...params,
    });
  /** The status and message with which a request is refused. */
  const refusal = async (params: Partial<Params>, client = openai) => {
    const error: unknown = await ask(params, client).catch((reason: unknown) => reason);
    if (!(error instanceof APIError)) throw new Error('The request was answered.');
    return { status: error.status, message: error.message };
  };
  return { fake, openai, ask, refusal };
};

const strict = (schema: Record<string, unknown>): Partial<Params> => ({
  response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } },
});
const closed = {
  type: 'object',
  properties: { a: { type: 'string' } },
  required: ['a'],
  additionalProperties: false,
};

test('a completion has the API’s form, and its usage is what the ledger counts', async () => {
  const { fake, ask } = await rig();
  const completion = await ask();
  expect(completion).toMatchObject({
    object: 'chat.completion',
    model: 'model-1',
    choices: [{ finish_reason: 'stop', message: { role: 'assistant', refusal: null } }],
  });
  expect(completion.usage).toMatchObject({
    prompt_tokens: fake.usage.prompt,
    completion_tokens: fake.usage.completion,
  });
});

test('a wrong key, an unknown model and an unknown parameter are refused', async () => {
  const { fake, openai, refusal } = await rig();
  expect(await refusal({}, openai.withOptions({ apiKey: 'sk-other' }))).toMatchObject({ status: 401 });
  expect(await refusal({ model: 'model-2' })).toMatchObject({ status: 404 });
  expect(await refusal({ temperature: 0 })).toMatchObject({ status: 400 });
  expect([fake.refused, fake.requests.length]).toEqual([3, 0]);
});

test.each([
  ['an open object', { ...closed, additionalProperties: true }],
  ['an optional field', { ...closed, required: [] }],
  ['an open object within', { ...closed, properties: { a: { type: 'object', properties: {} } } }],
  ['a dialect', { ...closed, $schema: 'https://json-schema.org/draft/2020-12/schema' }],
])('a strict schema with %s is refused, as OpenAI does', async (_, schema) => {
  const { ask, refusal } = await rig();
  expect(await refusal(strict(schema))).toMatchObject({ status: 400 });
  await expect(ask(strict(closed))).resolves.toBeDefined();
});

test('a form is taken, refused or ignored, and JSON mode needs the word', async () => {
  const modes = {
    json_schema: strict(closed),
    json_object: { response_format: { type: 'json_object' } },
  } as const;
  for (const form of ['json_schema', 'json_object'] as const) {
    const refusing = await rig({ forms: answerForms.filter((each) => each !== form) });
    expect(await refusing.refusal(modes[form])).toMatchObject({
      status: 400,
      message: expect.stringContaining(`'response_format' of type '${form}' is not supported`),
    });
    const ignoring = await rig({ forms: ['words'], otherForms: 'ignored' });
    const { choices } = await ignoring.ask(modes[form]);
    expect(choices[0]?.message.content).toContain('```json');
  }
  const { refusal } = await rig();
  const silent: Partial<Params> = { ...modes.json_object, messages: [{ role: 'user', content: 'Answer.' }] };
  expect(await refusal(silent)).toMatchObject({ status: 400, message: expect.stringContaining("'json'") });
});

test('the name of the longest answer and the length of the context are the model’s', async () => {
  const { ask, refusal } = await rig({ lengthNames: ['max_completion_tokens'], contextTokens: 100 });
  expect(await refusal({ max_tokens: 10 })).toMatchObject({
    status: 400,
    message: expect.stringContaining("Use 'max_completion_tokens' instead"),
  });
  await expect(ask({ max_completion_tokens: 10 })).resolves.toBeDefined();
  expect(await refusal({ max_completion_tokens: 100 })).toMatchObject({
    status: 400,
    message: expect.stringContaining('maximum context length is 100 tokens'),
  });
});

test.each<[ErrorStyle, unknown]>([
  ['openai', { error: { message: 'm', type: 'rate_limit_error', param: null, code: 'c' } }],
  ['vllm', { object: 'error', message: 'm', type: 'BadRequestError', param: null, code: 429 }],
  ['llama.cpp', { error: { code: 429, message: 'm', type: 'c' } }],
  ['words', { error: 'm' }],
])('errors are written as by %s', (style, body) => {
  expect(errorBody({ status: 429, message: 'm', code: 'c' }, style)).toEqual(body);
});

test.each([...turnedAway, ...answeredWrongly])(
  'the fault %s hits what its rate says, the same each time',
  async (fault) => {
    const requests = Array.from({ length: 1000 }, (_, number) => ({
      ...{ headers: {}, url: '', model: 'm', system: '', form: 'json_schema' as const },
      ...{ maxTokens: 100, lengthName: 'max_tokens' as const, user: `# Task: reply\n\n${number}` },
    }));
    const hits = async () => {
      const behave = faultyCompletions({ rate: 0.1, seed: 's', fault });
      const behaviours = await Promise.all(requests.map((request, count) => behave(request, count)));
      const unspoiled = await faultyCompletions({ rate: 0, seed: 's', fault })(requests[0] as never, 0);
      return behaviours.map((behaviour) => JSON.stringify(behaviour) !== JSON.stringify(unspoiled));
    };
    const first = await hits();
    expect(await hits()).toEqual(first);
    const count = first.filter(Boolean).length;
    // 100 are expected, with a standard deviation of 9.5.
    expect(count).toBeGreaterThan(60);
    expect(count).toBeLessThan(140);
  },
);
