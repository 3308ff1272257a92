import { setTimeout as sleep } from 'node:timers/promises';
import { isPaid } from '#contracts/judge.ts';
import { type JudgeUsage, noUsage } from '#contracts/replay.ts';
import { askingThrough, type Judge, type JudgeReply, NotSent } from '#verification/judges/judge.ts';
import type { ServiceContext } from '../ground/context.ts';
import { takeSlot } from './slots.ts';
import { type Booking, BudgetBusy, bookCall } from './spend.ts';
import { isWait, JudgeBusy } from './waits.ts';

/** Lets calls under way finish and begins none once `stopping` is aborted: what was paid for is not thrown away. */
export const stoppingJudge = (judge: Judge, stopping: AbortSignal): Judge =>
  askingThrough(judge, ({ ask }) => async (task, signal) => {
    stopping.throwIfAborted();
    return ask(task, signal);
  });

/** A paid judge that all workers together ask no more often at once than the installation allows. */
export const limitedJudge = (
  context: Pick<ServiceContext, 'db' | 'now' | 'policy'>,
  judge: Judge,
  userId: string,
): Judge => {
  const { judgeAtOnce } = context.policy.limits;
  if (judgeAtOnce === null || !isPaid(judge.provider)) return judge;
  return askingThrough(judge, ({ ask }) => async (task, signal) => {
    const limits = { atOnce: judgeAtOnce, perMinute: Number.POSITIVE_INFINITY };
    const release = await takeSlot(context, { resource: `judge ${judge.provider}`, userId }, limits);
    try {
      return await ask(task, signal);
    } finally {
      await release();
    }
  });
};

/** How long a worker is held, and how often it looks, before the replay goes back on the queue all the same. */
const inPlaceMs = 60_000;
const lookEveryMs = 2_000;

/**
 * A judge that is waited for in place, for a while, where a measure was asked about before: what its earlier askings
 * were paid for is stored with its verdict only, and would be lost with the attempt.
 */
export const steadyJudge = (judge: Judge, stopping: AbortSignal): Judge =>
  askingThrough(judge, ({ ask }) => {
    const begun = new Set<string>();
    return async (task, signal) => {
      const stop = AbortSignal.any(signal === undefined ? [stopping] : [signal, stopping]);
      for (let waitedMs = 0; ; waitedMs += lookEveryMs) {
        try {
          const reply = await ask(task, signal);
          begun.add(task.measure);
          return reply;
        } catch (error) {
          if (!isWait(error) || !begun.has(task.measure) || waitedMs >= inPlaceMs) throw error;
          await sleep(lookEveryMs, undefined, { signal: stop });
        }
      }
    };
  });

/**
 * A judge whose calls are booked against the limits of run and installation before they are made, and settled as they
 * return, also those whose answer is of no use. What was broken off stays booked: it may have been charged. Replies
 * are left as they are: the judge saw nothing of the run's secrets, and other runs share what it says.
 */
export const bookedJudge = (
  context: Pick<ServiceContext, 'db' | 'now' | 'policy'>,
  judge: Judge,
  { runId, limitUsd }: { runId: string; limitUsd: number | null },
): Judge =>
  askingThrough(judge, (opened) => {
    const underWay = new Set<Promise<JudgeReply>>();
    let turn: Promise<unknown> = Promise.resolve();
    const book = async (mostUsd: number): Promise<Booking> => {
      for (;;) {
        try {
          return await bookCall(context, { runId, limitUsd }, mostUsd);
        } catch (error) {
          // What this replay's own calls hold is waited for here: their answers would be lost with the attempt.
          if (!(error instanceof BudgetBusy) || underWay.size === 0) throw error;
          await Promise.race([...underWay].map((call) => call.catch(() => undefined)));
        }
      }
    };
    const bookInTurn = (mostUsd: number): Promise<Booking> => {
      const booked = turn.then(() => book(mostUsd));
      turn = booked.catch(() => undefined);
      return booked;
    };
    return async (...question) => {
      if (!isPaid(judge.provider)) return opened.ask(...question);
      const booking = await bookInTurn(opened.mostUsd(question[0]));
      const settled = async (usage: JudgeUsage, uncertain?: number) => {
        // Twice, because the first statement after a lost connection fails: the answer is paid for.
        const settle = () => booking.settle(usage, uncertain);
        await settle().catch(settle);
      };
      const call = opened.ask(...question).then(
        async (reply) => {
          await settled(reply.usage, reply.uncertain);
          return reply;
        },
        async (error: unknown) => {
          if (!(error instanceof NotSent)) throw error;
          await settled(noUsage);
          throw error.cause;
        },
      );
      underWay.add(call);
      return call.finally(() => underWay.delete(call));
    };
  });

/** A judge that is waited for where it is not to be had just now (JudgeBusy); without it that is the verifier's failure. */
export const patientJudge = (judge: Judge): Judge =>
  askingThrough(judge, ({ ask }) => async (task, signal) => {
    const reply = await ask(task, signal);
    if (!reply.ok && reply.fault === 'unavailable' && reply.passing) throw new JudgeBusy(reply.detail);
    return reply;
  });
