import { expect, test } from 'vitest';
import type { OracleOutcome, OracleRequest } from '#contracts/oracle.ts';
import { HeldBack, openRunOracle } from './oracle-record.ts';

const answered: OracleOutcome = {
  kind: 'answer',
  answer: { summary: '', keyClaims: [], followUpResponse: '' },
  latencyMs: 1,
  retries: 0,
};
const failed = (more: object = {}): OracleOutcome => ({
  kind: 'failure',
  reason: 'connection',
  detail: 'Nothing listens.',
  httpAnswered: false,
  latencyMs: 1,
  retries: 0,
  ...more,
});
const away = failed({ unreachable: true });

/** A run whose oracle gives these outcomes in turn, and cannot be reached afterwards. */
const running = (...outcomes: OracleOutcome[]) => {
  const waits: string[] = [];
  let slept = 0;
  const oracle = openRunOracle({ ask: async () => outcomes.shift() ?? away }, [], {
    onWait: (message) => waits.push(message),
    sleep: async (ms) => {
      slept += ms;
    },
    now: () => new Date(slept),
  });
  const asking = { noteAsking: async () => 0, takeBackAsking: async () => {} };
  const ask = (position: number) => oracle.of(position, asking).ask({} as OracleRequest);
  return { oracle, ask, waits, slept: () => slept };
};

test('each wait for the oracle is reported with its reason', async () => {
  const { ask, waits } = running(answered, away, away, answered);
  expect(await ask(0)).toBe(answered);
  expect(await ask(1)).toBe(answered);
  expect(waits).toEqual(Array.from({ length: 2 }, () => 'Waiting for the oracle: Nothing listens.'));
});

test('all replays together wait ten minutes for an oracle that is gone for good', async () => {
  const { ask, slept } = running(answered);
  await ask(0);
  for (let position = 1; position < 100; position += 1) expect(await ask(position)).toBe(away);
  expect(slept()).toBe(600_000);
});

test('each answer restarts the wait', async () => {
  const { ask, slept } = running(answered, ...Array.from({ length: 60 }, () => away), answered);
  for (const position of [0, 1, 2]) await ask(position);
  expect(slept()).toBe(300_000 + 600_000);
});

test('a failure is held back until the oracle accepts a question, and is returned from then on', async () => {
  const refused = failed({ httpAnswered: true, status: 401 });
  const { oracle, ask } = running(refused, failed(), answered, failed());
  await expect(ask(0)).rejects.toBeInstanceOf(HeldBack);
  await expect(ask(1)).rejects.toBeInstanceOf(HeldBack);
  expect(oracle.absence()).toMatchObject({ replays: 2, failure: refused });
  expect(await ask(2)).toBe(answered);
  expect(await ask(3)).toEqual(failed());
  expect(oracle.absence()).toBeNull();
  expect([...oracle.heldBack.keys()]).toEqual([0, 1]);
  expect(await ask(0)).toBe(refused);
});
