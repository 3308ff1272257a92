import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { AnswerKey, MadeAnswerKey } from '#contracts/replay.ts';
import { checkVariants } from '../canaries/variants.ts';
import { dealWays } from '../canaries/ways.ts';
import type { PullRequestJudge } from '../judges/judge.ts';
import { type Asked, askWithinBudget } from './ask.ts';

/** A judge that may write variants, opened on the key's pull request. */
export type VariantsWriter = { judge: PullRequestJudge; model: string };

/**
 * A key with variants that the first of `writers` writes, or the next one where that one fails within its budget.
 * Where all fail, the key has none: it is as good without, and later replays make up for its canaries.
 */
export const withVariants = async (
  draft: MadeAnswerKey,
  groundTruth: GroundTruth,
  { writers, signal }: { writers: VariantsWriter[]; signal?: AbortSignal | undefined },
): Promise<MadeAnswerKey> => {
  const asked: Asked[] = [];
  let { variants } = draft.key;
  for (const writer of writers) {
    if (variants.author !== null) break;
    const written = await writeVariants(writer, groundTruth, draft.key, signal);
    variants = written.variants;
    asked.push(written.asked);
  }
  return { ...draft, key: { ...draft.key, variants }, variantsAsked: asked };
};

/** An answer that holds no variant which code accepts is a failed one, whatever is wrong with those that it holds. */
const writeVariants = async (
  { judge, model }: VariantsWriter,
  groundTruth: GroundTruth,
  key: AnswerKey,
  signal: AbortSignal | undefined,
): Promise<{ variants: AnswerKey['variants']; asked: Asked }> => {
  const changes = dealWays(groundTruth).flatMap((ways, place) => {
    const change = key.changes[place];
    return change === undefined ? [] : [{ ...change, ways }];
  });
  let checked: ReturnType<typeof checkVariants> = { changes: [], dropped: 0 };
  const { outcome, ...asked } = await askWithinBudget(
    judge,
    model,
    () => ({ measure: 'variants', changes }),
    ({ variants }) => {
      checked = checkVariants(
        groundTruth,
        key.changes.map(({ statement }) => statement),
        changes.map(({ ways, ...change }) => ({
          change,
          ways,
          texts: variants.filter(({ id }) => id === change.id),
        })),
      );
      return checked.changes.length === 0 ? 'no variant that the diff bears out' : null;
    },
    { signal },
  );
  const author = outcome.kind === 'settled' ? asked.model : null;
  return { variants: { author, ...checked }, asked };
};
