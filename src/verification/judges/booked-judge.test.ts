import { expect, test } from 'vitest';
import { noUsage } from '#contracts/replay.ts';
import { changeNumber } from '#testing/rigs/scripted-engine.ts';
import { callCost, judgeOpening } from '#testing/rigs/scripted-judge.ts';
import { BudgetBusy, bookedJudge, type JudgeAccount } from './booked-judge.ts';

test('a call that found its money held by another of the replay is booked again once that has settled, however late it hears of it', async () => {
  const firstAsked = Promise.withResolvers<void>();
  const firstMayEnd = Promise.withResolvers<void>();
  const firstEnded = Promise.withResolvers<void>();
  let asked = 0;
  const judge = judgeOpening({
    costOf: () => callCost(1),
    ask: async () => {
      asked += 1;
      if (asked === 1) {
        firstAsked.resolve();
        await firstMayEnd.promise;
      }
      const answer = { changes: [], question: null, variants: [], verdicts: [] };
      return { ok: true, answer, model: 'm', usage: noUsage, latencyMs: 1, retries: 0 };
    },
  });
  let booked = 0;
  const account: JudgeAccount = {
    book: async () => {
      booked += 1;
      if (booked === 2) {
        // The account sees the first call's booking; by the time it refuses, that call has ended.
        firstMayEnd.resolve();
        await firstEnded.promise;
        throw new BudgetBusy();
      }
      return { settle: async () => {}, breakOff: async () => {} };
    },
  };
  const opened = bookedJudge(judge, account).open(changeNumber(1));
  const first = opened.ask({ measure: 'answer_key' }).then((reply) => {
    firstEnded.resolve();
    return reply;
  });
  await firstAsked.promise;
  const second = opened.ask({ measure: 'answer_key' });
  expect(await Promise.all([first, second])).toMatchObject([{ ok: true }, { ok: true }]);
  expect(booked).toBe(3);
});
