import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLog, publishCheckpoint } from '#services/log/index.ts';
import { runInProcess, withSettings } from '#testing/rigs/command-line.ts';
import { logKeyOf, machineOf, openLogRig } from '#testing/rigs/log-rig.ts';
import { thumbprintOf } from '#verification/certificate/jws.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'echelon-keys-'));
let rig: Awaited<ReturnType<typeof openLogRig>>;
beforeAll(async () => {
  rig = await openLogRig();
});
afterAll(async () => {
  rmSync(dataDir, { recursive: true });
  await rig.close();
});

const keys = (...args: string[]) =>
  runInProcess(['keys', ...args], withSettings({ databaseUrl: rig.databaseUrl, dataDir }));

test('keys are listed and retired at the installation’s terminal, and a worker signs that', async () => {
  expect(await keys('list')).toMatchObject({ code: 0, stdout: expect.stringContaining('No key has signed') });
  const worker = machineOf(rig.db, { key: 'log', signingKey: 'new,old' });
  await openLog(worker);
  const [kid, other] = ['old', 'new'].map((name) => thumbprintOf(logKeyOf(name).publicKey));
  expect((await keys('list')).stdout.match(/may sign$/gm)).toHaveLength(3);
  const retired = await keys('retire', kid ?? '');
  expect(retired).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('A worker'),
    stdout: expect.stringMatching(/^certificate .* by entry 3$/m),
  });
  expect(await publishCheckpoint(worker)).toBe(4);
  const listed = JSON.parse((await keys('list', '--json')).stdout);
  expect(listed.keys).toHaveLength(3);
  expect(listed.keys).toContainEqual(
    expect.objectContaining({
      id: kid,
      retired_index: 3,
      retired_at: expect.any(String),
      compromised_at: null,
    }),
  );
  expect(await keys('retire', other ?? '')).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('SIGNING_KEY'),
  });
  expect(await keys('retire', other ?? '', '--compromised', '--json')).toMatchObject({ code: 0 });
  expect(await keys('retire', 'unknown')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('keys list'),
  });
});
