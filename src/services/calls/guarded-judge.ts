import { setTimeout as sleep } from 'node:timers/promises';
import { isPaid, type JudgeIdentity } from '#contracts/judge-providers.ts';
import { noUsage } from '#contracts/replay.ts';
import { askingThrough, type Judge } from '#verification/judges/judge.ts';
import type { ServiceContext } from '../ground/context.ts';
import { noteWaiting } from '../state/transitions.ts';
import { takeSlot } from './slots.ts';
import { isWait } from './waits.ts';

/**
 * The agreement judge, or the author of variants, in a worker that does not have it. A question waits for a worker that
 * does, like one for a judge that cannot be asked for now.
 */
export const absentJudge = ({ provider, model, endpoint }: JudgeIdentity): Judge => ({
  provider,
  model,
  endpoint,
  promptDigest: '',
  open: () => ({
    costOf: () => ({ likelyUsd: 0, mostUsd: 0 }),
    ask: async (_, signal) => {
      signal?.throwIfAborted();
      return {
        ok: false,
        fault: 'unavailable',
        detail: `this worker does not have the ${provider} judge`,
        passing: true,
        model,
        usage: noUsage,
        latencyMs: 0,
        retries: 0,
      };
    },
  }),
});

/** Lets calls under way finish and begins none once `stopping` is aborted, so that no paid answer is thrown away. */
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

/** A call that takes longer than this is named as what its run waits for. */
const unusualMs = 45_000;

/** A judge whose run says so while a call stays unanswered for unusually long. */
export const reportedJudge = (
  { db }: Pick<ServiceContext, 'db'>,
  judge: Judge,
  runId: string,
  afterMs = unusualMs,
): Judge => {
  const note = (message: string | null) => noteWaiting(db, runId, message).catch(() => undefined);
  return askingThrough(judge, ({ ask }) => async (task, signal) => {
    let noted: Promise<void> | null = null;
    const timer = setTimeout(() => {
      noted = note('Waiting: the judge has not answered a call for an unusually long time.');
    }, afterMs);
    try {
      return await ask(task, signal);
    } finally {
      clearTimeout(timer);
      if (noted !== null) {
        await noted;
        await note(null);
      }
    }
  });
};

/** How long a worker waits in place, and how often it looks, before the replay goes back on the queue anyway. */
const inPlaceMs = 60_000;
const lookEveryMs = 2_000;

/**
 * A judge that is waited for in place, for a while, if the same measure was asked about before. The earlier answers
 * are paid for but stored only with the verdict, so they would be lost with the replay's try.
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
