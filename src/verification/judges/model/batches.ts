import type { JudgeUsage } from '#contracts/replay.ts';
import type { CallCost } from '../judge.ts';
import type { ModelReply } from './reply.ts';
import type { ModelRequest } from './request.ts';

/** A call that goes through a batch, and how to make it singly if the batch has no answer for it. */
export type BatchedCall = {
  request: ModelRequest;
  /** The most that it can cost in a batch, in US dollars. */
  cost: CallCost;
  single: { cost: CallCost; send(): Promise<{ reply: ModelReply; usage: JudgeUsage }> };
};

/** A call of this replay waits for its batch. The replay is resumed when the batch has ended. */
export class AwaitsBatch extends Error {
  override readonly name = 'AwaitsBatch';
}

/**
 * A port: where calls wait for a batch. `name` identifies a call, so that a restarted worker finds it again and does
 * not submit it twice. Rejects with `AwaitsBatch` while there is no reply.
 */
export type BatchDesk = { exchange(name: string, call: BatchedCall): Promise<ModelReply> };

/** A call that a batch answered, or one that it had no answer for. */
export type BatchResult = { id: string } & ({ kind: 'reply'; reply: ModelReply } | { kind: 'ask_singly' });

export type BatchState = 'in_progress' | 'ended' | 'unknown';

/**
 * A port to a provider's batches. Every method rejects with `BatchFault` if the API fails; its message holds no secret.
 * `passing`: the same call may succeed later. `mayHaveArrived`: the call may have succeeded already.
 */
export type BatchClient = {
  /** @returns the batch's id. */
  submit(items: { id: string; request: ModelRequest }[]): Promise<string>;
  state(batchId: string): Promise<BatchState>;
  /** The results of a batch that has ended, in no particular order. */
  results(batchId: string): AsyncIterable<BatchResult>;
  /** Ends a batch early. Requests that are under way are still answered and charged. */
  cancel(batchId: string): Promise<void>;
  /**
   * The account's newest batches that were made since `time` and not cancelled: finds a submission whose answer was
   * lost.
   */
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
