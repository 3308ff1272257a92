import type { ExclusionReason, GroundTruth } from '#contracts/ground-truth.ts';
import { drawChanges, sinceMs } from '../draw.ts';
import { toGroundTruth } from '../eligibility.ts';
import { type DrawRequest, type GroundTruthSource, SourceError } from '../source.ts';
import { type Change, changeGate } from './changed-files.ts';
import { type Git, readDiff, readingConfig } from './diff.ts';
import { type Commit, historyFormat, parseHistory } from './history.ts';
import { type GitOutcome, isolation, type RunGit, stoppedWords } from './runner.ts';

/**
 * How many of the newest first-parent commits a draw considers. Older ones say little about how a project works now.
 */
export const maxListedCommits = 2_000;

const listTimeoutMs = 60_000;
const maxListBytes = 64_000_000;
/** The message and parents of a larger commit are not read, because a few such commits would fill the list. */
const maxCommitBytes = 1_000_000;

const startGit = async (name: string, run: () => Promise<GitOutcome>, signal?: AbortSignal) => {
  try {
    return await run();
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof SourceError) throw error;
    throw new SourceError(
      'unreachable',
      `git could not be started to read ${name}. Install git and put it on the PATH.`,
    );
  }
};

const textOf = ({ stdout }: GitOutcome) => new TextDecoder().decode(stdout).trim();

/** Finds the repository's own folder. Later calls name it and read no work tree. */
const openRepository = async (
  options: { runGit: RunGit; path: string; name: string },
  signal?: AbortSignal,
): Promise<Git> => {
  const { runGit, path, name } = options;
  const run = (args: string[], env: Record<string, string>, bounds: Parameters<Git>[1]) =>
    startGit(
      name,
      () =>
        runGit(args, {
          env: { ...isolation, ...readingConfig, ...env },
          ...bounds,
          ...(signal && { signal }),
        }),
      signal,
    );
  const found = await run(
    ['-C', path, 'rev-parse', '--absolute-git-dir', '--show-prefix'],
    {},
    { timeoutMs: listTimeoutMs, maxBytes: 100_000 },
  );
  if (found.code !== 0) {
    throw /dubious ownership/.test(found.stderr)
      ? new SourceError(
          'unauthorized',
          `${name} belongs to another user, and this git refuses it. Run as its owner, or use git 2.38 or newer.`,
        )
      : new SourceError(
          'not_found',
          `${name} is not a git repository. Give the folder of one, a git URL, GitHub's owner/name, or a .jsonl file.`,
        );
  }
  const [gitDirectory = '', prefix = ''] = textOf(found).split('\n');
  if (prefix !== '') {
    throw new SourceError(
      'not_found',
      `${name} is a folder inside a git repository, not a repository. Give the repository's top folder.`,
    );
  }
  // The work tree and index do not exist. Otherwise attributes in the checkout would change the diff, and a clone would
  // give another diff than the checkout it came from.
  const nowhere = `${gitDirectory}/echelon-verify-no-such-file`;
  return (args, bounds) =>
    run(
      ['-C', gitDirectory, `--git-dir=${gitDirectory}`, '--no-pager', ...args],
      { GIT_WORK_TREE: nowhere, GIT_INDEX_FILE: nowhere },
      bounds,
    );
};

/** Without a time, a commit is excluded as unreadable. */
const unreadCommit = (hash: string): Commit => ({
  id: hash,
  hash,
  parents: [],
  author: '',
  committedAt: null,
  title: '',
  description: '',
});

const listCommits = async (git: Git, name: string): Promise<Commit[]> => {
  const bounds = { timeoutMs: listTimeoutMs, maxBytes: maxListBytes };
  const head = await git(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], bounds);
  if (head.code !== 0) {
    throw new SourceError(
      'empty',
      `${name} has no commit on its current branch. Choose a repository with merged changes.`,
    );
  }
  const failed = ({ stopped }: GitOutcome) =>
    new SourceError(
      'unreachable',
      `The history of ${name} could not be read: git ${stopped === null ? 'failed' : stoppedWords[stopped]}. Check it with \`git fsck\`.`,
    );
  const read = async (args: string[], input?: string[]) => {
    const done = await git(args, {
      ...bounds,
      ...(input && { input: input.map((line) => `${line}\n`).join('') }),
    });
    if (done.code !== 0) throw failed(done);
    return done;
  };
  const listed = textOf(
    await read(['rev-list', '--first-parent', `--max-count=${maxListedCommits}`, textOf(head), '--']),
  ).split('\n');
  const sizes = textOf(await read(['cat-file', '--batch-check=%(objectname) %(objectsize)'], listed));
  const small = sizes.split('\n').flatMap((line) => {
    const [hash = '', bytes] = line.split(' ');
    return Number(bytes) <= maxCommitBytes ? [hash] : [];
  });
  const shown = await read(
    ['rev-list', '--no-walk=unsorted', '--stdin', '--encoding=UTF-8', `--format=${historyFormat}`],
    small,
  );
  const commits = new Map(parseHistory(shown.stdout).map((commit) => [commit.hash, commit]));
  return listed.map((hash) => commits.get(hash) ?? unreadCommit(hash));
};

/**
 * In a shallow clone the oldest commit seems to have no parents, and its diff would be the whole tree. The raw commit
 * object still names its parents.
 */
const withoutBoundary = async (git: Git, commits: Commit[]): Promise<Commit[]> => {
  const oldest = commits.at(-1);
  if (oldest === undefined || oldest.parents.length > 0) return commits;
  const raw = await git(['cat-file', 'commit', oldest.hash], {
    timeoutMs: listTimeoutMs,
    maxBytes: maxListBytes,
  });
  const header = textOf(raw).split('\n\n')[0] ?? '';
  return /^parent /m.test(header) ? commits.slice(0, -1) : commits;
};

/** A merge commit names the person who merged; the author of the merged commit wrote the change. */
const authorOf = async (git: Git, commit: Commit): Promise<string> => {
  const merged = commit.parents[1];
  if (merged === undefined) return commit.author;
  const shown = await git(['rev-list', '--no-walk', '--encoding=UTF-8', '--format=%an', merged, '--'], {
    timeoutMs: listTimeoutMs,
    maxBytes: 100_000,
  });
  // In a shallow clone the merged commit may be missing.
  return shown.code === 0 ? (textOf(shown).split('\n')[1] ?? commit.author) : commit.author;
};

const changeOf = ({ hash, parents }: Commit): Change => ({ from: parents[0] ?? null, to: hash });

const loadCommit = async (
  git: Git,
  gate: ReturnType<typeof changeGate>,
  commit: Commit,
  repository: string,
): Promise<GroundTruth | { excluded: ExclusionReason }> => {
  const { committedAt } = commit;
  if (committedAt === null) return { excluded: 'unreadable' };
  const refused = await gate.refusalOf(changeOf(commit));
  if (refused !== null) return { excluded: refused };
  const parent = commit.parents[0];
  const trees: [string, string] = parent === undefined ? ['--root', commit.hash] : [parent, commit.hash];
  const diff = await readDiff(git, trees);
  if (diff === 'too_large' || diff === 'unreadable') return { excluded: diff };
  return toGroundTruth(
    {
      id: commit.id,
      title: commit.title,
      description: commit.description,
      mergedAt: committedAt,
      mergeCommit: commit.hash,
      labels: [],
      author: await authorOf(git, commit),
      url: null,
      repository,
    },
    diff,
  );
};

const refuseLabel = (request: DrawRequest) => {
  if (request.label === null) return;
  throw new SourceError(
    'invalid',
    'Commits have no labels. Leave the label out, or name the repository on GitHub as owner/name.',
  );
};

/**
 * Merged changes of a local repository: the first-parent commits of HEAD, each compared with its first parent. `name`
 * stands for the repository in errors, certificate and ground truth, since a path may reveal more than its owner wants.
 * `isPrivate` keeps the name out of the draw too.
 */
export const gitSource = (options: {
  runGit: RunGit;
  path: string;
  name: string;
  isPrivate?: boolean;
}): GroundTruthSource => ({
  async draw(request) {
    refuseLabel(request);
    const { name } = options;
    const git = await openRepository(options, request.signal);
    request.onProgress?.(`Reading the history of ${name}`);
    const commits = await withoutBoundary(git, await listCommits(git, name));
    const from = sinceMs(request.since);
    const gate = changeGate(git);
    return drawChanges({
      candidates: commits.filter(
        ({ committedAt }) =>
          request.since === null || (committedAt !== null && Date.parse(committedAt) >= from),
      ),
      prepare: (upcoming) => gate.prepare(upcoming.map(changeOf)),
      load: (commit) => loadCommit(git, gate, commit, name),
      request,
      source: `git:${name}`,
      isPrivate: options.isPrivate ?? false,
    });
  },
});
