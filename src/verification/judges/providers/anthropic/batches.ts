import type Anthropic from '@anthropic-ai/sdk';
import { APIConnectionError, APIError } from '@anthropic-ai/sdk';
import { type BatchClient, BatchFault, type BatchResult } from '../../model/batches.ts';
import { mayHaveArrived } from '../../model/uncertain.ts';
import { faultOf } from './faults.ts';
import { messageParams, readMessage } from './messages.ts';

/** How many of the account's batches are searched for a lost one. */
const mostLookedThrough = 100;

const batchFault = (error: unknown): BatchFault => {
  const fault = faultOf(error, 'of a batch');
  return new BatchFault(fault.detail, {
    passing: fault.kind === 'unavailable' && fault.passing,
    mayHaveArrived:
      error instanceof APIConnectionError
        ? mayHaveArrived(error)
        : error instanceof APIError && (error.status ?? 500) >= 500 && error.status !== 529,
  });
};

const explained = <T>(call: Promise<T>): Promise<T> =>
  call.catch((error: unknown) => {
    throw batchFault(error);
  });

const readResult = ({
  custom_id: id,
  result,
}: Anthropic.Messages.MessageBatchIndividualResponse): BatchResult =>
  result.type === 'succeeded'
    ? {
        id,
        kind: 'reply',
        reply: { ...readMessage(result.message, { batch: true }), latencyMs: 0, retries: 0, uncertain: 0 },
      }
    : { id, kind: 'ask_singly' };

/** The Message Batches API. */
export const createBatchClient = (anthropic: Anthropic): BatchClient => ({
  submit: async (items) => {
    const { id } = await explained(
      anthropic.messages.batches.create(
        {
          requests: items.map(({ id: custom_id, request }) => ({
            custom_id,
            params: messageParams(request),
          })),
        },
        // An automatic retry could make, and charge, the batch twice.
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
      if (error instanceof APIError && error.status === 404) return 'unknown';
      throw batchFault(error);
    }
  },

  async *results(batchId) {
    try {
      for await (const response of await anthropic.messages.batches.results(batchId))
        yield readResult(response);
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
});
