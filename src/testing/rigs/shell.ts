import { execFile, spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import type { TestContext } from 'vitest';
import { childEnvironment } from './child-environment.ts';

export type ShellOutcome = { code: number; output: string };

/** Runs shell commands in a folder, one after another until one fails, as a stranger types them. */
export const runShell = (folder: string, commands: string): Promise<ShellOutcome> =>
  new Promise((resolve) => {
    // The node that runs the tests, whatever the system's is.
    const path = `${dirname(process.execPath)}:${childEnvironment.PATH}`;
    const env = { ...childEnvironment, PATH: path, HOME: folder };
    execFile('sh', ['-euc', commands], { cwd: folder, env, timeout: 150_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, output: `${stdout}${stderr}` });
    });
  });

/** What a stranger checks with who runs no program of ours: how to find it, and Debian's packages that have it. */
const foreignTools = {
  curl: { probe: 'curl --version', packages: ['curl'] },
  python3: { probe: 'python3 --version', packages: ['python3'] },
  'OpenSSL 3': { probe: 'openssl version | grep "^OpenSSL [3-9]"', packages: ['openssl'] },
  'Go with golang.org/x/mod': {
    probe: 'go version && test -d /usr/share/gocode/src/golang.org/x/mod/sumdb',
    packages: ['golang-go', 'golang-golang-x-mod-dev'],
  },
};
export type ForeignTool = keyof typeof foreignTools;
export const foreignToolNames = Object.keys(foreignTools) as ForeignTool[];

export const isInstalled = (name: ForeignTool): boolean =>
  spawnSync('sh', ['-c', foreignTools[name].probe], { stdio: 'ignore' }).status === 0;

export const packagesOf = (name: ForeignTool): string[] => foreignTools[name].packages;

/** Skips a test that needs these where the system lacks one, and says so: reports count such tests without a reason. */
export const skipWithout = ({ skip }: Pick<TestContext, 'skip'>, ...names: ForeignTool[]): void => {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const packages = missing.flatMap(packagesOf).join(' ');
  const why = `This system lacks ${missing.join(', ')}. Debian has it in ${packages}.`;
  process.stdout.write(`Skipped. ${why}\n`);
  skip(why);
};
