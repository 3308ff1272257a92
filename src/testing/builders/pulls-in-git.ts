import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FakePullRequest, fakePullRequest } from '../fakes/github/repository.ts';
import { createGitRepository, type FileChanges, type GitRepository } from './git-repository.ts';

export type MergeKind = 'merge' | 'squash' | 'rebase';

/** A real repository whose pull requests GitHub's fake can list. Heads are under `refs/pull/N/head`, as on GitHub. */
export type PullsInGit = {
  repository: GitRepository;
  pulls: FakePullRequest[];
  /** Opens a pull request of two commits, commits to the base, and merges. */
  add(kind: MergeKind, files?: FileChanges): FakePullRequest;
  /** Adds that many squashed pull requests of one commit each, by one git process. The fake has no diffs of them. */
  addMany(count: number): void;
};

const commitInStream = (ref: string, mark: number, from: string, message: string, file: string) =>
  [
    `commit ${ref}`,
    `mark :${mark}`,
    `committer Ada <author@example.com> ${1_735_689_600 + mark} +0000`,
    `data ${Buffer.byteLength(message)}`,
    message,
    `from ${from}`,
    `M 100644 inline ${file}`,
    'data 9',
    'a;\nb;\nc;\n',
    '',
    '',
  ].join('\n');

export const createPullsInGit = (): PullsInGit => {
  const repository = createGitRepository();
  const { git } = repository;
  const pulls: FakePullRequest[] = [];
  repository.commit({ message: 'Begin', files: { 'shared.ts': 'one\ntwo\nthree\nfour\nfive\n' } });
  return {
    repository,
    pulls,
    add(kind, files) {
      const number = pulls.length + 1;
      const topic = `topic-${number}`;
      git('checkout', '--quiet', '-b', topic);
      repository.commit({
        message: `Start ${number}`,
        files: files ?? { [`src/file${number}.ts`]: `const a${number} = 1;\nconst b = 2;\n` },
      });
      repository.commit({
        message: `Finish ${number}`,
        files: { [`src/more${number}.ts`]: `const c${number} = 3;\nconst d = 4;\n` },
      });
      const headSha = git('rev-parse', 'HEAD');
      git('update-ref', `refs/pull/${number}/head`, headSha);
      git('checkout', '--quiet', 'main');
      repository.commit({
        message: `Elsewhere ${number}`,
        files: { 'other.ts': `export const n = ${number};\n` },
      });
      const base = git('rev-parse', 'HEAD');
      if (kind === 'merge') git('merge', '--quiet', '--no-ff', `--message=Merge #${number}`, topic);
      else if (kind === 'squash') {
        git('merge', '--quiet', '--squash', topic);
        git('commit', '--quiet', `--message=Squashed (#${number})`);
      } else git('cherry-pick', `main..${topic}`);
      const pull = fakePullRequest({
        number,
        mergeCommit: git('rev-parse', 'HEAD'),
        headSha,
        diff: `${git('diff', `${base}...${headSha}`)}\n`,
      });
      pulls.push(pull);
      return pull;
    },
    addMany(count) {
      const first = pulls.length + 1;
      const numbers = Array.from({ length: count }, (_, at) => first + at);
      const main = (number: number) => (number < first ? git('rev-parse', 'main') : `:${2 * number}`);
      const marks = join(repository.path, '.git', 'marks');
      repository.feed(
        ['fast-import', '--quiet', '--force', `--export-marks=${marks}`],
        numbers
          .flatMap((number) => {
            const [from, file] = [main(number - 1), `src/file${number}.ts`];
            return [
              commitInStream(`refs/pull/${number}/head`, 2 * number - 1, from, `Start ${number}`, file),
              commitInStream('refs/heads/main', 2 * number, from, `Squashed (#${number})`, file),
            ];
          })
          .join(''),
      );
      git('reset', '--quiet', '--hard');
      const hashes = new Map(
        readFileSync(marks, 'utf8')
          .trim()
          .split('\n')
          .map((line): [string, string] => {
            const [mark = '', hash = ''] = line.split(' ');
            return [mark, hash];
          }),
      );
      const hashAt = (mark: number) => {
        const hash = hashes.get(`:${mark}`);
        if (hash === undefined) throw new Error(`git made no commit ${mark}.`);
        return hash;
      };
      for (const number of numbers)
        pulls.push(
          fakePullRequest({
            number,
            headSha: hashAt(2 * number - 1),
            mergeCommit: hashAt(2 * number),
            diff: '',
          }),
        );
    },
  };
};
