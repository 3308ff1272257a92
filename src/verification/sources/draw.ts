import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import {
  type ExclusionReason,
  exclusionReasons,
  type GroundTruth,
  type GroundTruthDraw,
} from '#contracts/ground-truth.ts';
import { mostReserve } from '#contracts/run-request.ts';
import { type DrawRequest, SourceError } from './source.ts';

/** A change listed by a source. Its id is unique in the list. */
export type Candidate = { id: string };

/**
 * The fewest candidates worth preparing at once. When fewer are still wanted, this many are prepared anyway, since some
 * will be left out.
 */
const fewestPrepared = 20;

const exclusionWords: Record<ExclusionReason, string> = {
  too_small: 'with fewer than 3 changed lines',
  binary_only: 'with binary files only',
  dependency_bump: 'by dependency bots',
  generated_only: 'with lock files or generated files only',
  empty_diff: 'with an empty diff',
  too_large: 'too large to read',
  unreadable: 'that could not be read',
  not_held: 'not held by this clone',
};

/**
 * The seeded order: ascending SHA-256(seed, NUL, id). It does not depend on the order of the list, and a change that is
 * listed later does not move the others.
 */
export const seededOrder = <C extends Candidate>(candidates: C[], seed: string): C[] => {
  const seeded = sha256.create().update(utf8ToBytes(`${seed}\0`));
  const keyOf = ({ id }: C) => bytesToHex(seeded.clone().update(utf8ToBytes(id)).digest());
  return candidates
    .map((candidate) => ({ candidate, key: keyOf(candidate) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ candidate }) => candidate);
};

/**
 * The seed of a registered run whose owner gave none (methodology, "No picking").
 * @param treeHash the log's root at the size that first holds the registration.
 * @param salt the registration's 32 bytes.
 */
export const drawSeed = (treeHash: Uint8Array, salt: Uint8Array): string =>
  bytesToHex(sha256(concatBytes(utf8ToBytes('echelon-draw/v1\n'), treeHash, salt)));

/** Oldest to newest merge commit by merge time, abbreviated to 12 digits. Null when no commit is known. */
export const commitRangeOf = (drawn: GroundTruth[]): string | null => {
  const commits = drawn
    .flatMap(({ mergeCommit, mergedAt }) => (mergeCommit === null ? [] : [{ mergeCommit, mergedAt }]))
    .sort((a, b) => Date.parse(a.mergedAt) - Date.parse(b.mergedAt));
  const [oldest, newest] = [commits[0], commits.at(-1)];
  if (oldest === undefined || newest === undefined) return null;
  return `${oldest.mergeCommit.slice(0, 12)}..${newest.mergeCommit.slice(0, 12)}`;
};

const filterWords = ({ since, label }: DrawRequest) =>
  `${since === null ? '' : ` since ${since}`}${label === null ? '' : ` with the label "${label}"`}`;

/** The start of the day `since` (YYYY-MM-DD, UTC) in milliseconds. Negative infinity without one. */
export const sinceMs = (since: string | null): number =>
  since === null ? Number.NEGATIVE_INFINITY : Date.parse(`${since}T00:00:00Z`);

/**
 * Walks the candidates in order and loads each only when its turn comes, until `limit + reserve` are taken or the list
 * ends. `source` is the name on the certificate; `isPrivate` hides it.
 * @throws SourceError `no_eligible_changes`, with the counts, when nothing could be drawn.
 */
export const drawChanges = async <C extends Candidate>(options: {
  candidates: C[];
  /** Receives the candidates that are likely to be loaded next, so that what they need is fetched at once. */
  prepare?: (upcoming: C[]) => Promise<void>;
  load: (candidate: C) => Promise<GroundTruth | { excluded: ExclusionReason }>;
  request: DrawRequest;
  source: string;
  isPrivate: boolean;
  /** Asked at the end: why changes could not be read, and what mends that. Null: nothing to mend. */
  advice?: () => string | null;
}): Promise<GroundTruthDraw> => {
  const { candidates, load, request } = options;
  const wanted = request.limit + request.reserve;
  const taken: GroundTruth[] = [];
  const excluded: Partial<Record<ExclusionReason, number>> = {};
  let excludedCount = 0;
  const ordered =
    request.order === 'newest' || candidates.length === 0
      ? candidates
      : seededOrder(
          candidates,
          typeof request.seed === 'string' ? request.seed : await request.seed(candidates.length),
        );
  let prepared = 0;
  for (const [at, candidate] of ordered.entries()) {
    if (taken.length >= wanted) break;
    request.signal?.throwIfAborted();
    if (
      at >= prepared &&
      Math.min(wanted, ordered.length) >= fewestPrepared &&
      options.prepare !== undefined
    ) {
      const upcoming = ordered.slice(at, at + Math.max(wanted - taken.length, fewestPrepared));
      prepared = at + upcoming.length;
      await options.prepare(upcoming);
    }
    request.onProgress?.(
      `Reading merged changes: ${taken.length} of ${Math.min(wanted, candidates.length)} taken, ${excludedCount} left out`,
    );
    const loaded = await load(candidate);
    if ('excluded' in loaded) {
      excluded[loaded.excluded] = (excluded[loaded.excluded] ?? 0) + 1;
      excludedCount += 1;
    } else taken.push(loaded);
  }
  const advice = options.advice?.() ?? null;
  if (taken.length === 0) {
    const filter = filterWords(request);
    const counts = exclusionReasons
      .flatMap((reason) => (excluded[reason] ? [`${excluded[reason]} ${exclusionWords[reason]}`] : []))
      .join(', ');
    throw new SourceError(
      'no_eligible_changes',
      candidates.length === 0
        ? `${options.source} has no merged changes${filter}. Choose a repository with merged changes${filter === '' ? '' : ', or a wider filter'}.`
        : `None of the ${candidates.length} merged changes${filter} of ${options.source} can serve as ground truth: ${counts}. ${advice ?? `Choose another repository${filter === '' ? '' : ' or a wider filter'}.`}`,
    );
  }
  if (advice !== null) request.onProgress?.(advice);
  const drawn = taken.slice(0, request.limit);
  return {
    drawn,
    reserve: taken.slice(request.limit),
    listed: candidates.length,
    excluded,
    source: options.isPrivate ? 'private repository' : options.source,
    commitRange: options.isPrivate ? null : commitRangeOf(drawn),
    private: options.isPrivate,
  };
};

/** How many reserve changes to draw, for those that no answer key can be made for. Each costs a read at the source. */
export const reserveFor = (limit: number) => Math.min(mostReserve, 5 + Math.ceil(limit / 4));
