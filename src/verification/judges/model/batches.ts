import type { JudgeUsage } from '#contracts/replay.ts';
import type { ModelReply } from './reply.ts';
import type { ModelRequest } from './request.ts';

/** A call on its way through a batch, and how it is made by itself where the batch had no answer for it. */
export type BatchedCall = {
  request: ModelRequest;
  /** What it can cost in a batch at most, in US dollars. */
  mostUsd: number;
  single: { mostUsd: number; send(): Promise<{ reply: ModelReply; usage: JudgeUsage }> };
};

/** A call of this replay waits for its batch; the replay is taken up again when that has ended. */
export class AwaitsBatch extends Error {
  override readonly name = 'AwaitsBatch';
}

/**
 * A port: where calls wait for a batch. `name` names a call so that a restarted worker finds it again; it is handed in
 * once. Rejects with `AwaitsBatch` where there is no reply yet.
 */
export type BatchDesk = { exchange(name: string, call: BatchedCall): Promise<ModelReply> };

/** A call that was answered in a batch; or one that the batch had no answer for. */
export type BatchResult = { id: string } & ({ kind: 'reply'; reply: ModelReply } | { kind: 'ask_singly' });

export type BatchState = 'in_progress' | 'ended' | 'unknown';

/**
 * A port to a provider's batches. Every method rejects with `BatchFault` where the API cannot be had, in words that
 * hold no secret; where the fault is `passing`, the same call may succeed later; where it `mayHaveArrived`, it may even
 * have succeeded.
 */
export type BatchClient = {
  /** @returns the batch's id. */
  submit(items: { id: string; request: ModelRequest }[]): Promise<string>;
  state(batchId: string): Promise<BatchState>;
  /** Of a batch that has ended, in no order. */
  results(batchId: string): AsyncIterable<BatchResult>;
  /** Ends a batch early; what of it is under way is answered, and charged, all the same. */
  cancel(batchId: string): Promise<void>;
  /** The newest batches of the account that were made since a time and not cancelled, for a submission whose answer was lost. */
  madeSince(time: Date): Promise<{ batchId: string; requests: number }[]>;
};

export class BatchFault extends Error {
  override readonly name = 'BatchFault';
  readonly passing: boolean;
  readonly mayHaveArrived: boolean;

  constructor(message: string, { passing, mayHaveArrived }: { passing: boolean; mayHaveArrived: boolean }) {
    super(message);
    this.passing = passing;
    this.mayHaveArrived = mayHaveArrived;
  }
}
