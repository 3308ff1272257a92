import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { findProgram } from '#platform/children/start-child.ts';
import { gitRunner } from '#platform/git/run-git.ts';
import type { RunGit } from '#verification/sources/git/runner.ts';

/**
 * The real git under a further limit, as `ulimit` takes it: to reach a limit with little, or so that a failing test
 * harms nothing. Until the test ends.
 */
export const limitedGit = async (limit: string): Promise<RunGit> => {
  const folder = mkdtempSync(join(tmpdir(), 'limited-git-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const searchPath = process.env.PATH ?? '';
  const program = await findProgram('git', searchPath);
  if (program === null) throw new Error('There is no git on the PATH.');
  writeFileSync(join(folder, 'git'), `#!/bin/sh\nulimit ${limit}\nexec '${program}' "$@"\n`, { mode: 0o755 });
  return gitRunner({ searchPath: `${folder}:${searchPath}` });
};
