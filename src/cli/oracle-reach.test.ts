import { expect, test } from 'vitest';
import type { OracleOutcome, OracleRequest } from '#contracts/oracle.ts';
import { Unreached, watchOracle } from './oracle-reach.ts';

const answered: OracleOutcome = {
  kind: 'answer',
  answer: { summary: '', keyClaims: [], followUpResponse: '' },
  latencyMs: 1,
  retries: 0,
};
const failed = (more: object): OracleOutcome => ({
  kind: 'failure',
  reason: 'connection',
  detail: 'Nothing listens.',
  httpAnswered: false,
  latencyMs: 1,
  retries: 0,
  ...more,
});
const away = failed({ unreachable: true });

const askedOf = (...outcomes: OracleOutcome[]) => {
  const waits: string[] = [];
  let slept = 0;
  const watch = watchOracle({
    onWait: (message) => waits.push(message),
    sleep: async (ms) => {
      slept += ms;
    },
    now: () => new Date(slept),
  });
  const oracle = watch.around({ ask: async () => outcomes.shift() ?? away });
  const request = {} as OracleRequest;
  return { ask: () => oracle.ask(request), waits, slept: () => slept };
};

test('an oracle that was there and cannot be reached is waited for until it is there again', async () => {
  const { ask, waits } = askedOf(answered, away, away, answered);
  expect(await ask()).toBe(answered);
  expect(await ask()).toBe(answered);
  expect(waits).toEqual(Array.from({ length: 2 }, () => 'Waiting for the oracle: Nothing listens.'));
});

test('after ten minutes that is its failure, for all replays that are left', async () => {
  const { ask, slept } = askedOf(answered);
  await ask();
  for (let replay = 0; replay < 100; replay += 1) expect(await ask()).toBe(away);
  expect(slept()).toBe(600_000);
});

test('one that was never there, or let nobody in, is not waited for', async () => {
  for (const outcome of [away, failed({}), failed({ httpAnswered: true, status: 401 })]) {
    const { ask, slept } = askedOf(outcome);
    await expect(ask()).rejects.toBeInstanceOf(Unreached);
    expect(slept()).toBe(0);
  }
});

test('a connection that broke on its way is a failure: the oracle had the question', async () => {
  const broken = failed({});
  const { ask } = askedOf(answered, broken);
  await ask();
  expect(await ask()).toBe(broken);
});
