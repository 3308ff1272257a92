import type { GroundTruthDraw } from '#contracts/ground-truth.ts';

/**
 * What to draw: `limit` changes for the sample and up to `reserve` more. The order is seeded: the same seed over the
 * same changes gives the same draw. `since` (YYYY-MM-DD, UTC) and `label` narrow the eligible set.
 */
export type DrawRequest = {
  limit: number;
  reserve: number;
  /** Or asked for with the number of changes listed, before any is chosen. */
  seed: string | ((listed: number) => Promise<string>);
  since: string | null;
  label: string | null;
  /** `newest` takes changes newest first, as the source lists them, to look at one. A sample is always seeded. */
  order?: 'seeded' | 'newest';
  signal?: AbortSignal;
  /** Reports in plain words what is being read or waited for, for example "Reading change 12 of 40". */
  onProgress?: (message: string) => void;
};

/** A port: merged changes of one repository or file. */
export type GroundTruthSource = {
  /** Rejects with `SourceError` when the repository cannot be read or contains nothing that can serve. */
  draw(request: DrawRequest): Promise<GroundTruthDraw>;
};

const sourceErrorCodes = [
  'not_found',
  'unauthorized',
  'rate_limited',
  'unreachable',
  'empty',
  'no_eligible_changes',
  'invalid',
] as const;
export type SourceErrorCode = (typeof sourceErrorCodes)[number];

/**
 * Why ground truth could not be read, in words for the run's owner: what went wrong and what to do. Contains no secret.
 */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly code: SourceErrorCode;
  /** The fault is temporary: the same call may succeed later. */
  readonly retryable: boolean;
  /** How long the source asks to wait. Null: it does not say. */
  readonly retryAfterMs: number | null;

  constructor(
    code: SourceErrorCode,
    message: string,
    options: { retryable?: boolean; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}
