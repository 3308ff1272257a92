import type { BatchClient } from './batches.ts';
import type { ModelReply } from './reply.ts';
import type { ModelRequest } from './request.ts';

/** `detail` tells the operator why nothing was counted. It holds no secret. */
export type TokenCount = { ok: true; tokens: number } | { ok: false; detail: string };

/** Counts the tokens of a request's prompt by the model's own tokeniser, free of charge. */
export type CountTokens = (request: ModelRequest, signal?: AbortSignal) => Promise<TokenCount>;

/** A port to a provider of models. */
export type ModelClient = {
  /**
   * Sends one request, with the client's own retries. `onSent` is called each time a request goes out. Rejects only
   * when `signal` is aborted.
   */
  send(request: ModelRequest, signal?: AbortSignal, onSent?: () => void): Promise<ModelReply>;
  /** Null: the provider does not count tokens. */
  countTokens: CountTokens | null;
  /** Null: the provider has no batches. */
  batches: BatchClient | null;
};
