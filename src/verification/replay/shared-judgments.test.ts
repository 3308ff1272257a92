import { expect, test } from 'vitest';
import {
  type AnswerKey,
  type BaselineVerdicts,
  noUsage,
  type ReplayCheckpoint,
  type SharedAnswerKey,
} from '#contracts/replay.ts';
import { content, stage } from '#testing/rigs/replay-stage.ts';
import type { ScriptedReply } from '#testing/rigs/scripted-judge.ts';
import type { Kept, SharedJudgments } from './shared-judgments.ts';

const keyOf = ({ answerKey }: ReplayCheckpoint): AnswerKey =>
  answerKey?.kind === 'made' ? answerKey.key : expect.unreachable('no key was made');

/** An in-memory store of what runs share. */
const sharedInMemory = (): SharedJudgments & { kept: { key: SharedAnswerKey | null } } => {
  const kept: { key: SharedAnswerKey | null; baseline: BaselineVerdicts | null } = {
    key: null,
    baseline: null,
  };
  return {
    kept,
    answerKey: async () => kept.key && { value: kept.key, own: false },
    keepAnswerKey: async (outcome) => {
      kept.key ??= outcome;
      return kept.key;
    },
    baseline: async () => kept.baseline && { value: kept.baseline, own: false },
    keepBaseline: async (verdicts) => {
      kept.baseline ??= verdicts;
    },
  };
};

test('the second construct on a change pays for neither key nor baseline, and is judged by the same key', async () => {
  const shared = sharedInMemory();
  const first = stage({ shared });
  await first.run();
  expect(first.measures()).toEqual([
    'answer_key',
    ...['reply', 'precision', 'recall'],
    ...['reply', 'precision', 'recall'],
  ]);
  const second = stage({ shared });
  await second.run();
  expect(second.measures()).toEqual(['reply', 'precision', 'recall']);
  expect(second.kept.answerKey).toEqual({
    ...first.kept.answerKey,
    reused: true,
    asks: 0,
    retries: 0,
    latencyMs: 0,
    usage: noUsage,
  });
  expect(second.kept.baseline).toEqual({ ...first.kept.baseline, reused: true });
});

test('a key is reused with its variants, whoever wrote them', async () => {
  const shared = sharedInMemory();
  const [alone, another] = [stage({ shared }), stage({ shared, author: content })];
  await alone.run();
  await another.run();
  expect(another.writing).toEqual([]);
  expect(keyOf(another.kept)).toEqual(keyOf(alone.kept));

  const written = sharedInMemory();
  await stage({ shared: written, author: content }).run();
  const next = stage({ shared: written });
  await next.run();
  expect(keyOf(next.kept).variants.author).toBe('answering-model');
  expect(next.kept.answerKey).toMatchObject({ reused: true, asks: 0, usage: noUsage });
  expect(next.kept.answerKey?.variantsAsked).toBeUndefined();
});

test('a draft that another run’s key overtakes is paid for by its own run', async () => {
  const shared = sharedInMemory();
  const cut = stage({
    author: () => {
      throw new Error('no more');
    },
  });
  await expect(cut.run()).rejects.toThrow('no more');
  await stage({ shared }).run();
  const resumed = stage({ shared, checkpoint: cut.kept, author: content });
  await resumed.run();
  expect(resumed.writing).toEqual([]);
  expect(resumed.kept.answerKey).toMatchObject({ reused: false, asks: 1, usage: { calls: 1 } });
});

test('a replay cut off between sharing key and baseline and keeping them books them as its own', async () => {
  const shared = sharedInMemory();
  const cut = stage({ shared });
  await cut.run();
  const own = async <T>(found: Promise<Kept<T> | null>) => {
    const kept = await found;
    return kept && { ...kept, own: true };
  };
  const again = stage({
    shared: {
      ...shared,
      answerKey: () => own(shared.answerKey()),
      baseline: (key) => own(shared.baseline(key)),
    },
  });
  await again.run();
  expect(again.measures()).toEqual(['reply', 'precision', 'recall']);
  expect(again.kept.answerKey).toEqual(cut.kept.answerKey);
  expect(again.kept.baseline).toEqual(cut.kept.baseline);
  expect(again.kept.answerKey).toMatchObject({ reused: false, asks: 1 });
});

test('a baseline that was kept but not shared is shared when the replay resumes', async () => {
  const shared = sharedInMemory();
  const { keepBaseline: _, ...rest } = shared;
  const cut = stage({ shared: { ...rest, keepBaseline: () => Promise.reject(new Error('away')) } });
  await expect(cut.run()).rejects.toThrow('away');
  expect(await shared.baseline(keyOf(cut.kept))).toBeNull();
  await stage({ checkpoint: cut.kept, shared }).run();
  expect(await shared.baseline(keyOf(cut.kept))).toMatchObject({ value: { precision: { kind: 'judged' } } });
});

test('runs also share that a change has nothing to make a key of', async () => {
  const shared = sharedInMemory();
  await stage({ shared, respond: () => ({ changes: [], question: null }) }).run();
  const second = stage({ shared });
  expect(await second.run()).toMatchObject({ outcome: 'replaced' });
  expect(second.measures()).toEqual([]);
});

test.each<[string, ScriptedReply]>([
  ['garbage', { fault: 'malformed' }],
  ['refusals', { fault: 'refused' }],
  ['answers cut off', { fault: 'truncated' }],
  [
    'quotes from elsewhere',
    { changes: [{ id: '1', statement: 'A claim.', quote: 'from elsewhere' }], question: null },
  ],
])('a judge that gives nothing but %s leaves nothing to share: another run asks again', async (_, reply) => {
  const shared = sharedInMemory();
  const first = stage({ shared, respond: () => reply });
  expect(await first.run()).toMatchObject({ outcome: 'replaced' });
  expect([first.kept.answerKey, shared.kept.key]).toMatchObject([{ cause: 'judge', asks: 4 }, null]);
  expect(await stage({ shared }).run()).toMatchObject({ outcome: 'scored' });
  // The run's own checkpoint stands.
  expect(await stage({ shared, checkpoint: first.kept }).run()).toMatchObject({ outcome: 'replaced' });
});

test('an unavailable judge leaves nothing to share', async () => {
  const shared = sharedInMemory();
  await stage({ shared, respond: () => ({ fault: 'unavailable', detail: 'no key' }) }).run();
  expect(shared.kept.key).toBeNull();
});

test('if another run’s key stands, this run is judged by it and keeps the cost of its own', async () => {
  const shared = sharedInMemory();
  await stage({ shared }).run();
  const { kept } = shared;
  const other = { ...shared, answerKey: async () => null };
  const late = stage({
    shared: other,
    respond: (task) => {
      const answer = content(task);
      return task.measure === 'answer_key' && 'question' in answer && answer.question
        ? { ...answer, question: { ...answer.question, text: 'Another question?' } }
        : answer;
    },
  });
  await late.run();
  expect(late.kept.answerKey).toMatchObject({
    key: kept.key?.kind === 'made' ? kept.key.key : null,
    reused: false,
    asks: 1,
  });
});
