import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Installs system packages if that is possible without asking anyone. Returns whether it worked. */
export const installByApt = (...names: string[]): boolean => {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false;
  process.stdout.write(`Installing ${names.join(' and ')} with apt-get…\n`);
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return [['update'], ['install', '-y', '--no-install-recommends', ...names]].every(
    (command) =>
      spawnSync('apt-get', command, { stdio: 'ignore', env: environment, timeout: 600_000 }).status === 0,
  );
};
