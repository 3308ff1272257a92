import { expect, test } from 'vitest';
import type { OracleOutcome, OracleRequest } from '#contracts/oracle.ts';
import { watchedOracle } from './watched-oracle.ts';

const answered: OracleOutcome = {
  kind: 'answer',
  answer: { summary: '', keyClaims: [], followUpResponse: '' },
  latencyMs: 1,
  retries: 0,
};
const away: OracleOutcome = {
  kind: 'failure',
  reason: 'connection',
  detail: 'Nothing listens.',
  httpAnswered: false,
  unreachable: true,
  latencyMs: 1,
  retries: 2,
};

/** Asks an oracle with these outcomes. Returns the final outcome and the steps that were taken. */
const watching = async (
  outcomes: OracleOutcome[],
  { wasThere = true, waits = 0, asks = 0 }: { wasThere?: boolean; waits?: number; asks?: number } = {},
) => {
  const steps: string[] = [];
  let [count, waitsLeft] = [asks, waits];
  const ask = async () => {
    steps.push('ask');
    const outcome = outcomes.shift();
    if (outcome === undefined) throw new Error('The oracle was asked too often.');
    return outcome;
  };
  const watched = watchedOracle(
    { ask },
    {
      noteAsking: async () => {
        steps.push('note');
        count += 1;
        return count - 1;
      },
      takeBackAsking: async () => {
        steps.push('take back');
        count -= 1;
      },
      hasAnswered: async () => false,
      asked: async () => (wasThere ? [{ outcome: answered, carried: true }] : []),
      wait: async ({ detail }) => {
        steps.push(`wait: ${detail}`);
        waitsLeft -= 1;
        return waitsLeft >= 0;
      },
    },
  );
  return { outcome: await watched.ask({} as OracleRequest), steps, count };
};

test('a question is noted before it goes out, and the outcome says how often it went out before', async () => {
  expect(await watching([answered])).toEqual({ outcome: answered, steps: ['note', 'ask'], count: 1 });
  expect((await watching([answered], { asks: 2 })).outcome).toEqual({ ...answered, askedBefore: 2 });
});

test('an oracle that was there is waited for until it is back, and gets the question once', async () => {
  const wait = ['note', 'ask', 'take back', 'wait: Nothing listens.'];
  expect(await watching([away, away, answered], { waits: 2 })).toEqual({
    outcome: answered,
    steps: [...wait, ...wait, 'note', 'ask'],
    count: 1,
  });
});

test('an oracle still away after the wait has failed, without having had the question', async () => {
  expect(await watching([away, away], { waits: 1 })).toMatchObject({ outcome: away, count: 0 });
});

test('an oracle that never was there fails at once', async () => {
  const { outcome, steps } = await watching([away], { wasThere: false, waits: 1 });
  expect([outcome, steps]).toEqual([away, ['note', 'ask', 'take back']]);
});

test('a connection that broke midway is not waited for: the oracle had the question', async () => {
  const { unreachable: _, ...broken } = away;
  expect(await watching([broken], { waits: 1 })).toEqual({
    outcome: broken,
    steps: ['note', 'ask'],
    count: 1,
  });
});
