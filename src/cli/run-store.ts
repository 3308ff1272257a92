import { z } from 'zod';
import { type GroundTruthDraw, groundTruthDrawSchema } from '#contracts/ground-truth.ts';
import { instantSchema } from '#contracts/instant.ts';
import { replayCheckpointSchema } from '#contracts/replay.ts';
import { emptyLedger, type Ledger } from './ledger.ts';

/** A stored replay. `position` is its place in the draw, where the reserve follows the sample. */
export const storedReplaySchema = z.object({
  position: z.number().int(),
  groundTruthId: z.string(),
  checkpoint: replayCheckpointSchema,
  /** How often its question was sent to the oracle. */
  oracleAsks: z.number().int(),
  /** RFC 3339; null until it has ended. */
  endedAt: instantSchema.nullable(),
});
export type StoredReplay = z.infer<typeof storedReplaySchema>;

export const storedDrawSchema = groundTruthDrawSchema;

/** Where a run's draw, checkpoints and ledger are kept while it runs: an output directory, or this process's memory. */
export type RunStore = {
  /** Null until `keepDraw`. */
  draw: GroundTruthDraw | null;
  keepDraw: (draw: GroundTruthDraw) => Promise<void>;
  /** The stored replay at `position`. */
  replayAt: (position: number) => StoredReplay | null;
  /** Resolves once a kill cannot undo it. */
  keepReplay: (replay: StoredReplay) => Promise<void>;
  /** The ledger as last kept. */
  ledger: Ledger;
  /** Like `keepReplay`; never called twice at once. */
  keepLedger: (ledger: Ledger) => Promise<void>;
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
    ledger: emptyLedger,
    keepLedger: async (ledger) => {
      store.ledger = ledger;
    },
  };
  return store;
};
