import { SourceError } from '../source.ts';
import { type Git, missesObject, readingConfig } from './diff.ts';
import { type GitOutcome, isolation, type RunGit, type TemporaryFolders } from './runner.ts';

export type RepositoryOptions = TemporaryFolders & { runGit: RunGit; path: string; name: string };

export type Repository = {
  /** Reads commits in the repository itself. */
  history: Git;
  /**
   * Reads the repository's objects from an empty repository. So neither the configuration, the attributes, the grafts
   * nor the replaced objects of the checkout can change a diff, and a clone gives the same diff as its original.
   */
  objects: Git;
  isShallow: boolean;
  close(): Promise<void>;
};

const bounds = { timeoutMs: 60_000, maxBytes: 1_000_000 };

export const textOf = ({ stdout }: GitOutcome): string => new TextDecoder().decode(stdout).trim();

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

/** Why git refuses to open a folder as a repository, in git's words and in ours: the cause and what mends it. */
const refusals: {
  said: RegExp;
  code: SourceError['code'];
  explain: (name: string, found: string) => string;
}[] = [
  {
    said: /dubious ownership/,
    code: 'unauthorized',
    explain: (name) =>
      `${name} belongs to another user, and this git refuses it. Run as its owner, use git 2.38 or newer, or run \`sudo chown -R "$USER" .\` in it.`,
  },
  {
    said: /unknown repository extensions? found:\s*([\w.-]+)/,
    code: 'invalid',
    explain: (name, found) =>
      `${name} uses the repository extension ${found}, which this git does not know. Install a newer git. If nothing uses the extension, run \`git config --file .git/config --unset extensions.${found}\` in it.`,
  },
  {
    said: /v1-only extensions? found:\s*([\w.-]+)/,
    code: 'invalid',
    explain: (name, found) =>
      `${name} uses the repository extension ${found}, but states a version without extensions. Run \`git config --file .git/config core.repositoryFormatVersion 1\` in it.`,
  },
  {
    said: /Expected git repo version <= \d+, found (\d+)/,
    code: 'invalid',
    explain: (name, found) =>
      `${name} has the repository format ${found}, which this git does not know. Install a newer git, or run \`git clone --bare . plain.git\` in it with the git that made it, and give plain.git.`,
  },
  {
    said: /invalid value for '(extensions\.\w+)'/,
    code: 'invalid',
    explain: (name, found) =>
      `${name} has a value of ${found} that this git does not know. Install a newer git. \`git config --file .git/config ${found}\` shows the value.`,
  },
  {
    said: /bad (?:numeric |boolean )?config (?:line (\d+)|value)/,
    code: 'invalid',
    explain: (name, line) =>
      `git cannot read the configuration of ${name}${line === '' ? '' : ` (line ${line})`}. Mend it with \`git config --file .git/config --edit\`.`,
  },
  {
    said: /not a git repository: .*\/(worktrees|modules)\//,
    code: 'not_found',
    explain: (name, kind) =>
      kind === 'worktrees'
        ? `${name} is a work tree whose repository has moved. Run \`git worktree repair ${name}\` in that repository.`
        : `${name} is a submodule whose repository is not there. Run \`git submodule update --init ${name}\` in the repository around it.`,
  },
  {
    said: /not a git repository: |invalid gitfile format|no path in gitfile/,
    code: 'not_found',
    explain: (name) =>
      `The file .git of ${name} does not lead to a repository. Give the repository's own folder.`,
  },
  {
    said: /cannot change to .*: No such file or directory/,
    code: 'not_found',
    explain: (name) => `${name} does not exist. Give the folder of a git repository.`,
  },
  {
    said: /cannot change to .*: Permission denied|Permission denied/,
    code: 'unauthorized',
    explain: (name) =>
      `The files of ${name} may not be read. Run as its owner, or run \`chmod -R u+rX .\` in it.`,
  },
];

const refusalOf = (name: string, { stderr }: GitOutcome): SourceError => {
  for (const { said, code, explain } of refusals) {
    const match = said.exec(stderr);
    if (match !== null) return new SourceError(code, explain(name, match[1] ?? ''));
  }
  return new SourceError(
    'not_found',
    `${name} is not a git repository. Give the folder of one, a git URL, GitHub's owner/name, or a .jsonl file.`,
  );
};

/** Opens a folder as a repository. The caller closes it. */
export const openRepository = async (
  { runGit, path, name, makeTempDir, removeDir }: RepositoryOptions,
  signal?: AbortSignal,
): Promise<Repository> => {
  const run = (args: string[], env: Record<string, string>, limits: Parameters<Git>[1]) =>
    startGit(
      name,
      () =>
        runGit(args, {
          env: { ...isolation, ...readingConfig, ...env },
          ...limits,
          ...(signal && { signal }),
        }),
      signal,
    );
  const gitIn =
    (directory: string, env: Record<string, string>): Git =>
    (args, limits) => {
      // The work tree and index do not exist, so their attributes do not count.
      const nowhere = `${directory}/echelon-verify-no-such-file`;
      return run(
        ['-C', directory, `--git-dir=${directory}`, '--no-pager', ...args],
        { GIT_WORK_TREE: nowhere, GIT_INDEX_FILE: nowhere, ...env },
        limits,
      );
    };
  const found = await run(['-C', path, 'rev-parse', '--absolute-git-dir', '--show-prefix'], {}, bounds);
  if (found.code !== 0) throw refusalOf(name, found);
  const [gitDirectory = '', prefix = ''] = textOf(found).split('\n');
  if (prefix !== '') {
    throw new SourceError(
      'not_found',
      `${name} is a folder inside a git repository, not a repository. Give the repository's top folder.`,
    );
  }
  const history = gitIn(gitDirectory, {});
  const facts = await history(
    ['rev-parse', '--is-shallow-repository', '--show-object-format', '--git-path', 'objects'],
    bounds,
  );
  const [shallow = '', format = '', objectsPath = ''] = textOf(facts).split('\n');
  if (facts.code !== 0) throw refusalOf(name, facts);
  const empty = await makeTempDir();
  try {
    const made = await run(
      ['init', '--quiet', '--bare', '--template=', `--object-format=${format}`, empty],
      {},
      bounds,
    );
    if (made.code !== 0) {
      throw new SourceError(
        'unreachable',
        `git could not make a temporary repository to read ${name}. Check the disk space of the temporary folder.`,
        { retryable: true },
      );
    }
  } catch (error) {
    await removeDir(empty);
    throw error;
  }
  return {
    history,
    objects: gitIn(empty, { GIT_OBJECT_DIRECTORY: objectsPath }),
    isShallow: shallow === 'true',
    close: () => removeDir(empty),
  };
};

export type Lack = {
  /** The clone was made without what is missing, so nothing is damaged. */
  isPartial: boolean;
  /** The cause, and the commands that mend it. */
  advice: string;
};

/** Why the repository lacks objects. */
export const lackIn = async ({ history, isShallow }: Repository, name: string): Promise<Lack> => {
  const read = async (pattern: string) => textOf(await history(['config', '--get-regexp', pattern], bounds));
  const filtered = (await read('^(remote\\..*\\.promisor|extensions\\.partialclone)$')) !== '';
  const advice = [
    ...(isShallow
      ? [
          `${name} is a shallow clone, which holds only its newest commits. Run \`git fetch --unshallow\` in it.`,
        ]
      : []),
    ...(filtered
      ? [
          `${name} is a partial clone, which does not hold all files of its history. Run \`git fetch --refetch --no-filter\` in it.`,
        ]
      : []),
  ];
  if (advice.length > 0) return { isPartial: true, advice: advice.join(' ') };
  return {
    isPartial: false,
    advice:
      (await read('^remote\\..*\\.url$')) === ''
        ? `Objects of ${name} are missing. \`git fsck --full\` names them. Restore them from another copy.`
        : `Objects of ${name} are missing. Run \`git fetch --refetch\` in it, or clone it again.`,
  };
};

/** The newest commit of the current branch. */
export const readHead = async (repository: Repository, name: string): Promise<string> => {
  const git = repository.history;
  const head = await git(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], bounds);
  if (head.code === 0) return textOf(head);
  const pointed = await git(['rev-parse', '--verify', '--quiet', 'HEAD'], bounds);
  if (pointed.code === 0 || missesObject(head)) {
    throw new SourceError('unreachable', (await lackIn(repository, name)).advice);
  }
  const others = await git(
    [
      'for-each-ref',
      '--count=1',
      '--sort=-committerdate',
      '--format=%(refname)',
      'refs/heads',
      'refs/remotes',
    ],
    bounds,
  );
  const other = textOf(others).split('\n')[0] ?? '';
  throw new SourceError(
    'empty',
    other === ''
      ? `${name} has no commit. Choose a repository with merged changes.`
      : `${name} has no commit on its current branch. Run \`git symbolic-ref HEAD ${other}\` in it, or choose another repository.`,
  );
};
