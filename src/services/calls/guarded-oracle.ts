import type { RunConfig } from '#contracts/run.ts';
import type { Oracle } from '#verification/oracles/oracle.ts';
import type { WorkerContext } from '../ground/context.ts';
import { takeSlot } from './slots.ts';

/** Like `stoppingJudge`, for an oracle. */
export const stoppingOracle = <Kind extends Oracle>(oracle: Kind, stopping: AbortSignal): Kind => ({
  ...oracle,
  ask: async (request, signal) => {
    stopping.throwIfAborted();
    return oracle.ask(request, signal);
  },
});

/** Of an origin that strangers' runs ask: fewer than a worker's slots for strangers, so that a silent one leaves some. */
const atOnceForStrangers = 8;

/**
 * An oracle that all workers together ask no more often than its origin is allowed to be asked. An oracle that runs
 * here belongs to this installation and has its process's limits.
 */
export const limitedOracle = <Kind extends Oracle>(
  context: Pick<WorkerContext, 'db' | 'now' | 'policy' | 'strangersCalls'>,
  oracle: Kind,
  asked: RunConfig['oracle'],
  { userId, stranger }: { userId: string; stranger: string | null },
): Kind => {
  if (!('url' in asked)) return oracle;
  const origin = asked.url === null ? 'demonstration' : new URL(asked.url).origin;
  const { atOnce, perMinute } = context.policy.limits.oracle;
  const limits = { atOnce: stranger === null ? atOnce : Math.min(atOnce, atOnceForStrangers), perMinute };
  return {
    ...oracle,
    ask: async (request, signal) => {
      const end = stranger === null ? () => {} : context.strangersCalls.begin(stranger);
      try {
        const release = await takeSlot(context, { resource: `oracle ${origin}`, userId }, limits);
        try {
          return await oracle.ask(request, signal);
        } finally {
          await release();
        }
      } finally {
        end();
      }
    },
  };
};
