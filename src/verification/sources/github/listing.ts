import { z } from 'zod';
import { instantSchema } from '#contracts/instant.ts';
import { sinceMs } from '../draw.ts';
import type { DrawRequest } from '../source.ts';
import { type GitHubAccess, isNotModified, type openGitHub, readAnswer } from './client.ts';

const pullSchema = z.object({
  number: z.number().int(),
  title: z.string().nullish(),
  body: z.string().nullish(),
  user: z.object({ login: z.string() }).nullish(),
  labels: z.array(z.object({ name: z.string() })).nullish(),
  html_url: z.string().nullish(),
  updated_at: instantSchema,
  merged_at: instantSchema.nullish(),
  merge_commit_sha: z.string().nullish(),
  head: z.object({ sha: z.string() }).nullish(),
});
const beginning = '1970-01-01T00:00:00Z';

/** Only `merged_at` says that a pull request was merged. */
const mergedPullSchema = pullSchema.extend({ id: z.string(), merged_at: instantSchema });
type KnownPull = z.infer<typeof mergedPullSchema>;
/** `unreadable`: GitHub gave it in a form that it does not document. */
export type MergedPull = KnownPull & { unreadable?: true };

/** What can be used of an item in another form: enough to count it where it would stand. */
const brokenPullSchema = z.object({
  number: z.number().int(),
  updated_at: instantSchema.nullable().catch(null),
  merged_at: z.unknown(),
});

type Pull = z.infer<typeof pullSchema>;

/** The items of one page. One bad item costs itself; a page without a good one is an answer in another form. */
const readPage = (data: unknown): { pulls: Pull[]; broken: MergedPull[] } => {
  const items = readAnswer(z.array(z.unknown()), data);
  const read = items.map((item) => pullSchema.safeParse(item).data);
  const pulls = read.flatMap((pull) => pull ?? []);
  if (pulls.length === 0) readAnswer(z.array(pullSchema), data);
  const broken = items.flatMap((item, at) => {
    const { data: kept } = brokenPullSchema.safeParse(read[at] === undefined ? item : undefined);
    if (kept === undefined || kept.merged_at === null || kept.merged_at === undefined) return [];
    // Pages are sorted by last update, so the neighbours' times are close.
    const updatedAt =
      kept.updated_at ?? (read.slice(at).find(Boolean) ?? pulls.at(-1))?.updated_at ?? beginning;
    const mergedAt = instantSchema.safeParse(kept.merged_at).data ?? updatedAt;
    const id = String(kept.number);
    return [
      { number: kept.number, id, updated_at: updatedAt, merged_at: mergedAt, unreadable: true as const },
    ];
  });
  return { pulls, broken };
};

/**
 * What earlier draws learned about a repository: every merged pull request that was updated at `coveredFrom` or later,
 * as of `newestUpdate`.
 */
const knownListingSchema = z.object({
  version: z.literal(1),
  etag: z.string().nullable(),
  newestUpdate: instantSchema,
  coveredFrom: instantSchema,
  closed: z.number().int(),
  pulls: z.array(mergedPullSchema),
});
type KnownListing = z.infer<typeof knownListingSchema>;

/** Keeps a listing between draws. `read` gives null when there is none. */
export type ListingStore = { read(): Promise<string | null>; write(text: string): Promise<void> };

const pageSize = 100;
/** 30,000 closed pull requests. If filters leave few, older ones are not searched. */
const maxPages = 300;
/** How many of the most recently updated pull requests of a huge repository are kept for the next draw. */
const maxKnown = 2_000;

const readKnown = async (store: ListingStore | null): Promise<KnownListing | null> => {
  const text = (await store?.read()) ?? null;
  if (text === null) return null;
  try {
    return knownListingSchema.parse(JSON.parse(text));
  } catch {
    // Written by another version or truncated. It only saves requests.
    return null;
  }
};

const older = (a: string, b: string) => (Date.parse(a) < Date.parse(b) ? a : b);

const toKeep = (listing: Omit<KnownListing, 'version'>): KnownListing => {
  const byUpdate = listing.pulls.toSorted((a, b) => Date.parse(b.updated_at) - Date.parse(a.updated_at));
  const beyond = byUpdate[maxKnown];
  if (beyond === undefined) return { version: 1, ...listing, pulls: byUpdate };
  const pulls = byUpdate.filter((pull) => Date.parse(pull.updated_at) > Date.parse(beyond.updated_at));
  return { version: 1, ...listing, pulls, coveredFrom: pulls.at(-1)?.updated_at ?? listing.newestUpdate };
};

/**
 * The newest merged pull requests, max(100, 2 · limit) of them. Pages are sorted by last update, and a pull request
 * cannot be merged after its last update. So once enough merges are newer than a page's end, no later page has a newer
 * one. With a store, pages are requested only until they reach what the last draw knew. A first page that has not
 * changed costs nothing of GitHub's limit (a conditional request).
 */
export const listMerged = async (
  github: ReturnType<typeof openGitHub>,
  access: GitHubAccess,
  request: DrawRequest,
  store: ListingStore | null,
): Promise<{ newest: MergedPull[]; closed: number }> => {
  const windowSize = Math.max(100, 2 * request.limit);
  const from = sinceMs(request.since);
  const known = await readKnown(store);
  const merged = new Map<number, MergedPull>();
  let closed = 0;
  let etag: string | null = null;
  let newestUpdate: string | null = null;
  let coveredFrom: string | null = null;
  let joined = false;
  let allReadable = true;

  const join = ({ pulls, coveredFrom: reach, closed: seen }: KnownListing) => {
    joined = true;
    for (const pull of pulls) if (!merged.has(pull.number)) merged.set(pull.number, pull);
    coveredFrom = coveredFrom === null ? reach : older(coveredFrom, reach);
    closed = Math.max(closed, seen);
  };
  const fitting = () =>
    [...merged.values()].filter(
      (pull) =>
        Date.parse(pull.merged_at) >= from &&
        (request.label === null || pull.labels?.some(({ name }) => name === request.label)),
    );
  const isEnough = () => {
    // Everything is known, even if it is little.
    if (coveredFrom === beginning) return true;
    const reach = Date.parse(coveredFrom ?? '');
    return (
      reach < from || fitting().filter((pull) => Date.parse(pull.merged_at) >= reach).length >= windowSize
    );
  };
  const readPages = async (unlessTag: string | null): Promise<'ended' | 'enough'> => {
    const listing = github.paginate.iterator('GET /repos/{owner}/{repo}/pulls', {
      owner: access.owner,
      repo: access.name,
      state: 'closed',
      sort: 'updated',
      direction: 'desc',
      per_page: pageSize,
      ...(unlessTag !== null && { headers: { 'if-none-match': unlessTag } }),
    });
    let pages = 0;
    for await (const answer of listing) {
      const { pulls, broken } = readPage(answer.data);
      pages += 1;
      closed += pulls.length + broken.length;
      allReadable &&= broken.length === 0;
      for (const pull of broken) merged.set(pull.number, pull);
      if (pages === 1) {
        etag = answer.headers.etag ?? null;
        newestUpdate = pulls[0]?.updated_at ?? null;
      }
      for (const { merged_at: mergedAt, ...pull } of pulls) {
        if (mergedAt === null || mergedAt === undefined) continue;
        merged.set(pull.number, { ...pull, id: String(pull.number), merged_at: mergedAt });
      }
      const oldestUpdate = pulls.at(-1)?.updated_at;
      if (oldestUpdate === undefined) continue;
      coveredFrom = coveredFrom === null ? oldestUpdate : older(coveredFrom, oldestUpdate);
      if (!joined && known !== null && Date.parse(oldestUpdate) < Date.parse(known.newestUpdate)) join(known);
      request.onProgress?.(`Listing pull requests: ${fitting().length} merged of ${closed} closed`);
      if (isEnough()) return 'enough';
      if (pages >= maxPages) {
        request.onProgress?.(`Only the last ${closed} closed pull requests are searched`);
        return 'enough';
      }
    }
    return 'ended';
  };

  let pages: 'ended' | 'enough' | 'unchanged';
  try {
    pages = await readPages(known?.etag ?? null);
  } catch (error) {
    if (known === null || !isNotModified(error)) throw error;
    join(known);
    [etag, newestUpdate] = [known.etag, known.newestUpdate];
    pages = isEnough() ? 'unchanged' : await readPages(null);
  }
  if (pages === 'ended') coveredFrom = beginning;
  // A bad item may be good the next time, so it is not kept.
  if (newestUpdate !== null && coveredFrom !== null && allReadable) {
    const listing = { etag, newestUpdate, coveredFrom, closed, pulls: [...merged.values()] };
    await store?.write(JSON.stringify(toKeep(listing)));
  }
  const newest = fitting()
    .sort((a, b) => Date.parse(b.merged_at) - Date.parse(a.merged_at) || b.number - a.number)
    .slice(0, windowSize);
  return { newest, closed };
};
