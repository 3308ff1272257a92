import type { BatchClient } from './batches.ts';
import type { ModelReply } from './reply.ts';
import type { ModelRequest } from './request.ts';

/** `detail` says why nothing was counted: for the operator, without a secret. */
export type TokenCount = { ok: true; tokens: number } | { ok: false; detail: string };

/** Counts the tokens of a request's prompt by the model's own tokeniser, free of charge. */
export type CountTokens = (request: ModelRequest, signal?: AbortSignal) => Promise<TokenCount>;

/** A port to a provider of models. */
export type ModelClient = {
  /**
   * Sends one request, with the client's own retries; `onSent` is told when something first leaves. Rejects only where
   * `signal` is aborted.
   */
  send(request: ModelRequest, signal?: AbortSignal, onSent?: () => void): Promise<ModelReply>;
  /** Null where the provider counts none. */
  countTokens: CountTokens | null;
  /** Null where the provider takes none. */
  batches: BatchClient | null;
};
