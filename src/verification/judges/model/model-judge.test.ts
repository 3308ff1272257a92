import { expect, test } from 'vitest';
import { replayCheckpointSchema } from '#contracts/replay.ts';
import { fencedPieces, measureOf } from '#testing/fakes/anthropic/answers.ts';
import type { AnthropicBehaviour } from '#testing/fakes/anthropic/anthropic-fake.ts';
import { describeChange } from '#testing/fakes/oracles/http-fake.ts';
import { askBefore, judgeAt, longChange, replyTask, startWithKey } from '#testing/rigs/judge-rig.ts';
import { memoryReplayStore } from '#testing/rigs/memory-replay-store.ts';
import { runReplay } from '../../replay/run-replay.ts';
import type { JudgeAnswer } from '../judge.ts';
import { emptyAnswer } from '../judge.ts';

test('an answer arrives with the model that gave it, its tokens and its cost', async () => {
  const verdicts: JudgeAnswer['verdicts'] = [{ id: 'response', verdict: '0.5', quote: '' }];
  const { answer, fake } = await askBefore({
    kind: 'answer',
    answer: { ...emptyAnswer, verdicts },
    model: 'claude-sonnet-5-5-20260929',
  });
  expect(answer).toMatchObject({
    ok: true,
    model: 'claude-sonnet-5-5-20260929',
    answer: { ...emptyAnswer, verdicts },
    usage: { calls: 1, cacheReadTokens: 0 },
  });
  const { inputTokens, cacheWriteTokens, outputTokens, costUsd } = answer.usage;
  expect(cacheWriteTokens).toBeGreaterThan(1024);
  expect(costUsd).toBeCloseTo((inputTokens * 2 + cacheWriteTokens * 2.5 + outputTokens * 10) / 1e6, 12);
  expect(answer.latencyMs).toBeGreaterThan(0);
  expect(fake.requests[0]).toMatchObject({ model: 'claude-sonnet-5-5', maxTokens: 3000 });
});

test('the calls of one replay share a cached prefix and its nonce; oracle material has a fresh one each time', async () => {
  const fake = await startWithKey();
  const judge = judgeAt(fake.url);
  const opened = judge.open(longChange);
  const first = await opened.ask({ measure: 'answer_key' });
  const second = await opened.ask(replyTask);
  const third = await opened.ask(replyTask);
  await judge.open(longChange).ask(replyTask);
  expect(first.usage.cacheWriteTokens).toBeGreaterThan(0);
  expect([second.usage.cacheReadTokens, third.usage.cacheWriteTokens]).toEqual([
    first.usage.cacheWriteTokens,
    0,
  ]);
  const [schema] = fake.requests.map((request) => JSON.stringify(request.schema));
  expect(fake.requests.every((request) => JSON.stringify(request.schema) === schema)).toBe(true);
  const noncesOf = (text = '') =>
    new Set([...text.matchAll(/<untrusted-([0-9a-f]{24}) /g)].map(([, nonce]) => nonce));
  const shared = fake.requests.map(({ system }) => [...noncesOf(system.join('\n'))].join());
  expect(new Set(shared.slice(0, 3)).size).toBe(1);
  expect(shared[3]).not.toBe(shared[0]);
  const fresh = fake.requests.slice(1).map(({ user }) => [...noncesOf(user)].join());
  expect(new Set([...fresh, ...shared]).size).toBe(5);
});

test.each<[string, AnthropicBehaviour, object]>([
  ['a refusal', { kind: 'refusal' }, { fault: 'refused' }],
  ['a truncated answer', { kind: 'max_tokens' }, { fault: 'truncated' }],
  ['text that is not JSON', { kind: 'text', text: 'I think' }, { fault: 'malformed', detail: 'not JSON' }],
  [
    'JSON of another form',
    {
      kind: 'text',
      text: '{"changes": [], "question": null, "variants": [], "verdicts": [{"id": "x", "quote": "", "reason": "", "verdict": "maybe"}]}',
    },
    { fault: 'malformed', detail: 'not of the form asked for: verdicts.0.verdict' },
  ],
])('%s is recognised, and its cost is kept', async (_, behaviour, expected) => {
  const { answer } = await askBefore(behaviour);
  expect(answer).toMatchObject({ ok: false, ...expected, usage: { calls: 1 } });
  expect(answer.usage.costUsd).toBeGreaterThan(0);
});

test('after a truncated answer the judge is asked again with twice the room, and booked accordingly', async () => {
  const fake = await startWithKey({
    behave: (_, count) => (count < 4 ? { kind: 'max_tokens' } : { kind: 'answer', answer: emptyAnswer }),
  });
  const opened = judgeAt(fake.url).open(longChange);
  const booked: number[] = [];
  for (let asked = 0; asked < 5; asked += 1) {
    booked.push(opened.costOf(replyTask).mostUsd);
    await opened.ask(replyTask);
  }
  expect(fake.requests.map(({ maxTokens }) => maxTokens)).toEqual([3000, 6000, 10_000, 10_000, 10_000]);
  // By hand: 3,000 further tokens at 10 dollars a million.
  expect((booked[1] ?? 0) - (booked[0] ?? 0)).toBeCloseTo(0.03, 9);
  await opened.ask({ measure: 'answer_key' });
  expect(fake.requests.at(-1)).toMatchObject({ maxTokens: 6500 });
});

test('an answer never contains what Postgres cannot store', async () => {
  const text = String.raw`{"changes": [], "question": null, "variants": [], "verdicts": [{"id": "a\u0000\ud800", "quote": "", "reason": "", "verdict": "1"}]}`;
  const { answer } = await askBefore({ kind: 'text', text });
  expect(answer).toMatchObject({ ok: true, answer: { verdicts: [{ id: 'a\ufffd\ufffd' }] } });
});

test('a whole replay runs against the API from key to verdicts', async () => {
  const fake = await startWithKey();
  const replay = memoryReplayStore();
  const end = await runReplay({
    groundTruth: longChange,
    others: [],
    seed: 'seed',
    shared: null,
    agreement: null,
    variantsAuthor: null,
    baseline: true,
    blinding: null,
    judge: judgeAt(fake.url),
    oracle: {
      ask: async (request) => {
        const { summary, key_claims, follow_up_response } = describeChange(request);
        const keyClaims = key_claims.map((claim) => ({ claim, confidence: null }));
        const answer = { summary, keyClaims, followUpResponse: follow_up_response };
        return { kind: 'answer', answer, latencyMs: 1, retries: 0 };
      },
    },
    store: replay.store,
  });
  expect(end).toEqual({ outcome: 'scored', reason: null });
  const { kept } = replay;
  expect(replayCheckpointSchema.parse(kept)).toEqual(kept);
  expect(kept).toMatchObject({
    answerKey: { key: { changes: [{ id: 'c1' }, { id: 'c2' }] } },
    recall: { asks: 1 },
  });
  expect(fake.requests.map(({ user }) => measureOf(user)).sort()).toEqual([
    'answer_key',
    'precision',
    'precision',
    'recall',
    'recall',
    'reply',
    'reply',
  ]);
  const [, ...verdictCalls] = fake.requests;
  for (const { user } of verdictCalls) expect(fencedPieces(user).length).toBeGreaterThan(0);
});
