import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { temporaryFolders } from '#platform/git/repository-folders.ts';
import { gitRunner } from '#platform/git/run-git.ts';
import { createGitRepository, type GitRepository } from '#testing/builders/git-repository.ts';
import { type DrawRequest, SourceError } from '../source.ts';
import { gitSource } from './git.ts';
import type { RunGit } from './runner.ts';

/** A repository that cannot be read says what it lacks, and with which command it is mended. */

const systemGit = gitRunner({ searchPath: process.env.PATH ?? '' });
const request: DrawRequest = { limit: 50, reserve: 0, seed: 's', since: null, label: null };
const code = 'one\ntwo\nthree\nfour\n';

const made: GitRepository[] = [];
const repository = (options?: Parameters<typeof createGitRepository>[0]) => {
  const created = createGitRepository(options);
  made.push(created);
  return created;
};
afterEach(() => {
  for (const created of made.splice(0)) created.remove();
});

/** Three changes, served with every kind of filter. */
const original = () => {
  const repo = repository();
  for (const number of [1, 2, 3])
    repo.commit({ message: `C${number}`, files: { [`${number}.ts`]: `${code}${number}\n` } });
  repo.git('config', 'uploadpack.allowFilter', 'true');
  return repo;
};
/** A clone in a folder inside of its original. */
const cloneOf = (repo: GitRepository, ...options: string[]) => {
  repo.git('clone', '--quiet', ...options, `file://${repo.path}`, 'clone');
  return join(repo.path, 'clone');
};
const gitIn = (repo: GitRepository, path: string) => (command: string) =>
  repo.git('-C', path, ...command.split(' ').slice(1));

const draw = async (path: string, runGit: RunGit = systemGit) => {
  const said: string[] = [];
  const result = await gitSource({ ...temporaryFolders, runGit, path, name: 'widgets' }).draw({
    ...request,
    onProgress: (message) => said.push(message),
  });
  return { ...result, said };
};
const failure = async (path: string, runGit: RunGit = systemGit): Promise<SourceError> => {
  const error = await draw(path, runGit).then(
    () => expect.unreachable('the draw should fail'),
    (reason: unknown) => reason,
  );
  return error instanceof SourceError ? error : expect.unreachable(String(error));
};
const commandsIn = ({ message }: { message: string }) =>
  [...message.matchAll(/`(git [^`]+)`/g)].map(([, command = '']) => command);

const titles = ({ drawn }: { drawn: { title: string }[] }) => drawn.map(({ title }) => title).sort();
const removeObject = (path: string, hash: string) =>
  rmSync(join(path, 'objects', hash.slice(0, 2), hash.slice(2)), { force: true });

test.each([
  ['of depth 1', ['--depth=1'], /shallow clone/],
  ['without file contents', ['--no-checkout', '--filter=blob:none'], /partial clone/],
  ['without trees', ['--no-checkout', '--filter=tree:0'], /partial clone/],
  [
    'of depth 1 without file contents',
    ['--no-checkout', '--depth=1', '--filter=blob:none'],
    /shallow.*partial/,
  ],
  ['bare, of depth 1', ['--bare', '--depth=1'], /shallow clone/],
])('a clone %s gives the cause and the commands that mend it', async (_, options, cause) => {
  const repo = original();
  const path = cloneOf(repo, ...options);
  const error = await failure(path);
  expect(error).toMatchObject({ code: 'no_eligible_changes', message: expect.stringMatching(cause) });
  expect(error.message).toContain('not held by this clone');
  const commands = commandsIn(error);
  expect(commands).not.toEqual([]);
  for (const command of commands) gitIn(repo, path)(command);
  expect(titles(await draw(path))).toEqual(['C1', 'C2', 'C3']);
});

test('a clone that holds a part is drawn from, and reports the rest', async () => {
  const repo = original();
  const path = cloneOf(repo, '--depth=2');
  const result = await draw(path);
  expect(titles(result)).toEqual(['C3']);
  expect(result.excluded).toEqual({ not_held: 1 });
  expect(result.said).toContainEqual(expect.stringMatching(/shallow clone.*`git fetch --unshallow`/));
});

test('a partial clone that was checked out has what was fetched meanwhile', async () => {
  const repo = original();
  repo.commit({ message: 'Change', files: { '1.ts': `${code}five\nsix\nseven\n` } });
  const result = await draw(cloneOf(repo, '--filter=blob:none'));
  // The checkout fetched the newest contents only: the old ones of 1.ts are missing twice.
  expect(titles(result)).toEqual(['C2', 'C3']);
  expect(result.excluded).toEqual({ not_held: 2 });
});

test.each([
  ['contents', 'HEAD:3.ts'],
  ['tree', 'HEAD^{tree}'],
  ['commit in the history', 'HEAD~1'],
  ['newest commit', 'HEAD'],
])('a missing %s of a full clone is fetched again by the given command', async (_, revision) => {
  const repo = original();
  repo.git('clone', '--quiet', '--bare', '.', 'backup.git');
  removeObject(join(repo.path, '.git'), repo.git('rev-parse', revision));
  const lost = await draw(repo.path).then(
    ({ said, excluded }) => {
      expect(excluded).toEqual({ unreadable: 1 });
      return { message: said.join('\n') };
    },
    (error: SourceError) => error,
  );
  expect(lost.message).toMatch(/Objects of widgets are missing/);
  // Without a remote nothing can fetch them.
  expect(commandsIn(lost)).toEqual(['git fsck --full']);
  repo.git('remote', 'add', 'origin', `file://${repo.path}/backup.git`);
  const mendable = await draw(repo.path).then(
    ({ said }) => ({ message: said.join('\n') }),
    (error: SourceError) => error,
  );
  const commands = commandsIn(mendable);
  expect(commands).toEqual(['git fetch --refetch']);
  for (const command of commands) gitIn(repo, repo.path)(command);
  expect(titles(await draw(repo.path))).toEqual(['C1', 'C2', 'C3']);
});

test('a clone whose borrowed objects are gone does not look empty', async () => {
  const repo = original();
  const borrowing = repository();
  borrowing.git('clone', '--quiet', '--bare', '--shared', repo.path, 'borrowing.git');
  const path = join(borrowing.path, 'borrowing.git');
  expect(titles(await draw(path))).toEqual(['C1', 'C2', 'C3']);
  rmSync(join(repo.path, '.git/objects'), { recursive: true });
  expect((await failure(path)).message).toMatch(/Objects of widgets are missing/);
});

const unreadable: [is: string, change: (repo: GitRepository) => void, said: RegExp, mends: boolean][] = [
  [
    'with an unknown extension',
    (repo) => {
      repo.git('config', 'core.repositoryFormatVersion', '1');
      repo.git('config', 'extensions.planted', 'true');
    },
    /the repository extension planted, which this git does not know\. Install a newer git/,
    true,
  ],
  [
    'with an extension, but a version without extensions',
    (repo) => repo.git('config', 'extensions.objectFormat', 'sha1'),
    /extension objectformat, but states a version without/,
    true,
  ],
  [
    'of a newer format',
    (repo) => repo.git('config', 'core.repositoryFormatVersion', '7'),
    /repository format 7, which this git does not know\. Install a newer git/,
    false,
  ],
  [
    'with an unknown hash',
    (repo) => {
      repo.git('config', 'core.repositoryFormatVersion', '1');
      repo.git('config', 'extensions.objectFormat', 'sha3');
    },
    /value of extensions\.objectformat that this git does not know\. Install a newer git/,
    false,
  ],
  [
    'with references in tables, which only a newer git knows',
    (repo) => {
      repo.git('config', 'core.repositoryFormatVersion', '1');
      repo.git('config', 'extensions.refStorage', 'tables');
    },
    /(?:extension refstorage|value of extensions\.refstorage).*Install a newer git/i,
    false,
  ],
  [
    'with a broken configuration',
    (repo) => writeFileSync(join(repo.path, '.git/config'), '[core\nx'),
    /cannot read the configuration of widgets \(line \d\)/,
    false,
  ],
  ['without HEAD', (repo) => rmSync(join(repo.path, '.git/HEAD')), /is not a git repository/, false],
];

test.each(unreadable)('a repository %s says so and how to mend it', async (_, change, said, mends) => {
  const repo = original();
  change(repo);
  const error = await failure(repo.path);
  expect(error.message).toMatch(said);
  expect(error.message).not.toContain(repo.path);
  const [command] = commandsIn(error);
  if (!mends || command === undefined) return;
  // A repository that git refuses to open can only be mended by its file.
  repo.git(...command.split(' ').slice(1));
  expect(titles(await draw(repo.path))).toEqual(['C1', 'C2', 'C3']);
});

test('a repository with SHA-256 is read', async () => {
  const repo = repository({ objectFormat: 'sha256' });
  repo.commit({ message: 'Begin', files: { 'a.ts': code } });
  const { drawn } = await draw(repo.path);
  expect(drawn[0]?.mergeCommit).toMatch(/^[0-9a-f]{64}$/);
  expect(drawn[0]?.diff).toContain('+one');
});

test('an empty repository, an unborn branch beside others, and a bare one differ', async () => {
  const empty = repository();
  expect(await failure(empty.path)).toMatchObject({
    code: 'empty',
    message: expect.stringMatching(/has no commit\./),
  });
  const repo = original();
  repo.git('symbolic-ref', 'HEAD', 'refs/heads/none');
  const error = await failure(repo.path);
  expect(error).toMatchObject({ code: 'empty', message: expect.stringMatching(/on its current branch/) });
  const [command = ''] = commandsIn(error);
  expect(command).toBe('git symbolic-ref HEAD refs/heads/main');
  gitIn(repo, repo.path)(command);
  expect(titles(await draw(repo.path))).toEqual(['C1', 'C2', 'C3']);
  expect(titles(await draw(cloneOf(repo, '--bare')))).toEqual(['C1', 'C2', 'C3']);
});

test('a plain folder, a folder inside a repository, a missing path, a file and a label give different errors', async () => {
  expect(await failure(tmpdir())).toMatchObject({
    code: 'not_found',
    message: expect.stringMatching(/not a git repository/),
  });
  expect((await failure(join(tmpdir(), 'echelon-none'))).message).toMatch(/does not exist/);
  const repo = repository();
  repo.commit({ message: 'Begin', files: { 'src/a.ts': code } });
  expect((await failure(join(repo.path, 'src'))).message).toMatch(/folder inside/);
  expect((await failure(join(repo.path, 'src/a.ts'))).message).toMatch(/is not a git repository/);
  await expect(
    gitSource({ ...temporaryFolders, runGit: systemGit, path: repo.path, name: 'x' }).draw({
      ...request,
      label: 'l',
    }),
  ).rejects.toMatchObject({ code: 'invalid' });
});

test('a work tree and a submodule whose repository has moved name the command for each', async () => {
  const repo = original();
  repo.git('worktree', 'add', '--quiet', 'linked');
  writeFileSync(join(repo.path, 'linked/.git'), 'gitdir: /nonexistent/.git/worktrees/linked\n');
  expect(commandsIn(await failure(join(repo.path, 'linked')))).toEqual(['git worktree repair widgets']);
  writeFileSync(join(repo.path, 'linked/.git'), 'gitdir: ../.git/modules/none\n');
  expect(commandsIn(await failure(join(repo.path, 'linked')))).toEqual([
    'git submodule update --init widgets',
  ]);
  writeFileSync(join(repo.path, 'linked/.git'), 'gitdir: /nonexistent\n');
  expect((await failure(join(repo.path, 'linked'))).message).toMatch(/does not lead to a repository/);
});

test('a repository of another user that git refuses says whose it must be', async () => {
  const repo = original();
  const strict: RunGit = (args, options) =>
    systemGit(args, {
      ...options,
      // git's own switch for testing its owner check, and no exemption from it, as before git 2.38.
      env: { ...options.env, GIT_TEST_ASSUME_DIFFERENT_OWNER: '1', GIT_CONFIG_COUNT: '0' },
    });
  expect(await failure(repo.path, strict)).toMatchObject({
    code: 'unauthorized',
    message: expect.stringMatching(/belongs to another user.*`sudo chown/),
  });
});

test('the temporary repository is removed, also when the draw fails', async () => {
  const folders: string[] = [];
  const watched = {
    ...temporaryFolders,
    makeTempDir: async () => {
      const folder = await temporaryFolders.makeTempDir();
      folders.push(folder);
      return folder;
    },
  };
  const repo = original();
  for (const since of [null, '2999-01-01']) {
    await gitSource({ ...watched, runGit: systemGit, path: repo.path, name: 'widgets' })
      .draw({ ...request, since })
      .catch(() => undefined);
  }
  expect(folders).toHaveLength(2);
  for (const folder of folders) expect(existsSync(folder)).toBe(false);
});
