import { type FakePullRequest, fakePullRequest } from '../fakes/github/repository.ts';
import { createGitRepository, type FileChanges, type GitRepository } from './git-repository.ts';

export type MergeKind = 'merge' | 'squash' | 'rebase';

/** A real repository whose pull requests GitHub's fake can list. Heads are under `refs/pull/N/head`, as on GitHub. */
export type PullsInGit = {
  repository: GitRepository;
  pulls: FakePullRequest[];
  /** Opens a pull request of two commits, commits to the base, and merges. */
  add(kind: MergeKind, files?: FileChanges): FakePullRequest;
};

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
  };
};
