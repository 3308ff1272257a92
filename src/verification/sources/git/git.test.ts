import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { temporaryFolders } from '#platform/git/repository-folders.ts';
import { gitRunner } from '#platform/git/run-git.ts';
import { createGitRepository, type GitRepository, plantTrap } from '#testing/builders/git-repository.ts';
import { parseDiff } from '../../diff/parse-diff.ts';
import { fileSource, serializeGroundTruth } from '../file.ts';
import { type DrawRequest, SourceError } from '../source.ts';
import { gitSource } from './git.ts';

const runGit = gitRunner({ searchPath: process.env.PATH ?? '' });
const request: DrawRequest = { limit: 50, reserve: 0, seed: 's', since: null, label: null };
const made: GitRepository[] = [];
const repository = () => {
  const created = createGitRepository();
  made.push(created);
  return created;
};
afterEach(() => {
  for (const created of made.splice(0)) created.remove();
});

const draw = async (path: string, more: Partial<DrawRequest> = {}) =>
  gitSource({ ...temporaryFolders, runGit, path, name: 'widgets' }).draw({ ...request, ...more });
const failure = async (path: string, more: Partial<DrawRequest> = {}) => {
  const error = await draw(path, more).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(SourceError);
  return error;
};
const text = (...words: string[]) => `${words.join('\n')}\n`;
const code = text('const one = 1;', 'const two = 2;', 'const three = 3;', 'const four = 4;');

test('merges and squashes are named by their pull request, plain commits by their hash', async () => {
  const repo = repository();
  const root = repo.commit({ message: 'Begin', files: { 'a.ts': code } });
  const merge = repo.mergePullRequest({
    number: 12,
    title: 'Add b',
    body: 'Because of c.',
    files: { 'b.ts': code },
    author: 'Grace',
  });
  const squash = repo.commit({
    message: 'Add d (#15)\n\n* one\n* two',
    files: { 'd.ts': code },
    author: 'Linus',
  });
  const result = await draw(repo.path);
  const byId = new Map(result.drawn.map((record) => [record.id, record]));
  expect([...byId.keys()].sort()).toEqual(['12', '15', root.slice(0, 12)].sort());
  expect(byId.get('12')).toMatchObject({
    title: 'Add b',
    description: 'Because of c.',
    author: 'Grace',
    mergeCommit: merge,
    filesChanged: ['b.ts'],
    repository: 'widgets',
    url: null,
  });
  expect(byId.get('15')).toMatchObject({ title: 'Add d', description: '* one\n* two', mergeCommit: squash });
  expect(byId.get(root.slice(0, 12))).toMatchObject({ title: 'Begin', filesChanged: ['a.ts'] });
  expect(result).toMatchObject({
    listed: 3,
    source: 'git:widgets',
    commitRange: `${root.slice(0, 12)}..${squash.slice(0, 12)}`,
    private: false,
  });
});

test('a number shared by two commits names neither', async () => {
  const repo = repository();
  const hashes = [1, 2].map((at) => repo.commit({ message: 'Port (#7)', files: { [`${at}.ts`]: code } }));
  const result = await draw(repo.path);
  expect(result.drawn.map(({ id }) => id).sort()).toEqual(hashes.map((hash) => hash.slice(0, 12)).sort());
});

test('the diff is against the first parent, whatever the repository configures', async () => {
  const repo = repository();
  repo.commit({ message: 'Begin', files: { 'old name.ts': code, 'ü.ts': code } });
  repo.commit({
    message: 'Move',
    files: { 'old name.ts': null, 'new name.ts': code, 'ü.ts': `${code}5\n6\n7\n` },
  });
  const before = await draw(repo.path);
  for (const setting of [
    'diff.noprefix=true',
    'diff.renames=false',
    'diff.algorithm=patience',
    'diff.context=0',
    'core.quotePath=true',
    'color.ui=always',
    'diff.mnemonicPrefix=true',
    'core.abbrev=40',
  ]) {
    repo.git('config', ...(setting.split('=') as [string, string]));
  }
  // Attributes in the checkout would turn the file into a binary one.
  writeFileSync(join(repo.path, '.gitattributes'), '*.ts -diff\n');
  repo.git('add', '.gitattributes');
  expect(await draw(repo.path)).toEqual(before);
  const moved = before.drawn.find(({ title }) => title === 'Move');
  expect(moved?.filesChanged).toEqual(['new name.ts', 'ü.ts']);
  expect(parseDiff(moved?.diff ?? '').files[0]).toMatchObject({ oldPath: 'old name.ts', status: 'renamed' });
  expect(moved?.diff).toContain('+++ b/ü.ts');
  expect(moved?.diff).not.toMatch(/^index /m);
});

test('nothing that a hostile repository configures is run', async () => {
  const repo = repository();
  const trap = plantTrap(repo.path);
  repo.commit({
    message: 'Begin',
    files: { 'a.ts': code, '.gitattributes': '*.ts diff=trap filter=trap\n' },
  });
  repo.commit({ message: 'Change', files: { 'a.ts': `${code}5\n6\n7\n` } });
  const settings: Record<string, string> = {
    'diff.external': trap.command,
    'diff.trap.command': trap.command,
    'diff.trap.textconv': trap.command,
    'filter.trap.clean': trap.command,
    'filter.trap.smudge': trap.command,
    'core.fsmonitor': trap.command,
    'core.pager': trap.command,
    'core.sshCommand': trap.command,
    'core.hooksPath': repo.path,
    'core.alternateRefsCommand': trap.command,
    'log.showSignature': 'true',
    'gpg.program': trap.command,
    'alias.rev-list': `!${trap.command}`,
    'remote.origin.url': `file://${repo.path}`,
    'remote.origin.uploadpack': trap.command,
    'protocol.ext.allow': 'always',
    'remote.origin.promisor': 'true',
    'extensions.partialClone': 'origin',
  };
  for (const [key, value] of Object.entries(settings)) repo.git('config', key, value);
  repo.git('config', 'core.repositoryFormatVersion', '1');
  writeFileSync(join(repo.path, '.git/info/attributes'), '*.ts diff=trap\n');
  // A missing object makes git ask a promisor remote.
  const blob = repo.git('rev-parse', 'HEAD:a.ts');
  const objects = join(repo.path, '.git/objects', blob.slice(0, 2), blob.slice(2));
  expect(existsSync(objects)).toBe(true);
  rmSync(objects, { force: true });
  rmSync(trap.sprung, { force: true });
  const result = await draw(repo.path);
  expect(result.excluded).toEqual({ not_held: 1 });
  expect(result.drawn).toHaveLength(1);
  expect(existsSync(trap.sprung)).toBe(false);
});

test('a merge that only names a branch is titled by the branch’s only commit, or by the branch', async () => {
  const repo = repository();
  repo.commit({ message: 'Begin', files: { 'a.ts': code } });
  const merge = (branch: string, message: string, commits: string[]) => {
    repo.git('checkout', '--quiet', '-b', branch);
    for (const [at, words] of commits.entries())
      repo.commit({ message: words, files: { [`${branch}-${at}.ts`]: code }, author: 'Grace' });
    repo.git('checkout', '--quiet', 'main');
    repo.git('merge', '--quiet', '--no-ff', `--message=${message}`, branch);
  };
  merge('fix-one', "Merge branch 'fix-one'\n\nConflicts:\n\tfile1.ts", [
    'Limit retries\n\nThey never ended.',
  ]);
  merge('fix/two', "Merge branch 'fix/two'", ['Add x', 'Add y']);
  merge('three', "Merge branch 'three'\n\n# Conflicts:\n#\tfile1.ts", ['Add z (#7)\n\nBecause.']);
  // Work that the branch took over from main is not its own.
  repo.git('checkout', '--quiet', '-b', 'four');
  repo.commit({ message: 'Add four', files: { 'four.ts': code } });
  repo.git('checkout', '--quiet', 'main');
  repo.commit({ message: 'Elsewhere', files: { 'elsewhere.ts': code } });
  repo.git('checkout', '--quiet', 'four');
  repo.git('merge', '--quiet', '--no-ff', "--message=Merge branch 'main' into four", 'main');
  repo.git('checkout', '--quiet', 'main');
  repo.git('merge', '--quiet', '--no-ff', "--message=Merge branch 'four'", 'four');
  // An octopus.
  for (const branch of ['five', 'six']) {
    repo.git('checkout', '--quiet', '-b', branch, 'main');
    repo.commit({ message: `Add ${branch}`, files: { [`${branch}.ts`]: code } });
  }
  repo.git('checkout', '--quiet', 'main');
  repo.git('merge', '--quiet', '--no-ff', "--message=Merge branches 'five' and 'six'", 'five', 'six');
  const { drawn } = await draw(repo.path);
  const words = new Map(
    drawn.map(({ filesChanged, title, description }) => [filesChanged.join(), [title, description]]),
  );
  expect(Object.fromEntries(words)).toEqual({
    'a.ts': ['Begin', ''],
    'fix-one-0.ts': ['Limit retries', 'Conflicts:\n\tfile1.ts'],
    'fix/two-0.ts,fix/two-1.ts': ['fix/two', ''],
    'three-0.ts': ['Add z', '# Conflicts:\n#\tfile1.ts'],
    'four.ts': ['Add four', ''],
    'elsewhere.ts': ['Elsewhere', ''],
    'five.ts,six.ts': ['five and six', ''],
  });
});

test('merges of every forge are named by their request', async () => {
  const repo = repository();
  repo.commit({ message: 'Begin', files: { 'a.ts': code } });
  const messages = [
    "Merge branch 'b' into 'main'\n\nAdd 13\n\nSee merge request g/p!13",
    "Merge pull request 'Add 2' (#2) from b into main\n\nReviewed-on: https://forge.example/o/r/pulls/2",
    'Merged in b (pull request #7)\n\nAdd 7',
    'Merged PR 15: Add 15',
    'Merge #19\n\n19: Add 19 r=bob a=ada\n\nBecause.',
  ];
  for (const [at, message] of messages.entries()) repo.commit({ message, files: { [`${at}.ts`]: code } });
  const { drawn } = await draw(repo.path);
  const named = drawn.filter(({ title }) => title !== 'Begin').map(({ id, title }) => `${id} ${title}`);
  expect(named.sort()).toEqual(['13 Add 13', '15 Add 15', '19 Add 19', '2 Add 2', '7 Add 7']);
});

test('the boundary commit of a shallow clone is not a change, and is counted', async () => {
  const repo = repository();
  for (const number of [1, 2, 3, 4])
    repo.commit({ message: `C${number}`, files: { [`${number}.ts`]: code } });
  const clone = repository();
  clone.git('fetch', '--quiet', '--depth=3', `file://${repo.path}`, 'main');
  clone.git('reset', '--quiet', '--hard', 'FETCH_HEAD');
  const result = await draw(clone.path);
  expect(result.drawn.map(({ title }) => title).sort()).toEqual(['C3', 'C4']);
  expect(result.excluded).toEqual({ not_held: 1 });
});

test('since filters the list by commit time', async () => {
  const repo = repository();
  repo.commit({ message: 'Old', files: { 'a.ts': code }, at: '2024-12-31T23:59:59Z' });
  repo.commit({ message: 'New', files: { 'b.ts': code }, at: '2025-01-01T00:00:00Z' });
  const result = await draw(repo.path, { since: '2025-01-01' });
  expect(result.drawn.map(({ title, mergedAt }) => [title, mergedAt])).toEqual([
    ['New', '2025-01-01T00:00:00.000Z'],
  ]);
  expect(await failure(repo.path, { since: '2030-01-01' })).toMatchObject({ code: 'no_eligible_changes' });
});

test('bare repositories and linked work trees are read like checkouts', async () => {
  const repo = repository();
  repo.commit({ message: 'Begin', files: { 'a.ts': code } });
  const expected = await draw(repo.path);
  repo.git('clone', '--quiet', '--bare', '.', 'bare.git');
  expect(await draw(join(repo.path, 'bare.git'))).toEqual(expected);
  repo.git('worktree', 'add', '--quiet', 'linked');
  expect(await draw(join(repo.path, 'linked'))).toEqual(expected);
});

test('a repository that belongs to another user is read', async () => {
  const repo = repository();
  repo.commit({ message: 'Begin', files: { 'a.ts': code } });
  const asOther = gitSource({
    ...temporaryFolders,
    // git's own switch for testing its owner check.
    runGit: (args, options) =>
      runGit(args, { ...options, env: { ...options.env, GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' } }),
    path: repo.path,
    name: 'widgets',
  });
  expect((await asOther.draw(request)).drawn).toHaveLength(1);
});

test('without git the error says to install it', async () => {
  const source = gitSource({
    ...temporaryFolders,
    runGit: gitRunner({ searchPath: '/nonexistent' }),
    path: '/tmp',
    name: 'x',
  });
  await expect(source.draw(request)).rejects.toMatchObject({ message: expect.stringMatching(/Install git/) });
});

test('messages in other encodings and with odd characters are read as text', async () => {
  const repo = repository();
  repo.git('config', 'i18n.commitEncoding', 'ISO-8859-1');
  writeFileSync(join(repo.path, 'm'), Buffer.from('Caf\u{e9} \u{1}x\n\nBody\n', 'latin1'));
  writeFileSync(join(repo.path, 'a.ts'), code);
  repo.git('add', 'a.ts');
  repo.git('commit', '--quiet', '-F', 'm');
  expect((await draw(repo.path)).drawn[0]).toMatchObject({ title: 'Café \u{1}x', description: 'Body' });
});

test('a draw from a repository can be saved to a file and drawn again', async () => {
  const repo = repository();
  for (const number of [1, 2, 3])
    repo.commit({ message: `C (#${number})`, files: { [`${number}.ts`]: code } });
  const drawn = await draw(repo.path);
  const kept = serializeGroundTruth(drawn.drawn);
  const again = await fileSource({ readText: async () => kept, path: 'x', name: 'widgets' }).draw(request);
  expect(again.drawn).toEqual(drawn.drawn);
});

test('the parser agrees with git on the paths and line counts of a difficult change', async () => {
  const repo = repository();
  const names = [
    'plain.ts',
    'with space.ts',
    'tab\there',
    'quote".ts',
    'ü日本.ts',
    'b b/b b/x',
    '-- dash',
    'back\\slash',
  ];
  repo.commit({ message: 'Begin', files: Object.fromEntries(names.map((name) => [name, code])) });
  repo.commit({
    message: 'Change',
    files: {
      ...Object.fromEntries(names.map((name) => [name, `-- x\n++ y\n${code}no newline`])),
      'crlf.txt': 'a\r\nb\r\n',
      'data.bin': new Uint8Array([0, 1, 2, 3]),
    },
  });
  const change = (await draw(repo.path)).drawn.find(({ title }) => title === 'Change');
  const counted = new Map(
    repo
      .git('diff-tree', '--numstat', '-z', 'HEAD~1', 'HEAD', '-r')
      .split('\0')
      .filter((line) => line !== '')
      .map((line) => {
        const [added, removed, path] = line.split(/\t(?=[\s\S])/, 3);
        return [line.slice(`${added}\t${removed}\t`.length), [added, removed, path !== undefined]] as const;
      }),
  );
  const { files } = parseDiff(change?.diff ?? '');
  expect(files).toHaveLength(names.length + 2);
  for (const { path, binary, changedLines } of files) {
    const count = (sign: string) => String(changedLines.filter((line) => line.sign === sign).length);
    expect([path, binary ? '-' : count('+'), binary ? '-' : count('-')]).toEqual([
      path,
      ...(counted.get(path)?.slice(0, 2) ?? []),
    ]);
  }
});
