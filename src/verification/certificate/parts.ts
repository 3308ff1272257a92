import type { Certificate, Freshness, Weights } from '#contracts/certificate.ts';
import { aggregate, compositeOf, type MeasuredReplay, roundedThroughout } from '../statistics/aggregate.ts';
import { missingBounds } from '../statistics/missing-bounds.ts';

/** A change merged on the day itself may have been read before the day ended. */
export const isAfterCutoff = (mergedAt: string, modelCutoff: string): boolean =>
  Date.parse(mergedAt) >= Date.parse(`${modelCutoff}T24:00:00Z`);

const scoresOf = (replays: readonly MeasuredReplay[], weights: Weights) =>
  replays.length === 0 ? null : { replays: replays.length, ...aggregate(replays, weights) };

/** The scores before and after the cutoff that the run's owner named (methodology, "No picking"). Null: none was named. */
export const freshnessOf = (
  replays: readonly (MeasuredReplay & { afterCutoff: boolean | null })[],
  { modelCutoff, weights }: { modelCutoff: string | null; weights: Weights },
): Freshness | null =>
  modelCutoff === null
    ? null
    : roundedThroughout({
        modelCutoff,
        before: scoresOf(
          replays.filter(({ afterCutoff }) => afterCutoff === false),
          weights,
        ),
        after: scoresOf(
          replays.filter(({ afterCutoff }) => afterCutoff === true),
          weights,
        ),
      });

/** The share of changes without an answer key, and what they can hide (methodology, "Power"). */
export const keylessOf = (
  replays: readonly MeasuredReplay[],
  { replaced, unscored, weights }: { replaced: number; unscored: number; weights: Weights },
): Certificate['keyless'] =>
  roundedThroughout({
    share: replaced / (replaced + replays.length + unscored),
    bounds: missingBounds(
      replays.map((measures) => compositeOf(measures, weights)),
      replaced,
    ),
  });
