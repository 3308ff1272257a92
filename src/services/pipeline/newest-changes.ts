import { AppError } from '#contracts/errors.ts';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { RunConfig } from '#contracts/run.ts';
import { type GroundTruthSource, SourceError } from '#verification/sources/source.ts';
import type { CleanText } from '#verification/text/clean-text.ts';

/**
 * The newest changes of a repository, for someone who waits at a form.
 * @throws AppError BAD_REQUEST at `repoUrl` if they cannot be read before `signal` is aborted.
 */
export const newestChanges = async (
  source: GroundTruthSource,
  { since, label, seed }: Pick<RunConfig, 'since' | 'label' | 'seed'>,
  { count, clean, signal }: { count: number; clean: CleanText; signal: AbortSignal },
): Promise<GroundTruth[]> => {
  try {
    const draw = await source.draw({
      limit: count,
      reserve: 0,
      seed,
      since,
      label,
      order: 'newest',
      signal,
    });
    return draw.drawn;
  } catch (error) {
    if (!signal.aborted && !(error instanceof SourceError)) throw error;
    const message =
      error instanceof SourceError
        ? clean(error.message)
        : 'Reading the newest changes took longer than a form can wait. A run waits longer.';
    throw new AppError('BAD_REQUEST', message, [{ path: 'repoUrl', message }]);
  }
};
