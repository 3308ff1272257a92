import type { ReplayEvidence } from '#contracts/judge-trust.ts';
import { countCanaries, type EarlierCanaries } from './judge-trust.ts';

/** A certificate names every certificate that its pool is drawn from. This many are enough for narrow intervals. */
const mostNamed = 50;
/** So that an account with many repositories of its own cannot fill the pool alone. */
const mostOfOneAccount = 10;

/** What a pool takes from a published certificate. A private repository's ids are ordinals, which name no change. */
export type PublishedCanaries = {
  id: string;
  /** The run's owner, which stays unpublished. */
  account: string;
  issuedAt: Date;
  /** The ground truth source. GitHub's names ignore case. */
  source: string;
  replays: { groundTruthId: string; canaries: ReplayEvidence['canaries'] }[];
};

/** The certificates that are the earliest with canaries for some change, each with its replays of those changes. */
const earliestOfEachChange = (oldestFirst: readonly PublishedCanaries[]) => {
  const taken = new Set<string>();
  return oldestFirst.flatMap((certificate) => {
    const counted = certificate.replays
      .filter(({ canaries }) => canaries.length > 0)
      .map((replay) => ({ ...replay, change: `${certificate.source.toLowerCase()} ${replay.groundTruthId}` }))
      .filter(({ change }) => !taken.has(change));
    for (const { change } of counted) taken.add(change);
    return counted.length === 0 ? [] : [{ certificate, counted }];
  });
};

/** The ids of the `most` certificates with the most counting changes. Of two equal ones the older goes first. */
const largest = (oldestFirst: readonly PublishedCanaries[], most: number): string[] =>
  earliestOfEachChange(oldestFirst)
    .toSorted((a, b) => b.counted.length - a.counted.length)
    .slice(0, most)
    .map(({ certificate }) => certificate.id);

/**
 * The pool of these certificates: each change once, from its earliest certificate. Once, because canaries of one change
 * are right or wrong together, while the rates' intervals assume independence. From the earliest, because otherwise
 * running a change again would choose what the pool says about it. The pool names the certificates with a counting
 * change, oldest first, at most 50 and at most 10 of one account: those with the most counting changes, and of two
 * equal ones the older. Only named certificates count, so that the pool can be recomputed from them alone.
 */
export const poolCanaries = (certificates: readonly PublishedCanaries[]): EarlierCanaries => {
  const oldestFirst = certificates.toSorted(
    (a, b) => a.issuedAt.getTime() - b.issuedAt.getTime() || (a.id < b.id ? -1 : 1),
  );
  // Within each account first, so that a certificate left out there takes no change from another account.
  const eligible = new Set(
    [...Map.groupBy(oldestFirst, ({ account }) => account).values()].flatMap((own) =>
      largest(own, mostOfOneAccount),
    ),
  );
  const named = new Set(
    largest(
      oldestFirst.filter(({ id }) => eligible.has(id)),
      mostNamed,
    ),
  );
  const pool = earliestOfEachChange(oldestFirst.filter(({ id }) => named.has(id)));
  return {
    canaries: countCanaries(pool.flatMap(({ counted }) => counted)),
    certificates: pool.map(({ certificate }) => certificate.id),
  };
};
