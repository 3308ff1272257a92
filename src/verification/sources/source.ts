import type { GroundTruthDraw } from '#contracts/ground-truth.ts';

/**
 * What to draw. `limit` changes make the sample, up to `reserve` more stand by. The order is seeded: the same seed
 * over the same changes gives the same draw. `since` (YYYY-MM-DD, UTC) and `label` narrow the eligible set.
 */
export type DrawRequest = {
  limit: number;
  reserve: number;
  seed: string;
  since: string | null;
  label: string | null;
  /**
   * `newest` takes changes as the source lists them, the newest first, for a look at one; a sample is always seeded.
   */
  order?: 'seeded' | 'newest';
  signal?: AbortSignal;
  /** Told in plain words what is being waited for or read, for example "Reading change 12 of 40". */
  onProgress?: (message: string) => void;
};

/** A port: merged changes of one repository or file. */
export type GroundTruthSource = {
  /** Rejects with `SourceError` where the repository cannot be read or holds nothing that can serve. */
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

/** Why ground truth could not be had, in words for the run's owner: what was wrong and what to do. Holds no secret. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly code: SourceErrorCode;
  /** A passing fault: the same call may succeed later. */
  readonly retryable: boolean;

  constructor(
    code: SourceErrorCode,
    message: string,
    options: { retryable?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}
