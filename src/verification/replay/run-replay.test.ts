import { expect, test } from 'vitest';
import { replayCheckpointSchema } from '#contracts/replay.ts';
import { content, failed, groundTruth, stage } from '#testing/rigs/replay-stage.ts';
import type { ScriptedReply } from '#testing/rigs/scripted-judge.ts';
import type { JudgeTask } from '../judges/judge.ts';

test('a replay goes from its key to the oracle and then to three verdicts, each kept as it arrives', async () => {
  const replay = stage();
  const { run, events, requests } = replay;
  expect(await run()).toEqual({ outcome: 'scored', reason: null });
  const { kept } = replay;
  expect(events.slice(0, 4)).toEqual(['save answerKey', 'before oracle', 'ask oracle', 'save oracle']);
  expect(
    events
      .slice(4)
      .filter((event) => event !== 'save baseline')
      .sort(),
  ).toEqual(['save canaries', 'save precision', 'save recall', 'save reply']);
  expect(events.indexOf('save canaries')).toBeLessThan(events.indexOf('save precision'));
  expect(events.filter((event) => event === 'save baseline')).toHaveLength(3);
  expect(replayCheckpointSchema.parse(kept)).toEqual(kept);
  expect(requests).toEqual([
    {
      pr: {
        id: '1',
        title: groundTruth.title,
        description: groundTruth.description,
        diff_content: groundTruth.diff,
        files_changed: groundTruth.filesChanged,
      },
      follow_up_question: 'How many?',
    },
  ]);
});

test('a replay killed after any step resumes at the first missing one and repeats no call that was kept', async () => {
  const whole = stage();
  await whole.run();
  const steps = ['answerKey', 'oracle', 'precision', 'recall', 'reply'] as const;
  const measureOf = { answerKey: 'answer_key', precision: 'precision', recall: 'recall', reply: 'reply' };
  for (const missing of steps.map((_, index) => steps.slice(index))) {
    const checkpoint = { ...whole.kept };
    for (const step of missing) delete checkpoint[step];
    const resumed = stage({ checkpoint });
    expect(await resumed.run()).toEqual({ outcome: 'scored', reason: null });
    expect(resumed.requests).toHaveLength(missing.includes('oracle') ? 1 : 0);
    expect(resumed.measures().sort()).toEqual(
      missing.flatMap((step) => (step === 'oracle' ? [] : [measureOf[step]])).sort(),
    );
    expect(resumed.kept).toEqual(whole.kept);
  }
  const done = stage({ checkpoint: whole.kept });
  expect(await done.run()).toEqual({ outcome: 'scored', reason: null });
  expect([done.events, done.measures()]).toEqual([[], []]);
});

test('of an answer only the judged part is kept, and what was cut is counted as before', async () => {
  const replay = stage({
    outcome: {
      kind: 'answer',
      answer: {
        summary: `${'s'.repeat(2_000)}${'t'.repeat(600_000)}`,
        keyClaims: Array.from({ length: 60 }, (_, n) => ({
          claim: `Invents quirk ${n} ${'x'.repeat(5_000)}`,
          confidence: n / 60,
        })),
        followUpResponse: 'r'.repeat(100_000),
      },
      latencyMs: 5,
      retries: 1,
    },
  });
  expect(await replay.run()).toEqual({ outcome: 'scored', reason: null });
  const { oracle, precision, recall, reply } = replay.kept;
  // 2,000 characters of the summary, 50 claims of 500, 1,000 of the response, and their names.
  expect(JSON.stringify(oracle).length).toBeLessThan(32_000);
  expect(oracle).toMatchObject({
    latencyMs: 5,
    retries: 1,
    answer: {
      summary: 's'.repeat(2_000),
      cut: { claims: 10, summaryCharacters: 600_000, responseCharacters: 99_000 },
    },
  });
  expect(precision).toMatchObject({ claimsMade: 60, claimsCut: 10 });
  expect(recall).toMatchObject({ summaryCutCharacters: 600_000 });
  expect(reply).toMatchObject({ responseCutCharacters: 99_000 });
});

const unwritten = (task: JudgeTask): ScriptedReply =>
  task.measure === 'variants' ? { fault: 'unavailable', detail: 'gone' } : content(task);

test('another judge writes the variants once the key is kept, before any oracle is asked', async () => {
  const replay = stage({ author: content });
  expect(await replay.run()).toEqual({ outcome: 'scored', reason: null });
  expect(replay.events.slice(0, 3)).toEqual(['save draftKey', 'save answerKey', 'before oracle']);
  expect(replay.measures()[0]).toBe('answer_key');
  expect(replay.measures()).not.toContain('variants');
  expect(replay.writing.map(({ measure }) => measure)).toEqual(['variants']);
  const { answerKey, draftKey, canaries } = replay.kept;
  expect(draftKey).toBeUndefined();
  expect(answerKey).toMatchObject({ kind: 'made', asks: 1, variantsAsked: [{ asks: 1 }] });
  expect(canaries).toContainEqual(
    expect.objectContaining({
      kind: 'true',
      author: 'answering-model',
      text: 'A job is run again 25 times.',
    }),
  );
  expect(replayCheckpointSchema.parse(replay.kept)).toEqual(replay.kept);
});

test('a judge that cannot write them leaves them to the run’s own, and nothing unscored', async () => {
  const replay = stage({ author: unwritten });
  expect(await replay.run()).toEqual({ outcome: 'scored', reason: null });
  expect(replay.measures().slice(0, 2)).toEqual(['answer_key', 'variants']);
  const neither = stage({ author: unwritten, respond: unwritten });
  expect(await neither.run()).toEqual({ outcome: 'scored', reason: null });
  expect(neither.kept.answerKey).toMatchObject({ kind: 'made', key: { variants: { author: null } } });
});

test('a replay killed before its variants are written does not pay for its key again', async () => {
  const stopped = new Error('no more');
  const cut = stage({
    author: () => {
      throw stopped;
    },
  });
  await expect(cut.run()).rejects.toThrow(stopped);
  expect(Object.keys(cut.kept)).toEqual(['draftKey']);
  const resumed = stage({ checkpoint: cut.kept, author: content });
  expect(await resumed.run()).toMatchObject({ outcome: 'scored' });
  expect(resumed.measures()).not.toContain('answer_key');
  expect(resumed.kept.answerKey).toMatchObject({ asks: 1, variantsAsked: [{ asks: 1 }] });
  // Whoever has no such judge any more lets its own write them.
  const alone = stage({ checkpoint: cut.kept });
  expect(await alone.run()).toMatchObject({ outcome: 'scored' });
  expect(alone.measures()[0]).toBe('variants');
  expect(alone.kept.answerKey).toMatchObject({ key: { variants: { author: 'answering-model' } } });
});

test('after an oracle failure only the baseline is judged, so that both are compared on the same changes', async () => {
  const replay = stage({ outcome: failed });
  expect(await replay.run()).toEqual({ outcome: 'oracle_failure', reason: 'timeout: No answer came.' });
  const { events, kept } = replay;
  expect(events.slice(0, 4)).toEqual(['save answerKey', 'before oracle', 'ask oracle', 'save oracle']);
  expect(events.slice(4)).toEqual(['save baseline', 'save baseline', 'save baseline']);
  const resumed = stage({ checkpoint: kept });
  expect(await resumed.run()).toMatchObject({ outcome: 'oracle_failure' });
  expect(resumed.events).toEqual([]);
});

test('the baseline is judged side by side with the oracle, and not at all outside its share', async () => {
  let asked = 0;
  const all = Promise.withResolvers<void>();
  // Nothing is answered before all six have been asked.
  const replay = stage({
    holdUntil: async ({ measure }) => {
      if (measure === 'answer_key') return;
      asked += 1;
      if (asked === 6) all.resolve();
      await all.promise;
    },
  });
  expect(await replay.run()).toMatchObject({ outcome: 'scored' });
  expect(replay.measures().sort()).toEqual(
    ['answer_key', ...['precision', 'recall', 'reply'].flatMap((measure) => [measure, measure])].sort(),
  );
  const outside = stage({ baseline: false });
  expect(await outside.run()).toMatchObject({ outcome: 'scored' });
  expect(outside.measures()).toEqual(['answer_key', 'reply', 'precision', 'recall']);
  expect(outside.kept.baseline).toBeUndefined();
});

test('a change without a key is replaced before its oracle call', async () => {
  const { run, events } = stage({ respond: () => ({ fault: 'malformed' }) });
  expect(await run()).toMatchObject({ outcome: 'replaced' });
  expect(events).toEqual(['save answerKey']);
});

test('an unavailable judge leaves the replay unscored without an oracle call', async () => {
  const { run, requests } = stage({ respond: () => ({ fault: 'unavailable', detail: 'no key' }) });
  expect(await run()).toEqual({ outcome: 'unscored', reason: 'answer key: no key' });
  expect(requests).toEqual([]);
});

test('one missing verdict leaves the replay unscored and the others kept', async () => {
  const replay = stage({
    respond: (task) => (task.measure === 'recall' ? { fault: 'unavailable', detail: 'gone' } : content(task)),
  });
  expect(await replay.run()).toEqual({
    outcome: 'unscored',
    reason: 'recall: the judge was not available: gone',
  });
  const { kept } = replay;
  expect(kept).toMatchObject({ precision: { kind: 'judged' }, reply: { kind: 'judged' } });
  const resumed = stage({ checkpoint: { ...kept, reply: undefined } });
  expect(await resumed.run()).toMatchObject({ outcome: 'unscored' });
  expect(resumed.measures()).toEqual([]);
});

test('a replay whose step cannot be kept rejects after the others were kept', async () => {
  const { run, events } = stage({ refuseToSave: 'precision' });
  await expect(run()).rejects.toThrow("precision is another's");
  expect(events).toEqual(expect.arrayContaining(['save recall', 'save reply']));
});

test('a cancelled replay asks no oracle', async () => {
  const abort = new AbortController();
  const { run, requests } = stage({
    respond: (task) => {
      abort.abort(new Error('cancelled'));
      return content(task);
    },
  });
  await expect(run(abort.signal)).rejects.toThrow('cancelled');
  expect(requests).toEqual([]);
});

test('each verdict on the baseline and for agreement is kept alone: one that fails costs no other again', async () => {
  const whole = stage({ agreement: { share: 1, respond: content } });
  await whole.run();
  const stopped = new Error('no more');
  let asked = 0;
  /** Stops at the baseline's recall, which is asked after the oracle's. */
  const stops = (task: JudgeTask) => {
    if (task.measure === 'recall') {
      asked += 1;
      if (asked === 2) throw stopped;
    }
    return content(task);
  };
  const baselineCut = stage({ respond: stops, agreement: { share: 1, respond: content } });
  await expect(baselineCut.run()).rejects.toThrow(stopped);
  expect(Object.keys(baselineCut.kept.baseline ?? {}).sort()).toEqual(['precision', 'reply', 'reused']);

  const secondCut = stage({
    checkpoint: baselineCut.kept,
    agreement: {
      share: 1,
      respond: (task) => {
        if (task.measure === 'recall') throw stopped;
        return content(task);
      },
    },
  });
  await expect(secondCut.run()).rejects.toThrow(stopped);
  expect(secondCut.measures()).toEqual(['recall']);
  expect(Object.keys(secondCut.kept.second ?? {}).sort()).toEqual(['precision', 'reply']);

  const last = stage({ checkpoint: secondCut.kept, agreement: { share: 1, respond: content } });
  await last.run();
  expect(last.measures()).toEqual([]);
  expect(last.events).toEqual(['save second']);
  expect(last.kept).toEqual(whole.kept);
});

test('the agreement judge is asked about its share of the replays, with the same answer and no canaries', async () => {
  const disagreeing = (task: JudgeTask): ScriptedReply =>
    task.measure === 'reply' ? { verdicts: [{ id: 'response', verdict: '0', quote: '' }] } : content(task);
  const all = stage({ agreement: { share: 1, respond: disagreeing } });
  expect(await all.run()).toMatchObject({ outcome: 'scored' });
  expect(all.kept.second).toMatchObject({
    precision: { kind: 'judged', canaries: [] },
    recall: { kind: 'judged' },
    reply: { kind: 'judged', replyAccuracy: 0 },
  });
  const resumed = stage({ checkpoint: all.kept, agreement: { share: 1, respond: disagreeing } });
  await resumed.run();
  expect(resumed.events).toEqual([]);
  const none = stage({ agreement: { share: 0, respond: disagreeing } });
  await none.run();
  expect(none.kept.second).toBeUndefined();
});
