import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { noUsage } from '#contracts/replay.ts';
import { changeNumber } from '#testing/rigs/scripted-engine.ts';
import { callCost, judgeOpening, judgeReplying } from '#testing/rigs/scripted-judge.ts';
import type { JudgeReply } from '#verification/judges/judge.ts';
import { boundedJudge } from './bounded-judge.ts';
import { RunStopped } from './exit.ts';
import { type Ledger, ledgerAccount } from './ledger.ts';
import { memoryStore } from './run-store.ts';

const passing = (detail: string): JudgeReply => ({
  ok: false,
  fault: 'unavailable',
  detail,
  passing: true,
  model: 'm',
  usage: noUsage,
  latencyMs: 1,
  retries: 0,
});
const answered: JudgeReply = {
  ok: true,
  answer: { changes: [], question: null, variants: [], verdicts: [] },
  model: 'm',
  usage: { ...noUsage, calls: 1, costUsd: 0.25 },
  latencyMs: 1,
  retries: 0,
};

/** A judge that gives these replies in turn and repeats the last, with a clock that its sleeps move. */
const stage = (...script: (JudgeReply | Error)[]) => {
  let clock = 0;
  const reported: string[] = [];
  const slept: number[] = [];
  const account = ledgerAccount(1, memoryStore());
  const { judge, asked } = judgeReplying((place) => script[Math.min(place, script.length - 1)], 0.5);
  const bounded = boundedJudge(judge, {
    account,
    modelOption: '--model',
    onWait: (message) => reported.push(message),
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      slept.push(ms);
      clock += ms;
    },
    now: () => clock,
  });
  const ask = (signal?: AbortSignal) => bounded.open(changeNumber(1)).ask({ measure: 'answer_key' }, signal);
  return { ask, reported, slept, account, asked };
};

test('an overloaded judge is asked again after longer and longer waits, each of them reported', async () => {
  const { ask, reported, slept, account } = stage(
    passing('it is overloaded'),
    passing('it is overloaded'),
    answered,
  );
  expect(await ask()).toEqual(answered);
  expect(slept).toEqual([5_000, 10_000]);
  // The clock starts at 0, and a question is waited for half an hour.
  const wait = 'Waiting until 00:30 UTC for the judge: it is overloaded';
  expect(reported).toEqual([wait, wait]);
  // Only the answer cost something: 0.25 of 1.
  await account.book(callCost(0.75));
});

test('the wait lasts half an hour at most, a minute at a time at most, and then the fault is returned', async () => {
  const { ask, slept } = stage(passing('down'));
  expect(await ask()).toEqual(passing('down'));
  expect(Math.max(...slept)).toBe(60_000);
  const total = slept.reduce((sum, ms) => sum + ms, 0);
  expect(total).toBeGreaterThan(29 * 60_000);
  expect(total).toBeLessThanOrEqual(30 * 60_000);
});

test('a lasting fault, and every other kind of fault, is returned at once', async () => {
  const { model, usage: used, latencyMs, retries } = passing('');
  const common = { ok: false, detail: '', model, usage: used, latencyMs, retries } as const;
  const refused: JudgeReply = { ...common, fault: 'unavailable', passing: false };
  const malformed: JudgeReply = { ...common, fault: 'malformed' };
  for (const reply of [refused, malformed]) {
    const { ask, slept, asked } = stage(reply);
    expect(await ask()).toEqual(reply);
    expect([asked(), slept]).toEqual([1, []]);
  }
});

test.each([
  ['key', 'The Anthropic key was refused.'],
  ['model', 'The Anthropic API does not know the model m: check --model (or SCORING_MODEL)'],
] as const)('a refused %s stops the run at once, whatever is asked next', async (mend, words) => {
  const { ask, slept, asked } = stage({
    ok: false,
    fault: 'unavailable',
    detail: 'the Anthropic key was refused',
    passing: false,
    mend,
    model: 'm',
    usage: noUsage,
    latencyMs: 1,
    retries: 0,
  });
  const stopped = ask();
  await expect(stopped).rejects.toBeInstanceOf(RunStopped);
  await expect(stopped).rejects.toThrow(words);
  expect([asked(), slept]).toEqual([1, []]);
});

test('stopping the program ends the wait', async () => {
  const controller = new AbortController();
  controller.abort(new Error('stopped'));
  await expect(stage(passing('down')).ask(controller.signal)).rejects.toThrow('stopped');
});

test('a limit without room stops the run with a message that says how to resume it', async () => {
  const { ask, account } = stage(answered);
  await (await account.book(callCost(0.75))).breakOff();
  const stopped = ask();
  await expect(stopped).rejects.toBeInstanceOf(RunStopped);
  await expect(stopped).rejects.toThrow(
    /\$0\.7500 of \$1\.00 are spent.*\$0\.5000.*higher --max-cost to resume/,
  );
});

test('a judge that costs nothing is not held to the account', async () => {
  const book = () => Promise.reject(new Error('booked'));
  const free = {
    ...judgeOpening({ ask: async () => answered, costOf: () => callCost(0) }),
    provider: 'offline' as const,
  };
  const judge = boundedJudge(free, {
    account: { book },
    modelOption: '--model',
    onWait: () => {},
    sleep: async () => {},
    now: () => 0,
  });
  expect(await judge.open(changeNumber(1)).ask({ measure: 'answer_key' })).toEqual(answered);
});

test('a booking is kept before its call is made, and the cost before the answer is returned', async () => {
  const steps: string[] = [];
  const keepLedger = async ({ settledUsd, bookedUsd }: Ledger) => {
    await delay(5);
    steps.push(`${settledUsd} settled, ${bookedUsd} booked`);
  };
  const ask = async () => {
    steps.push('asked');
    return answered;
  };
  const judge = boundedJudge(judgeOpening({ ask, costOf: () => callCost(0.5) }), {
    account: ledgerAccount(1, { ...memoryStore(), keepLedger }),
    modelOption: '--model',
    onWait: () => {},
    sleep: async () => {},
    now: () => 0,
  });
  await judge.open(changeNumber(1)).ask({ measure: 'answer_key' });
  expect(steps).toEqual(['0 settled, 0.5 booked', 'asked', '0.25 settled, 0 booked']);
});

test.each<[boolean, string]>([
  [true, 'for the judge at http://127.0.0.1:8000 (by --judge-url): down'],
  [false, 'for the judge at http://127.0.0.1:8000 (by CHAT_JUDGE_URL): down'],
])(
  'a wait for the judge names its address and the setting that the address came from',
  async (isUrlGiven, told) => {
    let clock = 0;
    const reported: string[] = [];
    const { judge } = judgeReplying(() => passing('down'), 0.5);
    const bounded = boundedJudge(
      { ...judge, provider: 'chat', endpoint: 'http://127.0.0.1:8000' },
      {
        account: ledgerAccount(null, memoryStore()),
        modelOption: '--model',
        isUrlGiven,
        onWait: (message) => reported.push(message),
        sleep: async (ms) => {
          clock += ms;
        },
        now: () => clock,
      },
    );
    await bounded.open(changeNumber(1)).ask({ measure: 'answer_key' });
    expect(new Set(reported)).toEqual(new Set([`Waiting until 00:30 UTC ${told}`]));
    // What was told holds: the wait is over by then.
    expect(clock).toBeLessThanOrEqual(30 * 60_000);
  },
);
