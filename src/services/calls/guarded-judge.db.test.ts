import { randomBytes } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { judgeSpend } from '#db/schema/judge-spend.ts';
import { paidRig } from '#testing/rigs/paid-rig.ts';
import { changeNumber, type Script, scriptedEngine } from '#testing/rigs/scripted-engine.ts';
import { bookedJudge } from '#verification/judges/booked-judge.ts';
import { modelJudge } from '#verification/judges/model/model-judge.ts';
import { createPrices } from '#verification/judges/model/prices.ts';
import { ingestRun } from '../pipeline/ingest.ts';
import { reportedJudge } from './guarded-judge.ts';
import { judgeAccount } from './spend.ts';

/** An engine whose calls are booked at one dollar and cost one cent. */
const cheaperThanBooked = (script: Script = {}) => {
  const { engine, calls } = scriptedEngine({ ...script, costUsd: 1 });
  return {
    calls,
    engine: {
      ...engine,
      judge: (...choice: Parameters<typeof engine.judge>) => {
        const judge = engine.judge(...choice);
        return {
          ...judge,
          open: (...change: Parameters<typeof judge.open>) => {
            const pullRequest = judge.open(...change);
            return {
              ...pullRequest,
              ask: async (...question: Parameters<typeof pullRequest.ask>) => {
                const reply = await pullRequest.ask(...question);
                return { ...reply, usage: { ...reply.usage, costUsd: 0.01 } };
              },
            };
          },
        };
      },
    },
  };
};

test('a limit with room for one call at a time slows a run down but makes it pay for nothing twice', async () => {
  const at = await paidRig();
  const { engine, calls } = cheaperThanBooked();
  const runId = await at.start({ limit: 1, minReplays: 1, maxCostUsd: 1.5, agreementSample: 1 });
  await at.pump({ onto: { ...at.context, engine } });
  expect(await at.run(runId)).toMatchObject({ status: 'COMPLETED', costUsd: expect.closeTo(0.1, 9) });
  expect(calls.filter((call) => call !== 'draw' && call !== 'oracle:1').sort()).toEqual(
    [
      'answer_key:1',
      'precision:1',
      'recall:1',
      'reply:1',
      'baseline-precision:1',
      'baseline-recall:1',
      'baseline-reply:1',
      'precision:1',
      'recall:1',
      'reply:1',
    ].sort(),
  );
});

test('a call that was cut off stays booked, because it may have been charged', async () => {
  const at = await paidRig();
  const runId = await at.start();
  const { engine } = scriptedEngine({ costUsd: 0.3, judge: () => Promise.reject(new Error('aborted')) });
  const judge = bookedJudge(
    engine.judge({ provider: 'anthropic', model: 'claude-sonnet-5-5' }, null),
    judgeAccount(at.context, { runId, limitUsd: 1 }),
  );
  await expect(judge.open(changeNumber(1)).ask({ measure: 'answer_key' })).rejects.toThrow('aborted');
  expect(await at.booked()).toBeCloseTo(0.3, 9);
});

test('of calls given up together only those that were sent stay booked', async () => {
  const at = await paidRig();
  const runId = await at.start();
  let sent = 0;
  const judge = modelJudge({
    provider: 'anthropic',
    client: {
      // The first call on a change leads; the others wait for it unsent.
      send: (_request, signal, onSent) => {
        onSent?.();
        sent += 1;
        return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
      },
    },
    model: 'claude-sonnet-5-5',
    random: randomBytes,
    prices: createPrices('anthropic'),
    batches: null,
    now: Date.now,
  });
  const opened = bookedJudge(judge, judgeAccount(at.context, { runId, limitUsd: 5 })).open(changeNumber(1));
  const cut = new AbortController();
  const asked = Promise.allSettled([
    opened.ask({ measure: 'reply', question: 'q', referenceAnswer: 'a', response: 'r' }, cut.signal),
    opened.ask({ measure: 'precision', claims: [{ id: 'a', text: 'x' }] }, cut.signal),
  ]);
  // A booking is stored before its call is sent.
  await expect.poll(async () => [await at.db.$count(judgeSpend), sent]).toEqual([2, 1]);
  cut.abort(new Error('cancelled'));
  for (const { status } of await asked) expect(status).toBe('rejected');
  expect(sent).toBe(1);
  expect(await at.db.$count(judgeSpend)).toBe(1);
});

test('while the judge leaves a call unanswered for unusually long the run says so, and stops saying so afterwards', async () => {
  const at = await paidRig();
  const runId = await at.start();
  await ingestRun(at.context, { runId });
  const answered = Promise.withResolvers<undefined>();
  const { engine } = scriptedEngine({ judge: () => answered.promise });
  const judge = reportedJudge(
    at.context,
    engine.judge({ provider: 'anthropic', model: 'claude-sonnet-5-5' }, null),
    runId,
    50,
  );
  const asked = judge.open(changeNumber(1)).ask({ measure: 'answer_key' });
  await expect
    .poll(async () => (await at.run(runId)).waitingFor)
    .toBe('Waiting: the judge has not answered a call for an unusually long time.');
  answered.resolve(undefined);
  await asked;
  expect(await at.run(runId)).toMatchObject({ waitingFor: null, activity: null });
});

test('the free judge books nothing', async () => {
  const at = await paidRig({ costUsd: 0.3 });
  const runId = await at.start({ judge: 'offline', maxCostUsd: 0.1 });
  await at.pump();
  expect((await at.run(runId)).status).toBe('COMPLETED');
  expect(await at.db.select().from(judgeSpend).where(eq(judgeSpend.runId, runId))).toEqual([]);
});
