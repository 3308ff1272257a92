import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { temporaryFolders } from '#platform/git/repository-folders.ts';
import { gitRunner } from '#platform/git/run-git.ts';
import { createGitRepository, type GitRepository, plantTrap } from '#testing/builders/git-repository.ts';
import type { DrawRequest } from '../source.ts';
import { gitSource } from './git.ts';

/** One commit has one diff, whatever the checkout, its owner or the environment configure. */

const runGit = gitRunner({ searchPath: process.env.PATH ?? '' });
const request: DrawRequest = { limit: 50, reserve: 0, seed: 's', since: null, label: null };
const made: GitRepository[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const created of made.splice(0)) created.remove();
});

const draw = (path: string) =>
  gitSource({ ...temporaryFolders, runGit, path, name: 'widgets' }).draw(request);
const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => `  line(${from + at});\n`).join('');

/** Changes whose diffs depend on the settings for renames, hunks, indentation, quoting, order and attributes. */
const repository = () => {
  const repo = createGitRepository();
  made.push(repo);
  repo.commit({
    message: 'Begin\n\nBody of it.',
    files: {
      'b.ts': `function a() {\n${lines(0, 30)}}\n\nfunction b() {\n${lines(0, 30)}}\n`,
      'old name.ts': lines(0, 40),
      'ü.ts': lines(0, 20),
      'crlf.txt': 'a \r\nb\r\nc\r\n',
      'text.bin': new Uint8Array([104, 0, 105, 10]),
      'doc.md': '# Title\n\nwords\n',
    },
  });
  repo.commit({
    message: 'Change (#4)',
    files: {
      'b.ts': `function a() {\n${lines(0, 14)}  more();\n${lines(14, 18)}  other();\n${lines(18, 30)}}\n\nfunction c() {\n${lines(0, 30)}}\n\nfunction b() {\n${lines(0, 30)}}\n`,
      'old name.ts': null,
      'new name.ts': `${lines(0, 38)}  changed();\n  twice();\n`,
      'ü.ts': `${lines(0, 10)}\n\n  spaced( );\n${lines(10, 20)}`,
      'crlf.txt': 'a\nb\r\nd\r\n',
      'text.bin': new Uint8Array([104, 0, 106, 10]),
      'doc.md': '# Title\n\nother words\nand more\n',
      'copy.ts': lines(0, 40),
    },
  });
  return repo;
};

/** Settings that change what `git diff`, `git log` or `git rev-list` print, each with a value other than the default. */
const settings: Record<string, string> = {
  'diff.algorithm': 'patience',
  'diff.autoRefreshIndex': 'false',
  'diff.colorMoved': 'zebra',
  'diff.context': '0',
  'diff.dirstat': 'lines',
  'diff.dstPrefix': 'new/',
  'diff.ignoreSubmodules': 'all',
  'diff.indentHeuristic': 'false',
  'diff.interHunkContext': '10',
  'diff.mnemonicPrefix': 'true',
  'diff.noPrefix': 'true',
  'diff.relative': 'true',
  'diff.renameLimit': '1',
  'diff.renames': 'false',
  'diff.srcPrefix': 'old/',
  'diff.statGraphWidth': '1',
  'diff.submodule': 'log',
  'diff.suppressBlankEmpty': 'true',
  'diff.trustExitCode': 'true',
  'diff.wordRegex': '.',
  'diff.wsErrorHighlight': 'all',
  'color.ui': 'always',
  'color.diff': 'always',
  'core.abbrev': '40',
  'core.attributesFile': 'planted-attributes',
  'core.autocrlf': 'true',
  'core.bigFileThreshold': '1',
  'core.eol': 'crlf',
  'core.ignoreCase': 'true',
  'core.pager': 'false',
  'core.precomposeUnicode': 'true',
  'core.quotePath': 'true',
  'core.safecrlf': 'true',
  'core.whitespace': 'cr-at-eol',
  'core.worktree': '..',
  'core.commentChar': ';',
  'format.pretty': 'oneline',
  'i18n.commitEncoding': 'ISO-8859-1',
  'i18n.logOutputEncoding': 'UTF-16',
  'log.abbrevCommit': 'true',
  'log.date': 'relative',
  'log.decorate': 'full',
  'log.diffMerges': 'combined',
  'log.follow': 'true',
  'log.mailmap': 'true',
  'log.showRoot': 'false',
  'log.showSignature': 'true',
  'merge.log': 'true',
  'submodule.recurse': 'true',
  'attr.tree': 'HEAD',
};

const attributes = [
  '*.ts -diff',
  '*.md diff=planted',
  '*.txt binary',
  '*.bin diff text',
  '* filter=planted eol=crlf export-ignore',
].join('\n');

test('neither settings, attributes, replaced objects, grafts nor the environment change a diff', async () => {
  const repo = repository();
  const before = await draw(repo.path);
  expect(before.drawn).toHaveLength(2);

  const trap = plantTrap(repo.path);
  writeFileSync(join(repo.path, 'order'), 'ü.ts\ndoc.md\n');
  const programs: Record<string, string> = {
    'diff.external': trap.command,
    'diff.orderFile': join(repo.path, 'order'),
    'diff.planted.command': trap.command,
    'diff.planted.textconv': trap.command,
    'diff.planted.binary': 'true',
    'diff.planted.xfuncname': '^NEVER$',
    'filter.planted.clean': trap.command,
    'mailmap.file': join(repo.path, 'mailmap'),
  };
  const replaced = repo.git('hash-object', '-w', 'order');
  repo.git('replace', '-f', repo.git('rev-parse', 'HEAD:doc.md'), replaced);
  repo.git('replace', '--graft', 'HEAD');
  mkdirSync(join(repo.path, '.git/info'), { recursive: true });
  writeFileSync(join(repo.path, '.git/info/grafts'), `${repo.git('rev-parse', 'HEAD')}\n`);
  for (const file of ['.git/info/attributes', '.gitattributes', 'planted-attributes'])
    writeFileSync(join(repo.path, file), attributes);
  for (const file of ['mailmap', '.mailmap'])
    writeFileSync(join(repo.path, file), 'Other <author@example.com>\n');
  repo.git('add', '.gitattributes', '.mailmap');
  for (const [name, value] of Object.entries({ ...settings, ...programs })) repo.git('config', name, value);
  for (const name of ['GIT_EXTERNAL_DIFF', 'GIT_PAGER', 'GIT_SSH_COMMAND']) vi.stubEnv(name, trap.command);
  vi.stubEnv('GIT_DIFF_OPTS', '--unified=0');
  vi.stubEnv('GIT_ATTR_SOURCE', 'HEAD');
  vi.stubEnv('GIT_CONFIG_PARAMETERS', "'diff.noprefix=true'");
  vi.stubEnv('GIT_CONFIG_COUNT', '1');
  vi.stubEnv('GIT_CONFIG_KEY_0', 'diff.context');
  vi.stubEnv('GIT_CONFIG_VALUE_0', '0');
  vi.stubEnv('GIT_LITERAL_PATHSPECS', '1');
  vi.stubEnv('GIT_DEFAULT_HASH', 'sha256');
  vi.stubEnv('GIT_DIR', '/nonexistent');
  vi.stubEnv('LANG', 'de_DE.UTF-8');
  vi.stubEnv('TZ', 'Asia/Tokyo');

  expect(await draw(repo.path)).toEqual(before);
});

test('the attributes in a change itself do not change its diff either', async () => {
  const repo = repository();
  const diffOf = async () => (await draw(repo.path)).drawn.find(({ id }) => id === '4')?.diff;
  const before = await diffOf();
  repo.commit({ message: 'Attributes', files: { '.gitattributes': attributes } });
  repo.git('clone', '--quiet', '--bare', '.', 'bare.git');
  expect(await diffOf()).toBe(before);
  const bare = await draw(join(repo.path, 'bare.git'));
  expect(bare.drawn.find(({ id }) => id === '4')?.diff).toBe(before);
});

test('a checkout, its bare and its linked copies, and a clone give the same changes', async () => {
  const repo = repository();
  const before = await draw(repo.path);
  repo.git('clone', '--quiet', '--bare', '.', 'bare.git');
  repo.git('clone', '--quiet', '--no-local', `file://${repo.path}`, 'clone');
  repo.git('clone', '--quiet', '--shared', '.', 'shared');
  repo.git('worktree', 'add', '--quiet', '--detach', 'linked');
  for (const copy of ['bare.git', 'clone', 'shared', 'linked'])
    expect(await draw(join(repo.path, copy)), copy).toEqual(before);
});

test('a repository that may not be written to is read', async () => {
  const repo = repository();
  const before = await draw(repo.path);
  chmodSync(join(repo.path, '.git'), 0o500);
  chmodSync(join(repo.path, '.git/objects'), 0o500);
  try {
    expect(await draw(repo.path)).toEqual(before);
  } finally {
    chmodSync(join(repo.path, '.git'), 0o700);
    chmodSync(join(repo.path, '.git/objects'), 0o700);
  }
});
