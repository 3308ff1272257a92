import { z } from 'zod';
import type { ExclusionReason, GroundTruth } from '#contracts/ground-truth.ts';
import { drawChanges, sinceMs } from './draw.ts';
import { toGroundTruth } from './eligibility.ts';
import {
  answeredStatus,
  type GitHubAccess,
  gitHubError,
  openGitHub,
  unknownRepository,
} from './github-client.ts';
import { type DrawRequest, type GroundTruthSource, SourceError } from './source.ts';

type GitHub = ReturnType<typeof openGitHub>;

const repositorySchema = z.object({
  full_name: z.string(),
  private: z.boolean(),
  size: z.number().optional(),
});

const time = z.string().refine((text) => !Number.isNaN(Date.parse(text)));
const pullSchema = z.object({
  number: z.number().int(),
  title: z.string().nullish(),
  body: z.string().nullish(),
  user: z.object({ login: z.string() }).nullish(),
  labels: z.array(z.object({ name: z.string() })).nullish(),
  html_url: z.string().nullish(),
  updated_at: time,
  merged_at: time.nullish(),
  merge_commit_sha: z.string().nullish(),
});
type Pull = z.infer<typeof pullSchema>;
/** `merged_at` alone says that a pull request was merged. */
type MergedPull = Pull & { id: string; merged_at: string };

const pageSize = 100;
/** 30,000 closed pull requests: where filters leave few, older ones are not looked for. */
const maxPages = 300;

const readAnswer = <T extends z.ZodType>(schema: T, data: unknown): z.infer<T> => {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new SourceError(
    'unreachable',
    "GitHub's API answered in a form that it does not document. Check GITHUB_API_URL, or try again later.",
    { retryable: true },
  );
};

const openRepository = async (github: GitHub, access: GitHubAccess) => {
  const { owner, name } = access;
  const { data } = await github.request('GET /repos/{owner}/{repo}', { owner, repo: name });
  const repository = readAnswer(repositorySchema, data);
  if (repository.private && access.publicOnly) throw unknownRepository(access);
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

/**
 * The newest merged pull requests, max(100, 2 · limit) of them. Pages come by their last update: nothing can have
 * been merged after it was updated last, so once enough are newer than a page's end, no later page has a newer one.
 */
const listMerged = async (github: GitHub, access: GitHubAccess, request: DrawRequest) => {
  const windowSize = Math.max(100, 2 * request.limit);
  const from = sinceMs(request.since);
  const merged = new Map<number, MergedPull>();
  let closed = 0;
  let pages = 0;
  const listing = github.paginate.iterator('GET /repos/{owner}/{repo}/pulls', {
    owner: access.owner,
    repo: access.name,
    state: 'closed',
    sort: 'updated',
    direction: 'desc',
    per_page: pageSize,
  });
  for await (const { data } of listing) {
    const pulls = readAnswer(z.array(pullSchema), data);
    pages += 1;
    closed += pulls.length;
    for (const { merged_at: mergedAt, ...pull } of pulls) {
      if (mergedAt === null || mergedAt === undefined || Date.parse(mergedAt) < from) continue;
      if (request.label !== null && !pull.labels?.some(({ name }) => name === request.label)) continue;
      merged.set(pull.number, { ...pull, id: String(pull.number), merged_at: mergedAt });
    }
    request.onProgress?.(`Listing pull requests: ${merged.size} merged of ${closed} closed`);
    const oldestUpdate = Date.parse(pulls.at(-1)?.updated_at ?? '');
    if (oldestUpdate < from) break;
    const settled = [...merged.values()].filter((pull) => Date.parse(pull.merged_at) >= oldestUpdate);
    if (settled.length >= windowSize) break;
    if (pages >= maxPages) {
      request.onProgress?.(`Pull requests beyond the last ${closed} closed ones are not looked at`);
      break;
    }
  }
  const newest = [...merged.values()]
    .sort((a, b) => Date.parse(b.merged_at) - Date.parse(a.merged_at) || b.number - a.number)
    .slice(0, windowSize);
  return { newest, closed };
};

const loadPull = async (
  github: GitHub,
  access: GitHubAccess,
  pull: MergedPull,
): Promise<GroundTruth | { excluded: ExclusionReason }> => {
  const { owner, name } = access;
  let diff: unknown;
  try {
    const response = await github.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', {
      owner,
      repo: name,
      pull_number: pull.number,
      mediaType: { format: 'diff' },
    });
    diff = response.data;
  } catch (error) {
    const status = answeredStatus(error);
    if (status === 406) return { excluded: 'too_large' };
    if (status === 404 || status === 410 || status === 422) return { excluded: 'unreadable' };
    throw error;
  }
  // Without a charset in the answer, Octokit hands over bytes.
  const text = diff instanceof ArrayBuffer ? new Uint8Array(diff) : readAnswer(z.string(), diff);
  return toGroundTruth(
    {
      id: pull.id,
      title: pull.title ?? '',
      description: pull.body ?? '',
      mergedAt: new Date(pull.merged_at).toISOString(),
      mergeCommit: pull.merge_commit_sha ?? null,
      labels: (pull.labels ?? []).map((label) => label.name),
      author: pull.user?.login ?? null,
      url: pull.html_url ?? null,
      repository: `${owner}/${name}`,
    },
    text,
  );
};

/**
 * Merged pull requests of a GitHub repository, through its REST API at `apiUrl`. The token (null: none) is sent to
 * that origin only. Whether the repository is private decides whether the draw names it.
 */
export const githubSource = (access: GitHubAccess): GroundTruthSource => ({
  async draw(request) {
    const { owner, name } = access;
    const github = openGitHub(access, request);
    const ask = async <T>(work: Promise<T>): Promise<T> => {
      try {
        return await work;
      } catch (error) {
        request.signal?.throwIfAborted();
        throw gitHubError(error, access);
      }
    };
    const repository = await ask(openRepository(github, access));
    const { newest, closed } = await ask(listMerged(github, access, request));
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
    return drawChanges({
      candidates: newest,
      load: (pull) => ask(loadPull(github, access, pull)),
      request,
      source: `github:${owner}/${name}`,
      isPrivate: repository.private,
    });
  },
});
