import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type JudgeUsage, noUsage } from '#contracts/replay.ts';
import { changeNumber } from '#testing/rigs/scripted-engine.ts';
import { judgeOpening, judgeReplying } from '#testing/rigs/scripted-judge.ts';
import type { JudgeReply } from '#verification/judges/judge.ts';
import { type Account, boundedJudge, openAccount } from './bounded-judge.ts';
import { CommandError, RunStopped } from './exit.ts';
import type { Ledger } from './ledger.ts';
import { memoryStore } from './run-store.ts';

const usage = (costUsd: number | null, tokens: Partial<JudgeUsage> = {}): JudgeUsage => ({
  ...noUsage,
  calls: 1,
  ...tokens,
  costUsd,
});

/** A run whose earlier starts settled this much. */
const spentBefore = (settledUsd: number) => ({ ...memoryStore(), ledger: { settledUsd, bookedUsd: 0 } });

const settledBy = async (account: Account, mostUsd: number, costUsd: number) =>
  (await account.book(mostUsd))(usage(costUsd));

test('without a limit every call is booked at once', async () => {
  const account = openAccount(null, spentBefore(1_000));
  const booked = Promise.all(Array.from({ length: 100 }, () => account.book(1_000)));
  await expect(booked).resolves.toHaveLength(100);
});

test('calls side by side never hold and cost more than the limit, and go on as room comes free', async () => {
  const account = openAccount(1, memoryStore());
  let [held, most, paid] = [0, 0, 0];
  let refused = 0;
  const caller = async (place: number) => {
    for (let calls = 0; calls < 5; calls += 1) {
      try {
        const settle = await account.book(0.25);
        held += 0.25;
        most = Math.max(most, paid + held);
        await new Promise((resolve) => setTimeout(resolve, (place * 3 + calls) % 5));
        const cost = ((place + calls) % 6) / 20;
        held -= 0.25;
        paid += cost;
        settle(usage(cost));
      } catch (error) {
        expect(error).toBeInstanceOf(CommandError);
        refused += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, place) => caller(place)));
  expect(most).toBeLessThanOrEqual(1 + 1e-9);
  expect(paid).toBeGreaterThan(0.75);
  expect(refused).toBeGreaterThan(0);
});

test('a call that does not fit and waits for nothing is refused in words that say how to go on', async () => {
  const account = openAccount(1, memoryStore());
  await settledBy(account, 0.75, 0.75);
  await expect(account.book(0.5)).rejects.toThrow(
    /\$0\.7500 of \$1\.00 are spent.*\$0\.5000.*higher --max-cost to resume/,
  );
  await account.book(0.25);
});

test('once nothing is under way a call that does not fit is refused, whatever the amounts before were', async () => {
  // 0.1 + 0.2 − 0.1 − 0.2 is not 0 in binary fractions: what was held is not told by such a sum.
  const account = openAccount(1, memoryStore());
  const settle = [await account.book(0.1), await account.book(0.2)];
  for (const each of settle) each(usage(0.4));
  await expect(account.book(0.5)).rejects.toBeInstanceOf(CommandError);
});

test('those that wait are all refused when the last call under way leaves them no room', async () => {
  const account = openAccount(1, memoryStore());
  const settle = await account.book(0.9);
  const waiting = Promise.allSettled([account.book(0.5), account.book(0.4)]);
  settle(usage(0.9));
  expect((await waiting).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

test('what was sent without an answer counts at the most that it can have cost', async () => {
  const account = openAccount(1, memoryStore());
  (await account.book(0.25))(usage(0.1), 2);
  // By hand: 0.1 + 2 x 0.25.
  await expect(account.book(0.5)).rejects.toThrow('$0.6000 of $1.00');
});

test('a call may cost less than booked, or more, and is counted at what it did; at the ceiling where its price is unknown', async () => {
  const account = openAccount(1, spentBefore(0.2));
  // By hand, at the ceiling of $100 a million tokens written: 0.1, so 0.3 spent and 0.7 left.
  await (await account.book(0.5))(usage(null, { outputTokens: 1_000 }));
  await settledBy(account, 0.7, 0.5);
  await expect(account.book(0.3)).rejects.toThrow('$0.8000 of $1.00');
  await settledBy(account, 0.1, 0.15);
  await expect(account.book(0.1)).rejects.toThrow('$0.9500');
});

describe('a run that is stopped and resumed', () => {
  test('counts what was sent without an answer', async () => {
    const store = memoryStore();
    await (await openAccount(1, store).book(0.25))(noUsage, 3);
    await expect(openAccount(1, store).book(0.5)).rejects.toThrow('$0.7500 of $1.00');
  });

  test('counts what was under way when it was killed as if it had been charged', async () => {
    const store = memoryStore();
    const account = openAccount(1, store);
    await Promise.all([account.book(0.25), account.book(0.5)]);
    await expect(openAccount(1, store).book(0.5)).rejects.toThrow('$0.7500 of $1.00');
  });
});

test('calls side by side share the writes of their bookings, and the last write holds the last state', async () => {
  const written: Ledger[] = [];
  const account = openAccount(null, {
    ...memoryStore(),
    keepLedger: async (ledger) => {
      await delay(5);
      written.push(ledger);
    },
  });
  const settle = await Promise.all(Array.from({ length: 16 }, () => account.book(0.25)));
  expect(written.at(-1)).toEqual({ settledUsd: 0, bookedUsd: 4 });
  await Promise.all(settle.map((each) => each(usage(0.125))));
  expect(written.at(-1)).toEqual({ settledUsd: 2, bookedUsd: 0 });
  expect(written.length).toBeLessThanOrEqual(4);
});

test('a booking that could not be kept is none, and its call is not made', async () => {
  let full = true;
  const account = openAccount(1, {
    ...memoryStore(),
    keepLedger: async () => {
      if (full) throw new CommandError('The disk is full.');
    },
  });
  await expect(account.book(0.75)).rejects.toThrow('The disk is full.');
  full = false;
  await account.book(1);
});

test('a judge that costs nothing writes no ledger', async () => {
  let writes = 0;
  const keepLedger = async () => {
    writes += 1;
  };
  const account = openAccount(1, { ...memoryStore(), keepLedger });
  await (await account.book(0))(noUsage);
  expect(writes).toBe(0);
});

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
  answer: { changes: [], question: null, verdicts: [] },
  model: 'm',
  usage: usage(0.25),
  latencyMs: 1,
  retries: 0,
};

/** A judge that says these in turn, the last for ever, before a clock that its sleeps move. */
const stage = (...script: (JudgeReply | Error)[]) => {
  let clock = 0;
  const told: string[] = [];
  const slept: number[] = [];
  const booked: number[] = [];
  const account = openAccount(1, memoryStore());
  const { judge, asked } = judgeReplying((place) => script[Math.min(place, script.length - 1)], 0.5);
  const bounded = boundedJudge(judge, {
    account: {
      book: async (mostUsd) => {
        booked.push(mostUsd);
        return account.book(mostUsd);
      },
    },
    modelOption: '--model',
    onWait: (message) => told.push(message),
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      slept.push(ms);
      clock += ms;
    },
    now: () => clock,
  });
  const ask = (signal?: AbortSignal) => bounded.open(changeNumber(1)).ask({ measure: 'answer_key' }, signal);
  return { ask, told, slept, booked, account, asked };
};

test('a judge that is overloaded is asked again after longer and longer waits, each told', async () => {
  const { ask, told, slept, account } = stage(
    passing('it is overloaded'),
    passing('it is overloaded'),
    answered,
  );
  expect(await ask()).toEqual(answered);
  expect(slept).toEqual([5_000, 10_000]);
  expect(told).toEqual(Array.from({ length: 2 }, () => 'Waiting for the judge: it is overloaded'));
  // Only the answer cost something: 0.25 of 1.
  await account.book(0.75);
});

test('it is waited for half an hour at most, never longer than a minute at a time, and then its fault is the answer', async () => {
  const { ask, slept } = stage(passing('down'));
  expect(await ask()).toEqual(passing('down'));
  expect(Math.max(...slept)).toBe(60_000);
  const total = slept.reduce((sum, ms) => sum + ms, 0);
  expect(total).toBeGreaterThan(29 * 60_000);
  expect(total).toBeLessThanOrEqual(30 * 60_000);
});

test('what will not pass, and every other fault, is answered at once', async () => {
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

test('whoever stops the program waits no longer, and a call that failed leaves its room to others', async () => {
  const controller = new AbortController();
  controller.abort(new Error('stopped'));
  await expect(stage(passing('down')).ask(controller.signal)).rejects.toThrow('stopped');
  const { ask, account, booked } = stage(new Error('a bug'));
  await expect(ask()).rejects.toThrow('a bug');
  expect(booked).toEqual([0.5]);
  await account.book(1);
});

test('a call that was cut off counts at the most that it can have cost', async () => {
  const controller = new AbortController();
  const { ask, account } = stage(new Error('cut off'));
  const asked = ask(controller.signal);
  controller.abort();
  await expect(asked).rejects.toThrow('cut off');
  await expect(account.book(1)).rejects.toThrow('$0.5000 of $1.00');
});

test('a booking is kept before its call is made, and what it cost before its answer is given', async () => {
  const steps: string[] = [];
  const keepLedger = async ({ settledUsd, bookedUsd }: Ledger) => {
    await delay(5);
    steps.push(`${settledUsd} settled, ${bookedUsd} booked`);
  };
  const ask = async () => {
    steps.push('asked');
    return answered;
  };
  const judge = boundedJudge(judgeOpening({ ask, mostUsd: () => 0.5 }), {
    account: openAccount(1, { ...memoryStore(), keepLedger }),
    modelOption: '--model',
    onWait: () => {},
    sleep: async () => {},
    now: () => 0,
  });
  await judge.open(changeNumber(1)).ask({ measure: 'answer_key' });
  expect(steps).toEqual(['0 settled, 0.5 booked', 'asked', '0.25 settled, 0 booked']);
});
