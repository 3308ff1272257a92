import { eventually } from './eventually.ts';
import { openFleet } from './open-fleet.ts';
import type { Call } from './outside.ts';

const replays = 24;
/** A worker is killed while it has this many paid calls under way. */
const inFlight = 8;

const isPaid = ({ question }: Call) => !question.startsWith('oracle');

/**
 * A run that ends undisturbed, and the same run with a limit of three times its cost, whose workers are killed twice with
 * paid calls under way; and its paid calls.
 */
export const killDuringPaidCalls = async () => {
  const { outside, start, accept, ended } = await openFleet({ workers: 2, changes: [replays, replays] });
  const workers = await start();
  const undisturbed = await ended(await accept(0, { minReplays: 5 }));

  Object.assign(outside.latency, { judgeMs: 1_500 });
  outside.calls.splice(0);
  const maxCostUsd = 3 * undisturbed.costUsd;
  const runId = await accept(1, { minReplays: 5, maxCostUsd });
  for (let kills = 0; kills < 2; kills += 1) {
    const open = (worker: number) =>
      outside.calls.filter((call) => call.until === null && call.worker === worker && isPaid(call)).length;
    const [victim = 0] = await eventually(
      'Paid calls under way',
      async () => [0, 1].filter((worker) => open(worker) >= inFlight),
      (busy) => busy.length > 0,
      { withinMs: 120_000 },
    );
    await workers[victim]?.kill();
  }
  return { undisturbed, maxCostUsd, disturbed: await ended(runId), paidCalls: outside.calls.filter(isPaid) };
};
