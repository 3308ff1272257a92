import { expect, test } from 'vitest';
import { modelAnswer } from '#testing/builders/model-answer.ts';
import type { CompletionsBehaviour } from '#testing/fakes/chat/completions-fake.ts';
import { askChat } from '#testing/rigs/chat-judge-rig.ts';
import { emptyAnswer, type JudgeAnswer } from '../../judge.ts';

const verdicts: JudgeAnswer['verdicts'] = [{ id: 'response', verdict: '0.5', quote: '' }];
const judged: JudgeAnswer = { ...emptyAnswer, verdicts };
const draft: JudgeAnswer = {
  ...emptyAnswer,
  verdicts: [{ id: 'response', verdict: '1', quote: 'only a draft' }],
};
const good: CompletionsBehaviour = { kind: 'answer', answer: judged };
const text = (content: string): CompletionsBehaviour => ({ kind: 'text', text: content });
const completionOf = (message: object, more: object = {}): CompletionsBehaviour => ({
  kind: 'body',
  body: JSON.stringify({
    object: 'chat.completion',
    model: 'model-1',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop', ...more }],
  }),
});

const json = JSON.stringify(modelAnswer(judged));
const completionText = JSON.stringify({
  choices: [{ message: { content: json }, finish_reason: 'stop' }],
});
const draftJson = JSON.stringify(modelAnswer(draft));

test('an answer that nests deeper than a recursion can go, and one without end, are faults and not crashes', async () => {
  const deep = `{"verdicts": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  expect((await askChat({ kind: 'text', text: deep })).answer).toMatchObject({
    ok: false,
    fault: 'malformed',
  });
  const endless = { kind: 'body', body: ' '.repeat(17 * 1024 * 1024) } as const;
  expect((await askChat(endless)).answer).toMatchObject({ ok: false, fault: 'unavailable' });
});

test.each<[string, CompletionsBehaviour]>([
  ['after reasoning in a field', { ...good, reasoning: { place: 'reasoning_content', text: draftJson } }],
  ['after reasoning in another field', { ...good, reasoning: { place: 'reasoning', text: draftJson } }],
  ['after reasoning in tags', { ...good, reasoning: { place: 'think', text: draftJson } }],
  [
    'after reasoning whose tag the prompt opened',
    { ...good, reasoning: { place: 'unopened_think', text: draftJson } },
  ],
  ['beside parts that reason', { ...good, reasoning: { place: 'parts', text: draftJson } }],
  ['after another dress of reasoning', text(`[THINK]${draftJson}[/THINK]\n${json}`)],
  [
    'in a channel of its own',
    text(`<|channel|>analysis<|message|>${draftJson}<|end|><|channel|>final<|message|>${json}`),
  ],
  ['in a fence', text(`\`\`\`json\n${json}\n\`\`\``)],
  ['behind words, on a line of its own', text(`Here it is:\n${json}`)],
  ['in a fence', text(`Here it is:\n\`\`\`json\n${json}\n\`\`\``)],
  ['with only the field that was asked for', text(JSON.stringify({ verdicts }))],
  [
    'with a number for a verdict',
    text(JSON.stringify({ verdicts: [{ id: 'response', verdict: 0.5, quote: '' }] })),
  ],
  ['as text that is JSON', { kind: 'body', body: completionText, headers: { 'content-type': 'text/plain' } }],
  ['as parts', completionOf({ content: [{ type: 'text', text: json }] })],
])('an answer is read %s', async (_, behaviour) => {
  const { answer } = await askChat(behaviour);
  expect(answer).toMatchObject({ ok: true, answer: judged });
});

test.each<[string, CompletionsBehaviour, object]>([
  ['a refusal in a field of its own', { kind: 'refusal' }, { fault: 'refused' }],
  [
    'a refusal among the parts',
    { kind: 'message', message: { content: [{ type: 'refusal', refusal: 'No.' }] } },
    { fault: 'refused' },
  ],
  ['a filtered answer', { kind: 'content_filter' }, { fault: 'refused' }],
  ['a truncated answer', { kind: 'length' }, { fault: 'truncated' }],
  [
    'a truncated answer that can be read',
    { kind: 'text', text: json, finishReason: 'length' },
    { fault: 'truncated' },
  ],
  ['prose', text('I would say half of it.'), { fault: 'malformed', detail: 'not JSON' }],
  // An oracle's claim may be an object in the answer's form.
  ['a quoted claim', text(`The claim reads \`${json}\`. It is false.`), { fault: 'malformed' }],
  ['a quoted claim at the end', text(`It is false: ${json}`), { fault: 'malformed' }],
  [
    'a quoted claim before an answer that cannot be used',
    text(`${json}\n{"verdicts": [{"id": "response", "verdict": "not supported", "quote": ""}]}`),
    { fault: 'malformed' },
  ],
  [
    'JSON of another form',
    text('{"verdicts": [{"id": "response", "verdict": "perhaps", "quote": ""}]}'),
    { fault: 'malformed', detail: expect.stringContaining('not of the form asked for') },
  ],
  ['no text', { kind: 'message', message: { content: '' } }, { fault: 'malformed', detail: 'no text' }],
  ['nothing', { kind: 'message', message: { content: null } }, { fault: 'malformed', detail: 'no text' }],
  ['reasoning alone', text(`<think>${json}`), { fault: 'malformed' }],
  [
    'a call of a tool',
    {
      kind: 'message',
      message: { content: null, tool_calls: [{ id: 'x', type: 'function' }] },
      finishReason: 'tool_calls',
    },
    { fault: 'malformed', detail: 'it called a tool instead of answering' },
  ],
  [
    'an answer that was broken off',
    { kind: 'text', text: json, finishReason: 'error' },
    { fault: 'malformed', detail: 'the endpoint broke it off' },
  ],
])('%s is recognised, and its tokens are counted', async (_, behaviour, expected) => {
  const { answer } = await askChat(behaviour, { judge: { prices: { 'model-1': price } } });
  expect(answer).toMatchObject({ ok: false, ...expected, usage: { calls: 1 } });
  expect(answer.usage.inputTokens).toBeGreaterThan(100);
  expect(answer.usage.costUsd).toBeGreaterThan(0);
});

const price = { input: 1, cacheWrite: 1, cacheRead: 0.1, output: 10 };
const stated = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };

// By hand, in US dollars per million tokens: 1 in, 0.1 from the cache, 10 out.
test.each<[string, object | null, object]>([
  ['as OpenAI does', stated, { inputTokens: 1000, outputTokens: 100, costUsd: 0.002 }],
  [
    'with cached tokens',
    { ...stated, prompt_tokens_details: { cached_tokens: 900 } },
    { inputTokens: 100, cacheReadTokens: 900, outputTokens: 100, costUsd: 0.00119 },
  ],
  [
    'with cached tokens in DeepSeek’s field',
    { ...stated, prompt_cache_hit_tokens: 900, prompt_cache_miss_tokens: 100 },
    { inputTokens: 100, cacheReadTokens: 900, costUsd: 0.00119 },
  ],
  [
    'with reasoning in the total alone',
    { ...stated, total_tokens: 1600 },
    { inputTokens: 1000, outputTokens: 600, costUsd: 0.007 },
  ],
  ['not at all', null, { costUsd: null }],
  ['with zeros', { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }, { costUsd: null }],
  ['in words', { prompt_tokens: '1000' }, { costUsd: null }],
])(
  'tokens that the endpoint states %s are counted, and what it does not state is unknown',
  async (_, usage, expected) => {
    const { answer } = await askChat({ ...good, usage }, { judge: { prices: { 'model-1': price } } });
    const { costUsd, ...tokens } = expected as { costUsd: number | null };
    const estimatedCalls = costUsd === null ? 1 : 0;
    expect(answer).toMatchObject({ ok: true, usage: { calls: 1, estimatedCalls, ...tokens } });
    if (costUsd === null) {
      expect(answer.usage.costUsd).toBeNull();
      expect(answer.usage.inputTokens).toBeGreaterThan(100);
    } else expect(answer.usage.costUsd).toBeCloseTo(costUsd, 12);
  },
);

test('without a stated price the cost is unknown, and a price of zero is known', async () => {
  const cost = async (prices: object, model?: string) =>
    (await askChat({ ...good, ...(model && { model }) }, { judge: { prices: { ...prices } } })).answer.usage
      .costUsd;
  expect(await cost({})).toBeNull();
  expect(await cost({ 'model-2': price })).toBeNull();
  expect(await cost({ 'model-1': { input: 0, cacheWrite: 0, cacheRead: 0, output: 0 } })).toBe(0);
  // Servers name the model that answers in their own way.
  expect(await cost({ 'model-1': price }, 'vendor/model-1-2026-10-01')).toBeGreaterThan(0);
});
