import { expect, test } from 'vitest';
import type { OracleOutcome, OracleRequest } from '#contracts/oracle.ts';
import { type ReplayCheckpoint, replayCheckpointSchema } from '#contracts/replay.ts';
import { changeNumber } from '#testing/scripted-engine.ts';
import { type ScriptedReply, scriptedJudge } from '#testing/scripted-judge.ts';
import type { Judge, JudgeTask } from '../judges/judge.ts';
import type { Oracle } from '../oracles/oracle.ts';
import { type ReplayStore, runReplay } from './run-replay.ts';

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
}: {
  checkpoint?: ReplayCheckpoint;
  respond?: (task: JudgeTask) => ScriptedReply;
  outcome?: OracleOutcome;
  refuseToSave?: string;
} = {}) => {
  const opened = scriptedJudge(...Array.from({ length: 20 }, () => respond));
  const events: string[] = [];
  const kept: ReplayCheckpoint = { ...checkpoint };
  const requests: OracleRequest[] = [];
  const judge: Judge = {
    provider: 'offline',
    model: 'configured-model',
    promptDigest: '',
    open: () => opened,
  };
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
      kept[step] = value;
    },
    beforeOracleCall: async () => {
      events.push('before oracle');
    },
  };
  const run = (signal?: AbortSignal) =>
    runReplay({ groundTruth, judge, oracle, store, ...(signal === undefined ? {} : { signal }) });
  return { run, events, kept, requests, measures: () => opened.tasks.map(({ measure }) => measure) };
};

test('a replay goes from its key over the oracle to three verdicts, each kept as it arrives', async () => {
  const { run, events, kept, requests } = stage();
  expect(await run()).toEqual({ outcome: 'scored', reason: null });
  expect(events.slice(0, 4)).toEqual(['save answerKey', 'before oracle', 'ask oracle', 'save oracle']);
  expect(events.slice(4).sort()).toEqual(['save precision', 'save recall', 'save reply']);
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

test('an oracle that fails needs no verdict', async () => {
  const { run, measures, kept } = stage({ outcome: failed });
  expect(await run()).toEqual({ outcome: 'oracle_failure', reason: 'timeout: No answer came.' });
  expect(measures()).toEqual(['answer_key']);
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
  const { run, kept } = stage({
    respond: (task) => (task.measure === 'recall' ? { fault: 'unavailable', detail: 'gone' } : content(task)),
  });
  expect(await run()).toEqual({ outcome: 'unscored', reason: 'recall: the judge was not available: gone' });
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
