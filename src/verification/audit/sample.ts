import { auditSize } from '#contracts/audit.ts';
import { seededFraction } from '../text/seeded-choice.ts';

/** Of each stratum, where it has as many. */
const half = auditSize / 2;
/** Further claims of one replay say less about the judge than claims of other replays. */
const mostOfReplay = 2;

/** A replay of a certificate with the claims that its judge ruled on. */
export type RuledReplay = { id: string; claims: { id: string; supported: boolean }[] };

/** `supported`, the judge's verdict, is the stratum. */
export type SampledClaim = {
  replay: string;
  claim: string;
  supported: boolean;
  inclusionProbability: number;
};

/** How many claims a replay has in each stratum, and how many of them are drawn as candidates. */
type Places = { supported: number; notSupported: number };
const strata = ['supported', 'notSupported'] as const;
type Stratum = (typeof strata)[number];
const otherOf = (stratum: Stratum): Stratum => (stratum === 'supported' ? 'notSupported' : 'supported');

const stratumOf = ({ supported }: { supported: boolean }): Stratum =>
  supported ? 'supported' : 'notSupported';

const sizesOf = ({ claims }: RuledReplay): Places => ({
  supported: claims.filter(({ supported }) => supported).length,
  notSupported: claims.filter(({ supported }) => !supported).length,
});

/** One place in each stratum, or both in the only one. */
const placesOf = (sizes: Places): Places => {
  const isMixed = sizes.supported > 0 && sizes.notSupported > 0;
  const most = isMixed ? 1 : mostOfReplay;
  return {
    supported: Math.min(sizes.supported, most),
    notSupported: Math.min(sizes.notSupported, most),
  };
};

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

/**
 * Draws the claims of an audit (methodology, "Human audit"), in the order in which they are asked about. Every choice
 * follows from the seed, every claim has a chance above 0, and at most two are of one replay.
 *
 * The draw has three steps, and only their sizes are fixed beforehand, so the chances below are exact.
 * 1. *Places.* A replay has one place in each stratum, or two in the only stratum that it has claims of. Where a stratum
 *    has fewer than 20 places and the other more, r of the E replays with claims of both, and at least two of the short
 *    one, give their other place to it. r is at most E/2, so that no claim loses more than half of its chance, and at
 *    most what the other stratum has beyond 20.
 * 2. *Candidates.* In each replay as many claims of each stratum as it has places there, by simple random sampling.
 * 3. *Sample.* Of the M candidates of a stratum, m by simple random sampling: 20, or all, and more where the other has
 *    fewer, so that there are 40 in all if there are so many places.
 *
 * M does not depend on chance, and step 3 not on which claims are candidates, so a claim is drawn with probability
 * (places/claims of its stratum in its replay) · m/M. In the E replays the expected places count: 1 + r/E in the short
 * stratum, 1 − r/E in the other.
 */
export const auditSample = (replays: readonly RuledReplay[], seed: string): SampledClaim[] => {
  /** In a random order that the seed decides. */
  const shuffled = <T>(items: readonly T[], label: string, nameOf: (item: T) => string): T[] =>
    items
      .map((item) => ({ item, at: seededFraction('audit', label, seed, nameOf(item)) }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ item }) => item);

  const drawn = replays.map((replay) => {
    const sizes = sizesOf(replay);
    return { replay, sizes, places: placesOf(sizes), expected: placesOf(sizes) };
  });
  const placesIn = (stratum: Stratum) => total(drawn.map(({ places }) => places[stratum]));
  for (const short of strata) {
    const other = otherOf(short);
    const givers = drawn.filter(({ sizes }) => sizes[short] >= 2 && sizes[other] > 0);
    const giving = Math.min(half - placesIn(short), placesIn(other) - half, Math.floor(givers.length / 2));
    if (giving <= 0) continue;
    for (const giver of givers) {
      giver.expected[short] += giving / givers.length;
      giver.expected[other] -= giving / givers.length;
    }
    for (const giver of shuffled(givers, 'places', ({ replay }) => replay.id).slice(0, giving)) {
      giver.places[short] += 1;
      giver.places[other] -= 1;
    }
  }

  const sampleOf = (stratum: Stratum): SampledClaim[] => {
    const [places, others] = [placesIn(stratum), placesIn(otherOf(stratum))];
    const size = Math.min(places, auditSize - Math.min(half, others));
    const candidates = drawn.flatMap(({ replay, sizes, places: own, expected }) =>
      shuffled(
        replay.claims.filter((claim) => stratumOf(claim) === stratum),
        'candidates',
        ({ id }) => JSON.stringify([replay.id, id]),
      )
        .slice(0, own[stratum])
        .map(({ id, supported }) => ({
          replay: replay.id,
          claim: id,
          supported,
          inclusionProbability: (expected[stratum] / sizes[stratum]) * (size / places),
        })),
    );
    return shuffled(candidates, 'sample', nameOfClaim).slice(0, size);
  };
  return shuffled(strata.flatMap(sampleOf), 'order', nameOfClaim);
};

/** No two claims have the same, whatever their ids hold. */
const nameOfClaim = ({ replay, claim }: SampledClaim) => JSON.stringify([replay, claim]);
