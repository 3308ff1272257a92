import type { GroundTruth, GroundTruthDraw } from '#contracts/ground-truth.ts';
import type { ReplayCheckpoint, ReplayStep } from '#contracts/replay.ts';
import type { Judge } from '#verification/judges/judge.ts';
import type { Oracle } from '#verification/oracles/oracle.ts';
import { judgesBaseline } from '#verification/replay/baseline.ts';
import { absenceText } from '#verification/replay/oracle-presence.ts';
import { type Agreement, otherChanges, runReplay } from '#verification/replay/run-replay.ts';
import { endOfReplay } from '#verification/replay/score.ts';
import type { SharedJudgments } from '#verification/replay/shared-judgments.ts';
import { dealtReplayOf } from '#verification/replay/shown-canaries.ts';
import {
  isUseless,
  isUselessAgain,
  noTally,
  tallied,
  talliedAgain,
  uselessJudgeText,
} from '#verification/replay/useless-judge.ts';
import { OracleAbsent } from '#verification/replay/watched-oracle.ts';
import { withStep } from '#verification/replay/with-step.ts';
import { CommandError, RunStopped } from './exit.ts';
import { HeldBack, type OracleWaiting, openRunOracle, type RunOracle } from './oracle-record.ts';
import type { Progress } from './progress.ts';
import type { RunStore, StoredReplay } from './run-store.ts';

export type RunWork = {
  draw: GroundTruthDraw;
  judge: Judge;
  agreement: Agreement | null;
  variantsAuthor: Judge | null;
  oracle: Oracle;
  seed: string;
  limit: number;
  baselineReplays: number;
  /** See `runReplay`. */
  blinding: string | null;
  store: RunStore;
  /** The judgments shared with other runs on the change at `position`; null if this run shares none. */
  shared: ((groundTruth: GroundTruth, position: number) => SharedJudgments) | null;
  /** How many replays run at once. */
  concurrency: number;
  progress: Progress;
  sleep: OracleWaiting['sleep'];
  now: () => Date;
  signal: AbortSignal;
};

const hasEnded = (replay: StoredReplay | null) => replay !== null && replay.endedAt !== null;

const outcomeOf = ({ checkpoint, endedAt }: StoredReplay) =>
  endedAt === null ? null : (endOfReplay(checkpoint)?.outcome ?? null);

/** Lets one task go after the other. A task that fails stops none. */
const oneByOne = () => {
  let last: Promise<unknown> = Promise.resolve();
  return {
    inTurn: <T>(task: () => Promise<T>): Promise<T> => {
      const result = last.then(task);
      last = result.catch(() => undefined);
      return result;
    },
  };
};

type Dealing = ReturnType<typeof oneByOne>;

/** Carries one replay from its first missing step to its end, and stores each step as it arrives. */
const carry = async (
  work: Omit<RunWork, 'oracle'> & { oracle: RunOracle; beforeOracleCall: () => void; dealing: Dealing },
  position: number,
): Promise<StoredReplay> => {
  const {
    draw,
    judge,
    agreement,
    variantsAuthor,
    oracle,
    seed,
    blinding,
    store,
    shared,
    dealing,
    now,
    signal,
  } = work;
  const changes = [...draw.drawn, ...draw.reserve];
  const groundTruth = changes[position];
  if (groundTruth === undefined) throw new RangeError(`The draw has no change at ${position}.`);
  const stored = store.replayAt(position);
  if (stored !== null && stored.groundTruthId !== groundTruth.id)
    throw new CommandError(
      'The replays in the output directory do not belong to its draw. Choose another --out.',
    );
  if (stored !== null && stored.endedAt !== null) return stored;

  let checkpoint: ReplayCheckpoint = stored?.checkpoint ?? {};
  let oracleAsks = stored?.oracleAsks ?? 0;
  const replayOf = (endedAt: string | null): StoredReplay => ({
    position,
    groundTruthId: groundTruth.id,
    checkpoint,
    endedAt,
    oracleAsks,
  });
  const countAsking = async (asks: number) => {
    oracleAsks += asks;
    await store.keepReplay(replayOf(null));
  };
  await runReplay({
    groundTruth,
    others: [...changes.slice(position + 1), ...changes.slice(0, position)].slice(0, otherChanges),
    seed,
    judge,
    agreement,
    variantsAuthor,
    baseline: judgesBaseline(work, { position, groundTruthId: groundTruth.id }),
    oracle: oracle.of(position, {
      noteAsking: async () => {
        await countAsking(1);
        return oracleAsks - 1;
      },
      takeBackAsking: () => countAsking(-1),
    }),
    shared: shared?.(groundTruth, position) ?? null,
    blinding,
    store: {
      checkpoint,
      save: async <Step extends ReplayStep>(step: Step, value: NonNullable<ReplayCheckpoint[Step]>) => {
        checkpoint = withStep(checkpoint, step, value);
        await store.keepReplay(replayOf(null));
      },
      dealCanaries: (choose) =>
        dealing.inTurn(async () => {
          const canaries = choose(
            [...changes.keys()].flatMap((other) => {
              const replay = other === position ? null : store.replayAt(other);
              return replay === null ? [] : [dealtReplayOf(replay.checkpoint, outcomeOf(replay))];
            }),
          );
          checkpoint = withStep(checkpoint, 'canaries', canaries);
          await store.keepReplay(replayOf(null));
          return canaries;
        }),
      beforeOracleCall: async () => work.beforeOracleCall(),
    },
    signal,
  });
  if (endOfReplay(checkpoint) === null) throw new Error(`The replay of ${groundTruth.id} has no outcome.`);
  const ended = replayOf(now().toISOString());
  await store.keepReplay(ended);
  return ended;
};

/**
 * Carries out every replay of a draw, `concurrency` at a time. The next change of the reserve replaces a change that no
 * answer key can be made for, so which changes are used does not depend on the order in which replays end.
 * Rejects with the signal's reason if it was aborted, and with RunStopped if the run cannot continue. Before RunStopped
 * the calls under way have ended, and their results are stored.
 */
export const runReplays = async (work: RunWork): Promise<StoredReplay[]> => {
  const { draw, store, progress } = work;
  const places = draw.drawn.length + draw.reserve.length;
  const open = Array.from(draw.drawn.keys());
  let nextReserve = draw.drawn.length;
  const ended: StoredReplay[] = [];
  let stopped: RunStopped | null = null;
  let [tally, again] = [noTally, noTally];
  const fault = new AbortController();
  const signal = AbortSignal.any([work.signal, fault.signal]);
  const throwIfStopping = () => {
    signal.throwIfAborted();
    if (stopped !== null) throw stopped;
  };

  const stored = Array.from({ length: places }, (_, at) => store.replayAt(at));
  const isDone = (replay: StoredReplay | null) =>
    replay !== null && hasEnded(replay) && endOfReplay(replay.checkpoint)?.outcome !== 'replaced';
  progress.begin(draw.drawn.length, stored.filter(isDone).length);
  const oracle = openRunOracle(work.oracle, stored, {
    onWait: progress.phase,
    sleep: work.sleep,
    now: work.now,
  });

  const dealing = oneByOne();

  /** Null if the replay waits until it is known whether its oracle's failure is a verdict. */
  const carryUnlessHeldBack = async (position: number): Promise<StoredReplay | null> => {
    try {
      const agreement = isUselessAgain(again) ? null : work.agreement;
      const ports = { oracle, agreement, signal, dealing, beforeOracleCall: throwIfStopping };
      return await carry({ ...work, ...ports }, position);
    } catch (error) {
      if (error instanceof OracleAbsent) throw new RunStopped(error.message);
      if (!(error instanceof HeldBack)) throw error;
      progress.phase(`The oracle has accepted no question yet (${error.failure.reason}: ${error.message})`);
      return null;
    }
  };
  const worker = async () => {
    for (let position = open.shift(); position !== undefined; position = open.shift()) {
      throwIfStopping();
      const known = hasEnded(store.replayAt(position));
      const replay = await carryUnlessHeldBack(position);
      if (replay === null) continue;
      ended.push(replay);
      const end = endOfReplay(replay.checkpoint);
      if (end === null) throw new Error('An ended replay has no outcome.');
      if (!known) progress.end(replay.groundTruthId, end.outcome, end.reason);
      if (end.outcome === 'replaced') {
        if (nextReserve < places) open.push(nextReserve++);
        else progress.shrink();
      }
      if (known) continue;
      tally = tallied(tally, replay.checkpoint);
      const wasUseless = isUselessAgain(again);
      again = talliedAgain(again, replay.checkpoint);
      if (!wasUseless && isUselessAgain(again))
        progress.warn('The judge of the agreement gives no answer that can be used: it is asked no more.');
      if (open.length > 0 && isUseless(tally, replay.checkpoint))
        throw new RunStopped(
          uselessJudgeText(work.judge, tally, end.reason ?? ''),
          'Once the model behind this name is fixed, run the same command again to resume.',
        );
    }
  };
  const carryOpen = async () => {
    const workers = Array.from({ length: work.concurrency }, () =>
      worker().catch((error: unknown) => {
        // If the run stops, the other workers finish what is under way and begin nothing more. A fault cuts them off.
        if (error instanceof RunStopped) stopped ??= error;
        else fault.abort(error);
      }),
    );
    await Promise.all(workers);
    work.signal.throwIfAborted();
    throwIfStopping();
  };

  await carryOpen();
  if (oracle.heldBack.size > 0) {
    const absence = oracle.absence();
    if (absence !== null) throw new RunStopped(absenceText(absence));
    open.push(...oracle.heldBack.keys());
    await carryOpen();
  }
  return ended.toSorted((a, b) => a.position - b.position);
};
