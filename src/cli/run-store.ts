import { z } from 'zod';
import { type GroundTruthDraw, groundTruthDrawSchema } from '#contracts/ground-truth.ts';
import { type ReplayCheckpoint, replayCheckpointSchema } from '#contracts/replay.ts';

/** A replay as kept: `position` is its place in the draw, the reserve counted on after the sample. */
export const storedReplaySchema = z.object({
  position: z.number().int(),
  groundTruthId: z.string(),
  checkpoint: replayCheckpointSchema,
  /** RFC 3339; null until it has ended. */
  endedAt: z.string().nullable(),
});
export type StoredReplay = z.infer<typeof storedReplaySchema>;

export const storedDrawSchema = groundTruthDrawSchema;

/** Where a run's draw and checkpoints are kept while it goes on: an output directory, or this process's memory. */
export type RunStore = {
  /** Null until `keepDraw`. */
  draw: GroundTruthDraw | null;
  keepDraw: (draw: GroundTruthDraw) => Promise<void>;
  /** What an earlier call stored of the replay at `position`. */
  replayAt: (position: number) => StoredReplay | null;
  /** Resolves once a kill could not undo it. */
  keepReplay: (replay: StoredReplay) => Promise<void>;
};

export const memoryStore = (): RunStore => {
  const replays = new Map<number, StoredReplay>();
  const store: RunStore = {
    draw: null,
    keepDraw: async (draw) => {
      store.draw = draw;
    },
    replayAt: (position) => replays.get(position) ?? null,
    keepReplay: async (replay) => {
      replays.set(replay.position, replay);
    },
  };
  return store;
};

/**
 * The steps of a stored checkpoint that a later call does not take again. What the verifier could not get (an answer
 * key, a verdict) was never had, so it is asked for again; `oracleReached` tells whether this run's oracle ever gave an
 * HTTP answer: where it never did, its address was wrong or it was not running, and it is called again too.
 */
export const resumable = (checkpoint: ReplayCheckpoint, oracleReached: boolean): ReplayCheckpoint => {
  const { answerKey, oracle, ...verdicts } = checkpoint;
  const unreached = oracle?.kind === 'failure' && !oracle.httpAnswered && !oracleReached;
  return {
    ...(answerKey === undefined || answerKey.kind === 'unavailable' ? {} : { answerKey }),
    ...(oracle === undefined || unreached ? {} : { oracle }),
    ...(verdicts.precision?.kind === 'judged' ? { precision: verdicts.precision } : {}),
    ...(verdicts.recall?.kind === 'judged' ? { recall: verdicts.recall } : {}),
    ...(verdicts.reply?.kind === 'judged' ? { reply: verdicts.reply } : {}),
  };
};

export const reachedOracle = ({ oracle }: ReplayCheckpoint): boolean =>
  oracle !== undefined && (oracle.kind === 'answer' || oracle.httpAnswered);
