import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const projectRoot = join(import.meta.dirname, '../..');

/** What goes into a build, besides the packages in the lock file. */
const inputs = [
  'package.json',
  'package-lock.json',
  'next.config.mjs',
  'postcss.config.mjs',
  'tsconfig.json',
];
const isInput = (path: string) =>
  !/\.test\.tsx?$/.test(path) && !/^(?:testing|bench|cli|start)\//.test(path.replaceAll('\\', '/'));

/**
 * A digest of everything that can change the build's output. By content, because a checkout changes dates.
 */
export const sourcesDigest = async (): Promise<string> => {
  const entries = await readdir(join(projectRoot, 'src'), { recursive: true, withFileTypes: true });
  const sources = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(projectRoot.length + 1))
    .filter((path) => isInput(path.slice('src/'.length)));
  const hash = createHash('sha256');
  for (const path of [...inputs, ...sources.toSorted()]) {
    hash
      .update(`${path}\0`)
      .update(await readFile(join(projectRoot, path)))
      .update('\0');
  }
  return hash.digest('hex');
};
