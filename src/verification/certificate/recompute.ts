import type { Certificate } from '#contracts/certificate.ts';
import { type Aggregate, aggregate, type Measures, tolerance } from '../statistics/aggregate.ts';
import { judgeTrust, subtractCanaries } from './judge-trust.ts';

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
  | 'counts'
  | 'trust'
>;

/** `field` is the place in the certificate, for example `replayScores[3].precision`. */
export type Disagreement = { field: string; published: number; recomputed: number };

export type Recomputation = { numbers: Aggregate; disagreements: Disagreement[] };

/** Every number of an object by its path, a yes being 1 and a no 0. */
const numbersOf = (value: unknown, path: string): [string, number][] => {
  if (typeof value === 'number') return [[path, value]];
  if (typeof value === 'boolean') return [[path, value ? 1 : 0]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => numbersOf(inner, `${path}.${name}`));
};

/**
 * What is said of the judge, recomputed from the replays' own evidence and, for rates, from the published pool: the
 * earlier runs' part of that is on their certificates, not on this one.
 */
const trustPairs = (
  { trust, counts, weights, replayScores }: Recomputable,
  measures: Measures[],
): Disagreement[] => {
  if (trust === null) return [];
  const earlier = subtractCanaries(trust.pool.canaries, trust.canaries);
  const impossible = Object.entries(earlier).filter(
    ([, { shown, supported }]) => supported < 0 || shown < supported,
  );
  if (impossible.length > 0 || counts.unscored < 0)
    return [{ field: 'trust.pool.canaries', published: Number.NaN, recomputed: Number.NaN }];
  const again = judgeTrust({
    replays: measures.map((measured, place) => ({
      precision: measured.precision,
      recall: measured.recall,
      replyAccuracy: measured.replyAccuracy,
      evidence: replayScores[place]?.evidence ?? null,
    })),
    unscored: counts.unscored,
    weights,
    earlier: { canaries: earlier, certificates: trust.pool.certificates },
    secondModel: trust.agreement?.model ?? null,
  });
  const recomputed = new Map(numbersOf(again, 'trust'));
  const published = new Map(numbersOf(trust, 'trust'));
  return [
    ...[...new Set([...published.keys(), ...recomputed.keys()])].map((field) => ({
      field,
      published: published.get(field) ?? Number.NaN,
      recomputed: recomputed.get(field) ?? Number.NaN,
    })),
    ...replayScores.flatMap(({ evidence, changesTotal, replyAccuracy }, index) => [
      ...(evidence?.parrot
        ? [
            {
              field: `replayScores[${index}].evidence.parrot.changesTotal`,
              published: evidence.parrot.changesTotal,
              recomputed: changesTotal,
            },
          ]
        : []),
      ...(evidence?.second
        ? [
            {
              field: `replayScores[${index}].evidence.second.reply.first`,
              published: evidence.second.reply.first,
              recomputed: replyAccuracy,
            },
          ]
        : []),
    ]),
  ];
};

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
  pairs.push(...trustPairs(certificate, replays));
  // Written so that a number that is not one disagrees.
  const agrees = ({ published, recomputed }: Disagreement) => Math.abs(published - recomputed) <= tolerance;
  return { numbers, disagreements: pairs.filter((pair) => !agrees(pair)) };
};
