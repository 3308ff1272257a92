import { execFileSync } from 'node:child_process';
import { afterEach, expect, test } from 'vitest';
import type { GroundTruthDraw } from '#contracts/ground-truth.ts';
import { createGitRepository, type GitRepository } from '#testing/builders/git-repository.ts';
import { hostileTrees, objectWriter } from '#testing/builders/hostile-repository.ts';

const made: GitRepository[] = [];
afterEach(() => {
  for (const repository of made.splice(0)) repository.remove();
});

/** A repository with one honest change, and the hashes of its last commit and of that commit's tree. */
const honest = () => {
  const repository = createGitRepository();
  made.push(repository);
  repository.commit({ message: 'Begin', files: { 'a.ts': 'const one = 1;\n' } });
  const head = repository.commit({
    message: 'Add numbers',
    files: { 'a.ts': 'const two = 2;\nconst three = 3;\nconst four = 4;\n' },
  });
  return { repository, head, tree: repository.git('rev-parse', 'HEAD^{tree}') };
};

/**
 * Draws in a process with limits of its own, which everything that it starts inherits. If those of the program fail,
 * the test fails, and the machine takes no harm.
 */
const drawBounded = ({ path }: GitRepository): GroundTruthDraw => {
  const at = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);
  const script = `
    const { gitRunner } = await import(${at('../../../platform/git/run-git.ts')});
    const { temporaryFolders } = await import(${at('../../../platform/git/repository-folders.ts')});
    const { gitSource } = await import(${at('./git.ts')});
    const source = gitSource({ ...temporaryFolders, runGit: gitRunner({ searchPath: process.env.PATH }), path: ${JSON.stringify(path)}, name: 'widgets' });
    const request = { limit: 50, reserve: 0, seed: 's', since: null, label: null };
    process.stdout.write(JSON.stringify(await source.draw(request)));
  `;
  const bounded = 'ulimit -d 4000000; ulimit -t 100; exec "$@"';
  const said = execFileSync(
    '/bin/sh',
    ['-c', bounded, 'sh', process.execPath, '--input-type=module', '-e', script],
    { encoding: 'utf8', timeout: 200_000, maxBuffer: 64_000_000 },
  );
  return JSON.parse(said) as GroundTruthDraw;
};

/** Twenty changes are counted together. */
const others = 20;

test.each(Object.entries(hostileTrees))('%s costs only its own change', (_, build) => {
  const { repository, head, tree } = honest();
  const objects = objectWriter(repository);
  // One change adds all the files, the next removes them.
  let tip = objects.commit(build(objects), [head], 'Add a bomb');
  for (let at = 0; at < others; at += 1) tip = objects.commit(tree, [tip], `Change nothing ${at}`);
  repository.git('update-ref', 'HEAD', tip);
  const { drawn, excluded } = drawBounded(repository);
  expect(drawn.map(({ title }) => title)).toEqual(['Add numbers']);
  expect(excluded).toEqual({ too_large: 2, too_small: 1, empty_diff: others - 1 });
});

test('a change that is counted alone is refused too', () => {
  const { repository, head } = honest();
  const objects = objectWriter(repository);
  const [build] = Object.values(hostileTrees);
  if (build === undefined) throw new Error('There are no hostile trees.');
  repository.git('update-ref', 'HEAD', objects.commit(build(objects), [head], 'Add a bomb'));
  const { drawn, excluded } = drawBounded(repository);
  expect(drawn.map(({ title }) => title)).toEqual(['Add numbers']);
  expect(excluded).toEqual({ too_large: 1, too_small: 1 });
});

test('a huge file, a huge message and thousands of parents each cost only their own change', () => {
  const { repository, head, tree } = honest();
  const { blob, tree: treeOf, commit } = objectWriter(repository);
  const kept = { mode: '100644', name: 'a.ts', hash: repository.git('rev-parse', 'HEAD:a.ts') } as const;
  const file = { mode: '100644', name: 'huge.txt', hash: blob(Buffer.alloc(100_000_000, 'line\n')) } as const;
  const huge = treeOf([kept, file]);
  let tip = commit(huge, [head], 'Add a huge file');
  tip = commit(tree, [tip], `Write much\n\n${'much '.repeat(20_000_000)}`);
  tip = commit(tree, [tip, ...Array.from({ length: 50_000 }, () => head)], 'Merge everything');
  tip = commit(
    treeOf([{ mode: '100644', name: 'b.ts', hash: blob(Buffer.from('one\ntwo\nthree\n')) }]),
    [tip],
    'Add b',
  );
  repository.git('update-ref', 'HEAD', tip);
  const { drawn, excluded } = drawBounded(repository);
  expect(drawn.map(({ title }) => title).toSorted()).toEqual(['Add b', 'Add numbers']);
  // The first commit is too small.
  expect(excluded).toEqual({ binary_only: 1, unreadable: 2, too_small: 1 });
});
