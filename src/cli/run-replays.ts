import type { GroundTruth, GroundTruthDraw } from '#contracts/ground-truth.ts';
import type { ReplayCheckpoint, ReplayStep } from '#contracts/replay.ts';
import type { Judge } from '#verification/judges/judge.ts';
import type { Oracle } from '#verification/oracles/oracle.ts';
import { type Agreement, runReplay, type SharedJudgments } from '#verification/replay/run-replay.ts';
import { endOfReplay } from '#verification/replay/score.ts';
import { CommandError } from './exit.ts';
import type { Progress } from './progress.ts';
import type { RunStore, StoredReplay } from './run-store.ts';

export type ReplayWork = {
  draw: GroundTruthDraw;
  judge: Judge;
  agreement: Agreement | null;
  oracle: Oracle;
  seed: string;
  /** See `runReplay`. */
  blinding: string | null;
  store: RunStore;
  /** What other runs know of the change at `position`; null where nothing outlives this one. */
  shared: ((groundTruth: GroundTruth, position: number) => SharedJudgments) | null;
  /** Replays side by side. */
  concurrency: number;
  progress: Progress;
  now: () => Date;
  signal: AbortSignal;
};

const hasEnded = (replay: StoredReplay | null) => replay !== null && replay.endedAt !== null;

/** How many other changes canaries are made of. */
const otherChanges = 3;

/** Carries one replay from its first missing step to its end, each step stored as it arrives. */
const carry = async (work: ReplayWork, position: number): Promise<StoredReplay> => {
  const { draw, judge, agreement, oracle, seed, blinding, store, shared, now, signal } = work;
  const changes = [...draw.drawn, ...draw.reserve];
  const groundTruth = changes[position];
  if (groundTruth === undefined) throw new RangeError(`The draw has no change at ${position}.`);
  const stored = store.replayAt(position);
  if (stored !== null && stored.groundTruthId !== groundTruth.id)
    throw new CommandError('The output directory’s replays are not those of its draw. Choose another --out.');
  if (stored !== null && stored.endedAt !== null) return stored;

  let checkpoint: ReplayCheckpoint = stored?.checkpoint ?? {};
  const replayOf = (endedAt: string | null): StoredReplay => ({
    position,
    groundTruthId: groundTruth.id,
    checkpoint,
    endedAt,
  });
  await runReplay({
    groundTruth,
    others: [...changes.slice(position + 1), ...changes.slice(0, position)].slice(0, otherChanges),
    seed,
    judge,
    agreement,
    oracle,
    shared: shared?.(groundTruth, position) ?? null,
    blinding,
    store: {
      checkpoint,
      save: async <Step extends ReplayStep>(step: Step, value: NonNullable<ReplayCheckpoint[Step]>) => {
        checkpoint = { ...checkpoint, [step]: value };
        await store.keepReplay(replayOf(null));
      },
      beforeOracleCall: async () => signal.throwIfAborted(),
    },
    signal,
  });
  if (endOfReplay(checkpoint) === null) throw new Error(`The replay of ${groundTruth.id} came to no end.`);
  const ended = replayOf(now().toISOString());
  await store.keepReplay(ended);
  return ended;
};

/**
 * Carries out every replay of a draw, `concurrency` at a time. A change that no answer key can be made for gives its
 * place to the next of the reserve, so that which changes are used does not depend on the order in which they end.
 * Rejects with the signal's reason where it was aborted; what was stored by then stays.
 */
export const runReplays = async (work: ReplayWork): Promise<StoredReplay[]> => {
  const { draw, store, progress } = work;
  const places = draw.drawn.length + draw.reserve.length;
  const open = Array.from(draw.drawn.keys());
  let nextReserve = draw.drawn.length;
  const ended: StoredReplay[] = [];
  const fault = new AbortController();
  const linked = { ...work, signal: AbortSignal.any([work.signal, fault.signal]) };

  const isDone = (position: number) => {
    const stored = store.replayAt(position);
    return stored !== null && hasEnded(stored) && endOfReplay(stored.checkpoint)?.outcome !== 'replaced';
  };
  progress.begin(draw.drawn.length, Array.from({ length: places }, (_, at) => at).filter(isDone).length);

  const worker = async () => {
    for (let position = open.shift(); position !== undefined; position = open.shift()) {
      linked.signal.throwIfAborted();
      const known = hasEnded(store.replayAt(position));
      const replay = await carry(linked, position);
      ended.push(replay);
      const end = endOfReplay(replay.checkpoint);
      if (end === null) throw new Error('A replay that has ended has no end.');
      if (!known) progress.end(replay.groundTruthId, end.outcome, end.reason);
      if (end.outcome !== 'replaced') continue;
      if (nextReserve < places) open.push(nextReserve++);
      else progress.shrink();
    }
  };
  const workers = Array.from({ length: work.concurrency }, () =>
    worker().catch((error: unknown) => {
      // The others stop at their next step; their own rejections follow from this one.
      fault.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(workers);
  work.signal.throwIfAborted();
  fault.signal.throwIfAborted();
  return ended.toSorted((a, b) => a.position - b.position);
};
