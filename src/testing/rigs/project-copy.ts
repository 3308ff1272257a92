import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

const projectRoot = join(import.meta.dirname, '../../..');
const run = (program: string, argv: string[], cwd: string) =>
  execFileSync(program, argv, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });

/**
 * Copies this project with its build to a folder, so that packages can be removed there. Most of its tens of thousands
 * of files are hard links: replacing or deleting one in the copy does not change the project.
 */
export const copyProject = (folder: string): void => {
  const copied = ['package.json', 'package-lock.json', '.npmrc', 'next.config.mjs', 'postcss.config.mjs'];
  run('cp', ['-a', ...copied, 'tsconfig.json', folder], projectRoot);
  const linked = ['.next', 'drizzle', 'node_modules', 'src', folder];
  try {
    run('cp', ['-al', ...linked], projectRoot);
  } catch {
    // Hard links to another disk are impossible.
    run('cp', ['-a', ...linked], projectRoot);
  }
  // npm would write into this file, and so into the project's own.
  rmSync(join(folder, 'node_modules/.package-lock.json'), { force: true });
};

/** Runs shell commands in such a copy. @throws an error with their error output. */
export const runInCopy = (folder: string, commands: string): void => {
  run('sh', ['-ec', commands], folder);
};
