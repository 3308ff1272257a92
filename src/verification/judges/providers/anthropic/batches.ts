import type Anthropic from '@anthropic-ai/sdk';
import type { AutoParseableOutputFormat } from '@anthropic-ai/sdk/lib/parser';
import type { JudgeUsage } from '#contracts/replay.ts';
import type { ModelReply } from '../../model/model-client.ts';
import type { Prices } from '../../model/prices.ts';
import type { ModelRequest } from '../../model/request.ts';

/** A call that was answered in a batch, and what it cost; or one that the batch had no answer for. */
export type BatchResult = { id: string } & (
  | { kind: 'reply'; reply: ModelReply; usage: JudgeUsage }
  | { kind: 'ask_singly' }
);

export type BatchState = 'in_progress' | 'ended' | 'unknown';

/**
 * A port to the Message Batches API. Every method rejects with `BatchFault` where the API cannot be had, in words that
 * hold no secret; where the fault is `passing`, the same call may succeed later; where it `mayHaveArrived`, it may even
 * have succeeded.
 */
export type BatchClient = {
  /** @returns the batch's id. */
  submit(items: { id: string; request: object }[]): Promise<string>;
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

/** How many of the account's batches are looked through for a lost one. */
const mostLookedThrough = 100;

export type BatchClientOptions = {
  anthropic: Anthropic;
  format: AutoParseableOutputFormat<unknown>;
  prices: Prices;
  /** Reads a message as a single call's is read. */
  readMessage: (message: Anthropic.Message) => Extract<ModelReply, { kind: 'message' }>;
  /** Says a fault of the API in our own words; `status` is null where it did not answer. */
  faultOf: (error: unknown) => {
    detail: string;
    passing: boolean;
    mayHaveArrived: boolean;
    status: number | null;
  };
};

export const createBatchClient = ({
  anthropic,
  format,
  prices,
  readMessage,
  faultOf,
}: BatchClientOptions): BatchClient => {
  const batchFault = (error: unknown): BatchFault => {
    const { detail, ...fault } = faultOf(error);
    return new BatchFault(detail, fault);
  };
  const explained = <T>(call: Promise<T>): Promise<T> =>
    call.catch((error: unknown) => {
      throw batchFault(error);
    });

  const read = ({
    custom_id: id,
    result,
  }: Anthropic.Messages.MessageBatchIndividualResponse): BatchResult => {
    if (result.type !== 'succeeded') return { id, kind: 'ask_singly' };
    const reply = { ...readMessage(result.message), batch: true };
    return {
      id,
      kind: 'reply',
      reply,
      usage: { calls: 1, ...reply.usage, costUsd: prices.costUsd(reply.model, reply.usage, { batch: true }) },
    };
  };

  return {
    submit: async (items) => {
      const { id } = await explained(
        anthropic.messages.batches.create(
          {
            requests: items.map(({ id: custom_id, request }) => ({
              custom_id,
              params: { ...(request as ModelRequest), output_config: { format } },
            })),
          },
          // Sent again by itself it might be taken, and paid for, twice.
          { maxRetries: 0 },
        ),
      );
      return id;
    },

    state: async (batchId) => {
      try {
        const { processing_status: status } = await anthropic.messages.batches.retrieve(batchId);
        return status === 'ended' ? 'ended' : 'in_progress';
      } catch (error) {
        if (faultOf(error).status === 404) return 'unknown';
        throw batchFault(error);
      }
    },

    async *results(batchId) {
      try {
        for await (const response of await anthropic.messages.batches.results(batchId)) yield read(response);
      } catch (error) {
        throw batchFault(error);
      }
    },

    cancel: async (batchId) => {
      await explained(anthropic.messages.batches.cancel(batchId));
    },

    madeSince: async (time) => {
      const { data } = await explained(anthropic.messages.batches.list({ limit: mostLookedThrough }));
      return data
        .filter(
          ({ created_at: createdAt, cancel_initiated_at: cancelledAt }) =>
            cancelledAt === null && Date.parse(createdAt) >= time.getTime(),
        )
        .map(({ id: batchId, request_counts: counts }) => ({
          batchId,
          requests: Object.values(counts).reduce((total, count) => total + count, 0),
        }));
    },
  };
};
