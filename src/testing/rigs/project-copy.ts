import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

const projectRoot = join(import.meta.dirname, '../../..');
const run = (program: string, argv: string[], cwd: string) =>
  execFileSync(program, argv, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });

/**
 * This project in a folder of its own, built as it is here, so that packages can be taken from it. Most of it is linked:
 * there are tens of thousands of files, and whoever replaces or deletes one leaves the project's own alone.
 */
export const copyProject = (folder: string): void => {
  const copied = ['package.json', 'package-lock.json', '.npmrc', 'next.config.mjs', 'postcss.config.mjs'];
  run('cp', ['-a', ...copied, 'tsconfig.json', folder], projectRoot);
  const linked = ['.next', 'drizzle', 'node_modules', 'src', folder];
  try {
    run('cp', ['-al', ...linked], projectRoot);
  } catch {
    // On another disk there are no links.
    run('cp', ['-a', ...linked], projectRoot);
  }
  // npm would write into this one.
  rmSync(join(folder, 'node_modules/.package-lock.json'), { force: true });
};

/** Runs commands of the shell in such a copy. @throws an error with what they said. */
export const runInCopy = (folder: string, commands: string): void => {
  run('sh', ['-ec', commands], folder);
};
