import type { ReplayEvidence } from '#contracts/judge-trust.ts';
import { countCanaries, type EarlierCanaries } from './judge-trust.ts';

/** A certificate names every one that its pool is drawn from; these are enough for narrow intervals. */
const mostNamed = 50;
/** Whoever has many repositories of their own writing must not have the pool to themselves. */
const mostOfOneAccount = 10;

/** What a pool takes of a published certificate. Of a private repository ids are ordinals: those name no change. */
export type PublishedCanaries = {
  id: string;
  /** Whose run it was; it stays unpublished. */
  account: string;
  issuedAt: Date;
  /** The ground truth source. GitHub's names are the same in any case. */
  source: string;
  replays: { groundTruthId: string; canaries: ReplayEvidence['canaries'] }[];
};

/** The certificates that are the earliest with canaries of some change, each with the replays of those changes. */
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

/** The ids of those with the most changes that count among them, the older of two alike. */
const largest = (oldestFirst: readonly PublishedCanaries[], most: number): string[] =>
  earliestOfEachChange(oldestFirst)
    .toSorted((a, b) => b.counted.length - a.counted.length)
    .slice(0, most)
    .map(({ certificate }) => certificate.id);

/**
 * The pool of these certificates: each change once, as the earliest certificate has it. Canaries of one change are right
 * or wrong together, and the rates' intervals take them as independent; the earliest, because whoever runs a change again
 * could else choose what the pool says of it. Certificates of which some change counts are named, the oldest first, and of
 * more than 50, or than 10 of one account, those of the most changes that count, the older of two alike. Only what is named counts, so that the pool
 * follows from the named certificates alone.
 */
export const poolCanaries = (certificates: readonly PublishedCanaries[]): EarlierCanaries => {
  const oldestFirst = certificates.toSorted(
    (a, b) => a.issuedAt.getTime() - b.issuedAt.getTime() || (a.id < b.id ? -1 : 1),
  );
  // Within an account first, so that what is left out of one takes no change from another.
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
