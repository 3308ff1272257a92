import { expect, test } from 'vitest';
import type { OracleOutcome, OracleRequest } from '#contracts/oracle.ts';
import {
  type AnswerKey,
  noUsage,
  type ParrotVerdicts,
  type ReplayCheckpoint,
  replayCheckpointSchema,
  type SettledAnswerKey,
} from '#contracts/replay.ts';
import { changeNumber } from '#testing/scripted-engine.ts';
import { type ScriptedReply, scriptedJudge } from '#testing/scripted-judge.ts';
import type { Judge, JudgeTask, PullRequestJudge } from '../judges/judge.ts';
import type { Oracle } from '../oracles/oracle.ts';
import { type ReplayStore, runReplay } from './run-replay.ts';
import type { Kept, SharedJudgments } from './shared-judgments.ts';
import { withStep } from './with-step.ts';

const groundTruth = changeNumber(1);
const quote = 'export const retryLimit1 = 25;';

const content = (task: JudgeTask): ScriptedReply => {
  switch (task.measure) {
    case 'answer_key':
      return {
        changes: [{ id: '1', statement: 'Retries are limited.', quote }],
        question: { text: 'How many?', reference_answer: '25', quote },
      };
    case 'precision':
      return { verdicts: task.claims.map(({ id }) => ({ id, verdict: 'supported', quote })) };
    case 'recall':
      return { verdicts: task.changes.map(({ id }) => ({ id, verdict: 'surfaced', quote: task.summary })) };
    case 'reply':
      return { verdicts: [{ id: 'response', verdict: '0.75', quote: '' }] };
  }
};

const answered: OracleOutcome = {
  kind: 'answer',
  answer: {
    summary: 'Failing jobs stop at a bound.',
    keyClaims: [{ claim: 'Failing jobs give up eventually', confidence: null }],
    followUpResponse: 'Twenty-five',
  },
  latencyMs: 5,
  retries: 0,
};
const failed: OracleOutcome = {
  kind: 'failure',
  reason: 'timeout',
  detail: 'No answer came.',
  httpAnswered: false,
  latencyMs: 5,
  retries: 0,
};

/** One replay over a checkpoint, with everything that was asked and kept. */
const stage = ({
  checkpoint = {},
  respond = content,
  outcome = answered,
  refuseToSave,
  shared = null,
  agreement = null,
}: {
  checkpoint?: ReplayCheckpoint;
  respond?: (task: JudgeTask) => ScriptedReply;
  outcome?: OracleOutcome;
  refuseToSave?: string;
  shared?: SharedJudgments | null;
  agreement?: { share: number; respond: (task: JudgeTask) => ScriptedReply } | null;
} = {}) => {
  const opened = scriptedJudge(...Array.from({ length: 20 }, () => respond));
  const events: string[] = [];
  let kept = checkpoint;
  const requests: OracleRequest[] = [];
  const second = scriptedJudge(...Array.from({ length: 20 }, () => agreement?.respond ?? respond));
  const judgeOf = (pullRequestJudge: PullRequestJudge): Judge => ({
    provider: 'offline',
    model: 'configured-model',
    promptDigest: '',
    open: () => pullRequestJudge,
  });
  const judge = judgeOf(opened);
  const oracle: Oracle = {
    ask: async (request) => {
      requests.push(request);
      events.push('ask oracle');
      return outcome;
    },
  };
  const store: ReplayStore = {
    checkpoint,
    save: async (step, value) => {
      if (step === refuseToSave) throw new Error(`${step} is another's`);
      events.push(`save ${step}`);
      kept = withStep(kept, step, value);
    },
    beforeOracleCall: async () => {
      events.push('before oracle');
    },
  };
  const run = (signal?: AbortSignal) =>
    runReplay({
      groundTruth,
      others: [],
      seed: 'seed',
      judge,
      oracle,
      store,
      shared,
      agreement: agreement && { share: agreement.share, judge: judgeOf(second) },
      blinding: null,
      signal,
    });
  return {
    run,
    events,
    requests,
    get kept() {
      return kept;
    },
    measures: () => opened.tasks.map(({ measure }) => measure),
  };
};

test('a replay goes from its key over the oracle to three verdicts, each kept as it arrives', async () => {
  const replay = stage();
  const { run, events, requests } = replay;
  expect(await run()).toEqual({ outcome: 'scored', reason: null });
  const { kept } = replay;
  expect(events.slice(0, 4)).toEqual(['save answerKey', 'before oracle', 'ask oracle', 'save oracle']);
  expect(events.slice(4, 7).sort()).toEqual(['save precision', 'save recall', 'save reply']);
  expect(events.slice(7)).toEqual(['save baseline', 'save baseline']);
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

test('killed after any step, it resumes at the first missing one and repeats no call that was kept', async () => {
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

test('an oracle that fails needs no verdict; the parrot is judged, so that it is compared with the same changes', async () => {
  const replay = stage({ outcome: failed });
  expect(await replay.run()).toEqual({ outcome: 'oracle_failure', reason: 'timeout: No answer came.' });
  const { events, kept } = replay;
  expect(events.slice(0, 4)).toEqual(['save answerKey', 'before oracle', 'ask oracle', 'save oracle']);
  expect(events.slice(4)).toEqual(['save baseline', 'save baseline']);
  const resumed = stage({ checkpoint: kept });
  expect(await resumed.run()).toMatchObject({ outcome: 'oracle_failure' });
  expect(resumed.events).toEqual([]);
});

test('a change without a key is replaced before its oracle call', async () => {
  const { run, events } = stage({ respond: () => ({ fault: 'malformed' }) });
  expect(await run()).toMatchObject({ outcome: 'replaced' });
  expect(events).toEqual(['save answerKey']);
});

test('a judge that is not available leaves the replay unscored without an oracle call', async () => {
  const { run, requests } = stage({ respond: () => ({ fault: 'unavailable', detail: 'no key' }) });
  expect(await run()).toEqual({ outcome: 'unscored', reason: 'answer key: no key' });
  expect(requests).toEqual([]);
});

test('one verdict that is not obtained leaves the replay unscored and the others kept', async () => {
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

test('where one step cannot be kept it rejects, after the others were', async () => {
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

const keyOf = ({ answerKey }: ReplayCheckpoint): AnswerKey =>
  answerKey?.kind === 'made' ? answerKey.key : expect.unreachable('no key was made');

/** What runs share, in memory. */
const sharedInMemory = (): SharedJudgments & { kept: { key: SettledAnswerKey | null } } => {
  const kept: { key: SettledAnswerKey | null; parrot: ParrotVerdicts | null } = { key: null, parrot: null };
  return {
    kept,
    answerKey: async () => kept.key && { value: kept.key, own: false },
    keepAnswerKey: async (outcome) => {
      kept.key ??= outcome;
      return kept.key;
    },
    parrot: async () => kept.parrot && { value: kept.parrot, own: false },
    keepParrot: async (verdicts) => {
      kept.parrot ??= verdicts;
    },
  };
};

test('the second construct on a change pays for neither key nor parrot, and is judged by the same key', async () => {
  const shared = sharedInMemory();
  const first = stage({ shared });
  await first.run();
  expect(first.measures()).toEqual(['answer_key', 'reply', 'precision', 'recall', 'precision', 'recall']);
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

test('a replay that was cut off after it shared key and parrot, and before it kept them, books them as its own', async () => {
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
      parrot: (key) => own(shared.parrot(key)),
    },
  });
  await again.run();
  expect(again.measures()).toEqual(['reply', 'precision', 'recall']);
  expect(again.kept.answerKey).toEqual(cut.kept.answerKey);
  expect(again.kept.baseline).toEqual(cut.kept.baseline);
  expect(again.kept.answerKey).toMatchObject({ reused: false, asks: 1 });
});

test('of parrot and second judgment each verdict is kept by itself: one that fails costs no other again', async () => {
  const whole = stage({ agreement: { share: 1, respond: content } });
  await whole.run();
  const stopped = new Error('no more');
  let asked = 0;
  /** Fails the recall of the parrot, then that of the second judge. */
  const stops = (task: JudgeTask) => {
    if (task.measure === 'recall') {
      asked += 1;
      if (asked === 2) throw stopped;
    }
    return content(task);
  };
  const parrotCut = stage({ respond: stops, agreement: { share: 1, respond: content } });
  await expect(parrotCut.run()).rejects.toThrow(stopped);
  expect(Object.keys(parrotCut.kept.baseline ?? {}).sort()).toEqual(['precision', 'reused']);

  const secondCut = stage({
    checkpoint: parrotCut.kept,
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

test('a parrot that was kept and not yet shared is shared by whoever goes on', async () => {
  const shared = sharedInMemory();
  const { keepParrot: _, ...rest } = shared;
  const cut = stage({ shared: { ...rest, keepParrot: () => Promise.reject(new Error('away')) } });
  await expect(cut.run()).rejects.toThrow('away');
  expect(await shared.parrot(keyOf(cut.kept))).toBeNull();
  await stage({ checkpoint: cut.kept, shared }).run();
  expect(await shared.parrot(keyOf(cut.kept))).toMatchObject({ value: { precision: { kind: 'judged' } } });
});

test('that no key can be made for a change is shared too', async () => {
  const shared = sharedInMemory();
  await stage({ shared, respond: () => ({ fault: 'malformed' }) }).run();
  const second = stage({ shared });
  expect(await second.run()).toMatchObject({ outcome: 'replaced' });
  expect(second.measures()).toEqual([]);
});

test('a judge that was not available leaves nothing behind for others', async () => {
  const shared = sharedInMemory();
  await stage({ shared, respond: () => ({ fault: 'unavailable', detail: 'no key' }) }).run();
  expect(shared.kept.key).toBeNull();
});

test('where another run’s key stands, this one is judged by it and keeps what its own cost', async () => {
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

test('a second judge is asked about its share of the replays, with the same answer and no canaries', async () => {
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
