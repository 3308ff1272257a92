import type { ExclusionReason, GroundTruth } from '#contracts/ground-truth.ts';
import { storableText } from '#contracts/text.ts';
import { readMergeMessage } from '../../text/merge-forms.ts';
import { drawChanges, sinceMs } from '../draw.ts';
import { toGroundTruth } from '../eligibility.ts';
import { type DrawRequest, type GroundTruthSource, SourceError } from '../source.ts';
import { type Change, changeGate } from './changed-files.ts';
import { type Git, missesObject, readDiff } from './diff.ts';
import { type Commit, historyFormat, parseHistory } from './history.ts';
import {
  type Lack,
  lackIn,
  openRepository,
  type Repository,
  type RepositoryOptions,
  readHead,
  textOf,
} from './open-repository.ts';
import { type GitOutcome, stoppedWords } from './runner.ts';

/**
 * How many of the newest first-parent commits a draw considers. Older ones say little about how a project works now.
 */
export const maxListedCommits = 2_000;

const listTimeoutMs = 60_000;
const maxListBytes = 64_000_000;
/** The message and parents of a larger commit are not read, because a few such commits would fill the list. */
const maxCommitBytes = 1_000_000;

const bounds = { timeoutMs: listTimeoutMs, maxBytes: maxListBytes };

/** Without a time, a commit is excluded as unreadable. */
const unreadCommit = (hash: string): Commit => ({
  id: hash,
  hash,
  parents: [],
  author: '',
  committedAt: null,
  title: '',
  branch: null,
  description: '',
});

const listCommits = async (repository: Repository, name: string): Promise<Commit[]> => {
  const failed = async (outcome: GitOutcome) => {
    const { stopped } = outcome;
    return new SourceError(
      'unreachable',
      missesObject(outcome)
        ? (await lackIn(repository, name)).advice
        : `The history of ${name} could not be read: git ${stopped === null ? 'failed' : stoppedWords[stopped]}. Check it with \`git fsck\`.`,
    );
  };
  const read = async (args: string[], input?: string[]) => {
    const done = await repository.history(args, {
      ...bounds,
      ...(input && { input: input.map((line) => `${line}\n`).join('') }),
    });
    if (done.code !== 0) throw await failed(done);
    return done;
  };
  const head = await readHead(repository, name);
  const listed = textOf(
    await read(['rev-list', '--first-parent', `--max-count=${maxListedCommits}`, head, '--']),
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
const isBoundary = async ({ history, isShallow }: Repository, commit: Commit): Promise<boolean> => {
  if (!isShallow || commit.parents.length > 0) return false;
  const raw = await history(['cat-file', 'commit', commit.hash], bounds);
  return /^parent /m.test(textOf(raw).split('\n\n')[0] ?? '');
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

/**
 * Title and description of the merged change. A message that only names a branch leaves them to the branch's only
 * commit; a branch of several commits is titled by its name.
 */
const wordsOf = async (git: Git, commit: Commit): Promise<{ title: string; description: string }> => {
  const { title, description, branch, parents } = commit;
  if (title !== null) return { title, description };
  const [first, ...merged] = parents;
  const read =
    first === undefined || merged.length === 0
      ? null
      : await git(
          ['rev-list', '--no-merges', '--max-count=2', '--encoding=UTF-8', '--format=%B%x00', '--stdin'],
          // A merge may have more parents than a command line holds.
          { ...bounds, maxBytes: 2 * maxCommitBytes, input: `${merged.join('\n')}\n^${first}\n` },
        );
  const messages = read?.code === 0 ? new TextDecoder().decode(read.stdout).split('\0').slice(0, -1) : [];
  const [only] = messages.length === 1 ? messages : [];
  // git prints a line "commit <hash>" before a message.
  const words =
    only === undefined ? null : readMergeMessage(storableText(only.replace(/^\s*commit .*\n/, '')), false);
  return {
    title: words?.title || branch || commit.hash.slice(0, 12),
    description: description || (words?.description ?? ''),
  };
};

const changeOf = ({ hash, parents }: Commit): Change => ({ from: parents[0] ?? null, to: hash });

const loadCommit = async (
  repository: Repository,
  gate: ReturnType<typeof changeGate>,
  commit: Commit,
  name: string,
): Promise<GroundTruth | { excluded: ExclusionReason }> => {
  const { committedAt } = commit;
  if (committedAt === null) return { excluded: 'unreadable' };
  if (await isBoundary(repository, commit)) return { excluded: 'not_held' };
  const refused = await gate.refusalOf(changeOf(commit));
  if (refused !== null) return { excluded: refused };
  const parent = commit.parents[0];
  const trees: [string, string] = parent === undefined ? ['--root', commit.hash] : [parent, commit.hash];
  const diff = await readDiff(repository.objects, trees);
  if (typeof diff === 'string') return { excluded: diff };
  return toGroundTruth(
    {
      id: commit.id,
      ...(await wordsOf(repository.history, commit)),
      mergedAt: committedAt,
      mergeCommit: commit.hash,
      labels: [],
      author: await authorOf(repository.history, commit),
      url: null,
      repository: name,
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
export const gitSource = (options: RepositoryOptions & { isPrivate?: boolean }): GroundTruthSource => ({
  async draw(request) {
    refuseLabel(request);
    const { name } = options;
    const repository = await openRepository(options, request.signal);
    let lack: Lack | null = null;
    try {
      request.onProgress?.(`Reading the history of ${name}`);
      const commits = await listCommits(repository, name);
      const from = sinceMs(request.since);
      const gate = changeGate(repository.objects);
      return await drawChanges({
        candidates: commits.filter(
          ({ committedAt }) =>
            request.since === null || (committedAt !== null && Date.parse(committedAt) >= from),
        ),
        prepare: (upcoming) => gate.prepare(upcoming.map(changeOf)),
        load: async (commit) => {
          const loaded = await loadCommit(repository, gate, commit, name);
          if (!('excluded' in loaded) || loaded.excluded !== 'not_held') return loaded;
          lack ??= await lackIn(repository, name);
          return lack.isPartial ? loaded : { excluded: 'unreadable' };
        },
        request,
        source: `git:${name}`,
        isPrivate: options.isPrivate ?? false,
        advice: () => lack?.advice ?? null,
      });
    } finally {
      await repository.close();
    }
  },
});
