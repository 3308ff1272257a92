import type { Certificate } from '#contracts/certificate.ts';
import { type Aggregate, aggregate, tolerance } from '../statistics/aggregate.ts';

/** What a published certificate's numbers are recomputed from. */
export type Recomputable = Pick<
  Certificate,
  | 'precision'
  | 'recall'
  | 'replyAccuracy'
  | 'compositeScore'
  | 'brier'
  | 'replayCount'
  | 'sampleSize'
  | 'intervals'
  | 'weights'
  | 'replayScores'
>;

/** `field` is the place in the certificate, for example `replayScores[3].precision`. */
export type Disagreement = { field: string; published: number; recomputed: number };

export type Recomputation = { numbers: Aggregate; disagreements: Disagreement[] };

/**
 * Recomputes every published number from the replays' own counts and the weights, with no judge at hand, and lists
 * where the certificate says otherwise by more than 1e-6. Throws where the certificate has no replay.
 */
export const recomputeCertificate = (certificate: Recomputable): Recomputation => {
  const replays = certificate.replayScores.map((published) => ({
    groundTruthId: published.groundTruthId,
    // From whole numbers, so that the rounding of the published shares does not add up.
    precision: published.claimsSupported / published.claimsTotal,
    recall: published.changesSurfaced / published.changesTotal,
    replyAccuracy: published.replyAccuracy,
  }));
  const numbers = aggregate(replays, certificate.weights);
  const pairs: Disagreement[] = [
    { field: 'replayCount', published: certificate.replayCount, recomputed: replays.length },
    { field: 'sampleSize', published: certificate.sampleSize, recomputed: replays.length },
    ...(['precision', 'recall', 'replyAccuracy', 'compositeScore', 'brier'] as const).flatMap((name) => [
      { field: name, published: certificate[name], recomputed: numbers[name] },
      ...(['lower', 'upper'] as const).map((bound) => ({
        field: `intervals.${name}.${bound}`,
        published: certificate.intervals[name][bound],
        recomputed: numbers.intervals[name][bound],
      })),
    ]),
    ...certificate.replayScores.flatMap((published, index) =>
      (['precision', 'recall'] as const).map((name) => ({
        field: `replayScores[${index}].${name}`,
        published: published[name],
        recomputed: replays[index]?.[name] ?? Number.NaN,
      })),
    ),
  ];
  // Written so that a number that is not one disagrees.
  const agrees = ({ published, recomputed }: Disagreement) => Math.abs(published - recomputed) <= tolerance;
  return { numbers, disagreements: pairs.filter((pair) => !agrees(pair)) };
};
