import type { JudgeUsage } from '#contracts/replay.ts';
import type { Judge } from '#verification/judges/judge.ts';
import type { Oracle } from '#verification/oracles/oracle.ts';
import type { ServiceContext } from '../context.ts';
import { type CleanText, cleanValue } from '../run/clean-text.ts';
import { bookSpend, budgetSpent, isPaid } from './spend.ts';

const nothingUsed: JudgeUsage = {
  calls: 0,
  inputTokens: 0,
  cacheWriteTokens: 0,
  cacheReadTokens: 0,
  outputTokens: 0,
  costUsd: 0,
};

/** An oracle whose answers are cleaned before anyone sees them: judge, checkpoint and certificate read one text. */
export const cleanOracle = (oracle: Oracle, clean: CleanText): Oracle => ({
  ask: async (request, signal) => cleanValue(await oracle.ask(request, signal), clean),
});

/**
 * A judge that is held to the day's budget and whose calls are booked as they return, also those whose answer is of
 * no use. Calls under way when the budget runs out are let finish, so a day can exceed it by those.
 */
export const bookedJudge = (
  context: Pick<ServiceContext, 'db' | 'now' | 'policy'>,
  judge: Judge,
  runId: string,
  clean: CleanText,
): Judge => ({
  ...judge,
  open: (groundTruth) => {
    const opened = judge.open(groundTruth);
    return {
      ask: async (task, signal) => {
        if (isPaid(judge.provider) && (await budgetSpent(context)))
          return {
            ok: false,
            fault: 'unavailable',
            detail: 'the installation’s budget for its judge (MAX_COST_USD_PER_DAY) is spent for today',
            model: judge.model,
            usage: nothingUsed,
            latencyMs: 0,
          };
        const reply = await opened.ask(task, signal);
        await bookSpend(context.db, runId, reply.usage, context.now());
        return cleanValue(reply, clean);
      },
    };
  },
});
