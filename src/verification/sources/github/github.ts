import { z } from 'zod';
import type { ExclusionReason, GroundTruth } from '#contracts/ground-truth.ts';
import { utcInstant } from '#contracts/instant.ts';
import { drawChanges } from '../draw.ts';
import { toGroundTruth } from '../eligibility.ts';
import { type DrawRequest, type GroundTruthSource, SourceError } from '../source.ts';
import {
  answeredStatus,
  type GitHubAccess,
  gitHubError,
  openGitHub,
  type RepositoryFolder,
  readAnswer,
} from './client.ts';
import { diffFromFiles } from './files.ts';
import { type ListingStore, listMerged, type MergedPull } from './listing.ts';
import { openPullObjects, type PullObjects } from './pull-objects.ts';

type GitHub = ReturnType<typeof openGitHub>;

const repositorySchema = z.object({
  full_name: z.string(),
  private: z.boolean(),
  size: z.number().optional(),
});

const openRepository = async (github: GitHub, access: GitHubAccess) => {
  const { owner, name } = access;
  const { data } = await github.request('GET /repos/{owner}/{repo}', { owner, repo: name });
  const repository = readAnswer(repositorySchema, data);
  if (repository.full_name.toLowerCase() !== `${owner}/${name}`.toLowerCase()) {
    throw new SourceError(
      'not_found',
      repository.private
        ? `${owner}/${name} has moved on GitHub. Use its new name.`
        : `${owner}/${name} has moved on GitHub. Use its new name, ${repository.full_name}.`,
    );
  }
  return repository;
};

/** The diff as GitHub's API gives it, or assembled from the list of files when it is too large for one answer. */
const askForDiff = async (
  github: GitHub,
  access: GitHubAccess,
  number: number,
): Promise<string | Uint8Array | { excluded: ExclusionReason }> => {
  const { owner, name } = access;
  let diff: unknown;
  try {
    const response = await github.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', {
      owner,
      repo: name,
      pull_number: number,
      mediaType: { format: 'diff' },
    });
    diff = response.data;
  } catch (error) {
    const status = answeredStatus(error);
    if (status === 406) {
      const listed = await diffFromFiles(github, access, number);
      return listed === '' ? { excluded: 'too_large' } : listed;
    }
    if (status === 404 || status === 410 || status === 422) return { excluded: 'unreadable' };
    throw error;
  }
  // Octokit returns bytes when the answer has no charset.
  return diff instanceof ArrayBuffer ? new Uint8Array(diff) : readAnswer(z.string(), diff);
};

const loadPull = async (
  github: GitHub,
  access: GitHubAccess,
  pull: MergedPull,
  objects: PullObjects | null,
): Promise<GroundTruth | { excluded: ExclusionReason }> => {
  const mergedAt = utcInstant(pull.merged_at);
  if (pull.unreadable || mergedAt === null) return { excluded: 'unreadable' };
  const held = (await objects?.diffOf(pull.number)) ?? null;
  if (held === 'too_large') return { excluded: 'too_large' };
  const diff = held ?? (await askForDiff(github, access, pull.number));
  if (typeof diff === 'object' && 'excluded' in diff) return diff;
  return toGroundTruth(
    {
      id: pull.id,
      title: pull.title ?? '',
      description: pull.body ?? '',
      mergedAt,
      mergeCommit: pull.merge_commit_sha ?? null,
      labels: (pull.labels ?? []).map((label) => label.name),
      author: pull.user?.login ?? null,
      url: pull.html_url ?? null,
      repository: `${access.owner}/${access.name}`,
    },
    diff,
  );
};

/**
 * How many pull requests in a row may be unreadable while the repository itself can be read. Beyond that GitHub gives no
 * diffs at all, which concerns the draw. Each costs its retries.
 */
const maxFaultsInARow = 10;

/**
 * One bad pull request costs itself: one that GitHub fails to give is left out as unreadable, as long as GitHub gives
 * the repository. A refused token, a limit and an API that is away are faults of the whole source.
 */
const containFaults = (access: GitHubAccess, request: DrawRequest, probe: () => Promise<unknown>) => {
  let inARow = 0;
  let read = 0;
  let last: SourceError | null = null;
  return {
    async load(
      work: () => ReturnType<typeof loadPull>,
    ): Promise<GroundTruth | { excluded: ExclusionReason }> {
      try {
        const loaded = await work();
        inARow = 0;
        read += 1;
        return loaded;
      } catch (error) {
        request.signal?.throwIfAborted();
        last = gitHubError(error, access);
        inARow += 1;
        if (last.code === 'rate_limited' || answeredStatus(error) === 401 || inARow >= maxFaultsInARow) {
          throw last;
        }
        await probe();
        return { excluded: 'unreadable' };
      }
    },
    /** The last fault, if it left nothing to draw from. */
    get ofSource(): SourceError | null {
      return read === 0 ? last : null;
    },
  };
};

/**
 * git objects for the pull requests of one draw, opened on first use. If they are unavailable, the draw continues with
 * the API and reports it.
 */
const objectsOf = (access: GitHubAccess, folder: RepositoryFolder | null, request: DrawRequest) => {
  let opened: PullObjects | null = null;
  let usable = true;
  return {
    get current(): PullObjects | null {
      return opened;
    },
    async prepare(pulls: MergedPull[]): Promise<void> {
      if (!usable || access.objects === undefined || folder === null) return;
      const { runGit, serverUrl } = access.objects;
      const url = new URL(`${serverUrl}/${access.owner}/${access.name}.git`);
      request.onProgress?.('Fetching the pull requests with git');
      try {
        opened ??= await openPullObjects({
          runGit,
          directory: folder.path,
          url,
          token: access.token,
          allowedProtocols: [url.protocol.slice(0, -1)],
          guarded: (await access.objects.connect?.(url)) ?? {},
          ...(request.signal && { signal: request.signal }),
        });
        await opened.prepare(
          pulls.map(({ number, head, merge_commit_sha: mergeCommit }) => ({
            number,
            headSha: head?.sha ?? null,
            mergeCommit: mergeCommit ?? null,
          })),
        );
      } catch {
        request.signal?.throwIfAborted();
        // git may be missing, its server unreachable or the disk full. The API has the same diffs.
        usable = false;
        request.onProgress?.(
          "The pull requests could not be fetched with git; each diff is fetched from GitHub's API",
        );
      }
    },
  };
};

const notKept = 'The repository’s data cannot be kept on this disk for the next run';

/** A folder only saves requests: on a full or read-only disk the draw continues without one and reports it. */
const openFolder = async (access: GitHubAccess, key: string | null, { onProgress }: DrawRequest) => {
  try {
    return (await access.objects?.openFolder(key)) ?? null;
  } catch {
    onProgress?.(notKept);
    return null;
  }
};

/** Stores a listing in one file of the folder. */
const listingIn = (folder: RepositoryFolder | null, { onProgress }: DrawRequest): ListingStore | null =>
  folder && {
    read: () => folder.read('listing.json').catch(() => null),
    write: (text) => folder.write('listing.json', text).catch(() => onProgress?.(notKept)),
  };

/**
 * Merged pull requests of a GitHub repository. The REST API at `apiUrl` lists them. Their diffs come from git objects
 * if `objects` is given, else from the API. The token (null: none) is sent only to those two origins. A kept folder is
 * opened only after the API has allowed the token to read the repository. A private repository's folder is temporary,
 * and its name stays out of the draw.
 */
export const githubSource = (asked: GitHubAccess): GroundTruthSource => ({
  async draw(request) {
    const github = openGitHub(asked, request);
    const ask = async <T>(work: Promise<T>): Promise<T> => {
      try {
        return await work;
      } catch (error) {
        request.signal?.throwIfAborted();
        throw gitHubError(error, asked);
      }
    };
    const repository = await ask(openRepository(github, asked));
    // GitHub's own spelling: the same change is the same ground truth, however the repository was spelled in the
    // request.
    const [owner = asked.owner, name = asked.name] = repository.full_name.split('/');
    const access = { ...asked, owner, name };
    const key = `${access.objects?.serverUrl}/${owner}/${name}`.toLowerCase();
    const folder = await openFolder(access, repository.private ? null : key, request);
    try {
      const { newest, closed } = await ask(listMerged(github, access, request, listingIn(folder, request)));
      if (closed === 0) {
        throw repository.size === 0
          ? new SourceError(
              'empty',
              `${owner}/${name} is empty. Choose a repository with merged pull requests.`,
            )
          : new SourceError(
              'no_eligible_changes',
              `${owner}/${name} has no closed pull requests on GitHub. Choose another repository, or give its git URL (ending in .git) to use its commits.`,
            );
      }
      const objects = objectsOf(access, folder, request);
      const faults = containFaults(access, request, () => ask(openRepository(github, access)));
      try {
        return await drawChanges({
          candidates: newest,
          prepare: (pulls) => objects.prepare(pulls.filter(({ unreadable }) => !unreadable)),
          load: (pull) => faults.load(() => loadPull(github, access, pull, objects.current)),
          request,
          source: `github:${owner}/${name}`,
          isPrivate: repository.private,
        });
      } catch (error) {
        const nothingToDraw = error instanceof SourceError && error.code === 'no_eligible_changes';
        throw nothingToDraw ? (faults.ofSource ?? error) : error;
      }
    } finally {
      await folder?.close();
    }
  },
});
