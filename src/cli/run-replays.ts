import type { GroundTruth, GroundTruthDraw } from '#contracts/ground-truth.ts';
import type { OracleFailure } from '#contracts/oracle.ts';
import type { ReplayCheckpoint, ReplayStep } from '#contracts/replay.ts';
import type { Judge } from '#verification/judges/judge.ts';
import type { Oracle } from '#verification/oracles/oracle.ts';
import { oracleWasReached } from '#verification/replay/resumable.ts';
import { type Agreement, runReplay } from '#verification/replay/run-replay.ts';
import { endOfReplay } from '#verification/replay/score.ts';
import type { SharedJudgments } from '#verification/replay/shared-judgments.ts';
import { withStep } from '#verification/replay/with-step.ts';
import { CommandError, RunStopped } from './exit.ts';
import { type OracleWaiting, type OracleWatch, Unreached, watchOracle } from './oracle-reach.ts';
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
  sleep: OracleWaiting['sleep'];
  now: () => Date;
  signal: AbortSignal;
};

const hasEnded = (replay: StoredReplay | null) => replay !== null && replay.endedAt !== null;

/** How many other changes canaries are made of. */
const otherChanges = 3;

/** Carries one replay from its first missing step to its end, each step stored as it arrives. */
const carry = async (
  /** `known`: what the oracle came to at this start, where it was put off then. */
  work: ReplayWork & { watch: OracleWatch; known: OracleFailure | null; beforeOracleCall: () => void },
  position: number,
): Promise<StoredReplay> => {
  const { draw, judge, agreement, oracle, known, seed, blinding, store, shared, now, signal } = work;
  const changes = [...draw.drawn, ...draw.reserve];
  const groundTruth = changes[position];
  if (groundTruth === undefined) throw new RangeError(`The draw has no change at ${position}.`);
  const stored = store.replayAt(position);
  if (stored !== null && stored.groundTruthId !== groundTruth.id)
    throw new CommandError('The output directory’s replays are not those of its draw. Choose another --out.');
  if (stored !== null && stored.endedAt !== null) return stored;

  let checkpoint: ReplayCheckpoint = stored?.checkpoint ?? {};
  let oracleAsks = stored?.oracleAsks ?? 0;
  const replayOf = (endedAt: string | null): StoredReplay => ({
    position,
    groundTruthId: groundTruth.id,
    checkpoint,
    endedAt,
    oracleAsks,
    heldBack: stored?.heldBack ?? false,
  });
  /** Noted before it is asked, so that a question whose outcome was never stored is counted when it goes out again. */
  const noted: Oracle = {
    ask: async (request, abort) => {
      const askedBefore = oracleAsks;
      oracleAsks += 1;
      await store.keepReplay(replayOf(null));
      const outcome = await oracle.ask(request, abort);
      // Nothing of it has left.
      if (outcome.kind === 'failure' && outcome.unreachable) {
        oracleAsks = askedBefore;
        await store.keepReplay(replayOf(null));
      }
      return askedBefore === 0 ? outcome : { ...outcome, askedBefore };
    },
  };
  await runReplay({
    groundTruth,
    others: [...changes.slice(position + 1), ...changes.slice(0, position)].slice(0, otherChanges),
    seed,
    judge,
    agreement,
    oracle: known === null ? work.watch.around(noted) : { ask: async () => known },
    shared: shared?.(groundTruth, position) ?? null,
    blinding,
    store: {
      checkpoint,
      save: async <Step extends ReplayStep>(step: Step, value: NonNullable<ReplayCheckpoint[Step]>) => {
        checkpoint = withStep(checkpoint, step, value);
        await store.keepReplay(replayOf(null));
      },
      beforeOracleCall: async () => work.beforeOracleCall(),
    },
    signal,
  });
  if (endOfReplay(checkpoint) === null) throw new Error(`The replay of ${groundTruth.id} came to no end.`);
  const ended = replayOf(now().toISOString());
  await store.keepReplay(ended);
  return ended;
};

/** @param reachedBefore whether an earlier start had an answer. */
const neverReached = (failures: OracleFailure[], reachedBefore: boolean): RunStopped => {
  const [first] = failures;
  return new RunStopped(
    `The oracle gave no HTTP answer in ${failures.length} replays since this start (${first?.reason}: ${first?.detail}). ` +
      'A wrong address or name, or an oracle that is down, is a mistake, not a verdict: check the oracle’s URL or module and that it runs.' +
      (reachedBefore
        ? ' It has answered this run before: what it does not answer at the next start either counts as its failure.'
        : ''),
  );
};

/**
 * Carries out every replay of a draw, `concurrency` at a time. A change that no answer key can be made for gives its
 * place to the next of the reserve, so that which changes are used does not depend on the order in which they end.
 * Rejects with the signal's reason where it was aborted, and with RunStopped where the run cannot go on: then the calls
 * under way were waited for, and what they gave is stored.
 */
export const runReplays = async (work: ReplayWork): Promise<StoredReplay[]> => {
  const { draw, store, progress } = work;
  const places = draw.drawn.length + draw.reserve.length;
  const open = Array.from(draw.drawn.keys());
  let nextReserve = draw.drawn.length;
  const ended: StoredReplay[] = [];
  const watch = watchOracle({ onWait: progress.phase, sleep: work.sleep, now: work.now });
  const unreached = new Map<number, OracleFailure>();
  let stopped: RunStopped | null = null;
  const fault = new AbortController();
  const signal = AbortSignal.any([work.signal, fault.signal]);
  const throwIfStopping = () => {
    signal.throwIfAborted();
    if (stopped !== null) throw stopped;
  };

  const stored = () =>
    Array.from({ length: places }, (_, at) => store.replayAt(at)).filter((replay) => replay !== null);
  const isDone = (replay: StoredReplay) =>
    hasEnded(replay) && endOfReplay(replay.checkpoint)?.outcome !== 'replaced';
  progress.begin(draw.drawn.length, stored().filter(isDone).length);

  /** Null where the oracle has not been reached yet: the replay is put off until it is known what that means. */
  const attempt = async (position: number): Promise<StoredReplay | null> => {
    const known = unreached.get(position) ?? null;
    try {
      return await carry({ ...work, watch, known, signal, beforeOracleCall: throwIfStopping }, position);
    } catch (error) {
      if (!(error instanceof Unreached)) throw error;
      unreached.set(position, error.failure);
      progress.phase(`The oracle has not answered yet (${error.failure.reason}: ${error.message})`);
      return null;
    }
  };
  const worker = async () => {
    for (let position = open.shift(); position !== undefined; position = open.shift()) {
      throwIfStopping();
      const known = hasEnded(store.replayAt(position));
      const replay = await attempt(position);
      if (replay === null) continue;
      ended.push(replay);
      const end = endOfReplay(replay.checkpoint);
      if (end === null) throw new Error('A replay that has ended has no end.');
      if (!known) progress.end(replay.groundTruthId, end.outcome, end.reason);
      if (end.outcome !== 'replaced') continue;
      if (nextReserve < places) open.push(nextReserve++);
      else progress.shrink();
    }
  };
  const carryOpen = async () => {
    const workers = Array.from({ length: work.concurrency }, () =>
      worker().catch((error: unknown) => {
        // The others end what is under way and begin nothing more; where it is a fault they are cut off.
        if (error instanceof RunStopped) stopped ??= error;
        else fault.abort(error);
      }),
    );
    await Promise.all(workers);
    work.signal.throwIfAborted();
    throwIfStopping();
  };

  await carryOpen();
  if (unreached.size > 0) {
    const reachedBefore = stored().some(({ checkpoint }) => oracleWasReached(checkpoint));
    const heldBack = stored().filter(({ position }) => unreached.has(position));
    // It was there, now or before two starts that came to these alone, so that it did not answer them is its failure.
    const isFailure = watch.wasReached() || (reachedBefore && heldBack.every((replay) => replay.heldBack));
    if (!isFailure) {
      for (const replay of heldBack) await store.keepReplay({ ...replay, heldBack: true });
      throw neverReached([...unreached.values()], reachedBefore);
    }
    open.push(...unreached.keys());
    await carryOpen();
  }
  return ended.toSorted((a, b) => a.position - b.position);
};
