import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { faultCode } from '#contracts/errors.ts';
import type { TemporaryFolders } from '#verification/sources/git/runner.ts';
import type { GitObjectsAccess, RepositoryFolder } from '#verification/sources/github/client.ts';

/** At most this many folders are kept. The longest unused ones go first. */
const maxKept = 50;
/** A folder that was opened this recently may be in use by another process. */
const inUseMs = 24 * 60 * 60_000;

/** Folders for one draw, below the system's temporary folder. */
export const temporaryFolders: TemporaryFolders = {
  makeTempDir: () => mkdtemp(join(tmpdir(), 'echelon-verify-repository-')),
  removeDir: (path) => rm(path, { recursive: true, force: true }),
};

const isMissing = (error: unknown) => faultCode(error) === 'ENOENT';

const folderAt = (path: string, close: () => Promise<void>): RepositoryFolder => ({
  path,
  async read(file) {
    try {
      return await readFile(join(path, file), 'utf8');
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  },
  // Two workers may write at once. A reader sees one version or the other, complete.
  write: (file, text) => writeFileAtomic(join(path, file), text),
  close,
});

const prune = async (root: string, now: number) => {
  const folders = await Promise.all(
    (await readdir(root)).map(async (name) => {
      const path = join(root, name);
      const used = await stat(path).catch(() => null);
      return { path, usedMs: used?.mtimeMs ?? now };
    }),
  );
  const spare = folders.toSorted((a, b) => b.usedMs - a.usedMs).slice(maxKept);
  for (const { path, usedMs } of spare)
    if (now - usedMs > inUseMs) await rm(path, { recursive: true, force: true });
};

/**
 * Folders for the objects of GitHub repositories, below `root` under the digest of their key. They only save work:
 * anything lost is fetched again.
 * @param now when a folder was used last, by one clock for all processes that share `root`: the clocks of machines differ,
 * and by a wrong one a folder in use looks old.
 */
export const repositoryFolders =
  (root: string, now: () => Date): GitObjectsAccess['openFolder'] =>
  async (key) => {
    if (key === null) {
      const path = await temporaryFolders.makeTempDir();
      return folderAt(path, () => temporaryFolders.removeDir(path));
    }
    const path = join(root, createHash('sha256').update(key).digest('hex').slice(0, 32));
    await mkdir(path, { recursive: true, mode: 0o700 });
    const usedAt = now();
    await utimes(path, usedAt, usedAt);
    await prune(root, usedAt.getTime());
    return folderAt(path, async () => undefined);
  };
