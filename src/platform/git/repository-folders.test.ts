import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { repositoryFolders } from './repository-folders.ts';

const day = 24 * 60 * 60_000;

test('folders age by the clock that they are given, whatever this machine’s says', async () => {
  const root = await mkdtemp(join(tmpdir(), 'echelon-folders-'));
  onTestFinished(() => rm(root, { recursive: true }));
  let at = new Date('2026-01-01T00:00:00Z').getTime();
  const openFolder = repositoryFolders(root, () => new Date(at));
  for (let n = 0; n < 60; n += 1) await openFolder(`repository ${n}`);
  onTestFinished(() => void vi.useRealTimers());
  for (const days of [200, -200]) {
    vi.useFakeTimers({ now: at + days * day, toFake: ['Date'] });
    await openFolder('repository 1');
    expect(await readdir(root)).toHaveLength(60);
  }
  at += 2 * day;
  await openFolder('repository 1');
  expect(await readdir(root)).toHaveLength(50);
});
