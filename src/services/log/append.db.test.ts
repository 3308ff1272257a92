import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asc } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { type LogEntry, logEntrySchema } from '#contracts/log.ts';
import { type Database, openDatabase } from '#db/client.ts';
import { logCheckpoints, logEntries } from '#db/schema/log.ts';
import { keptCheckpointIn } from '#platform/log/kept-checkpoint.ts';
import { anyEntries, anyEntry, append, machineOf, openLogRig } from '#testing/rigs/log-rig.ts';
import { fc } from '#testing/runners/fuzzing.ts';
import { readCanonicalJson } from '#verification/certificate/canonical.ts';
import { openCheckpoint } from '#verification/log/checkpoint.ts';
import { hashLeaf, proveConsistency, proveInclusion, rootAt, treeOf } from '#verification/log/merkle.ts';
import { readTiles } from '#verification/log/tile-reader.ts';
import { parseVerifierKey } from '#verification/log/verifier-key.ts';
import { appendEntries } from './append.ts';
import { publishCheckpoint } from './publish.ts';
import { getCheckpoint, getTile, getVerifierKeys } from './read.ts';
import { headOf } from './tree.ts';

const openRig = async () => {
  const rig = await openLogRig();
  onTestFinished(rig.close);
  return rig;
};

const storedEntries = (db: Database) => db.select().from(logEntries).orderBy(asc(logEntries.index));

const parse = (data: Uint8Array): LogEntry => logEntrySchema.parse(readCanonicalJson(data));

/**
 * Checks a whole log against the tree that its entries make: indexes without a gap, the head, and every checkpoint that was
 * ever signed.
 */
const checkLog = async (db: Database) => {
  const entries = await storedEntries(db);
  expect(entries.map(({ index }) => index)).toEqual(entries.map((_, index) => index));
  for (const { data, kind, subject } of entries) expect(parse(data)).toMatchObject({ kind, subject });
  const hashOf = treeOf(entries.map(({ data }) => hashLeaf(data)));
  const head = await headOf(db);
  if (head === null) throw new Error('The log has no head.');
  const { origin } = head;
  expect(head).toEqual({ origin, size: entries.length, root: rootAt(entries.length, hashOf) });
  const [vkey = ''] = (await getVerifierKeys(machineOf(db))).split('\n');
  const keys = { origin, logKeys: [parseVerifierKey(vkey)], witnessKeys: [] };
  const checkpoints = await db.select().from(logCheckpoints);
  for (const { size, note } of checkpoints) {
    const opened = openCheckpoint(note, keys);
    expect(opened).toMatchObject({ ok: true, checkpoint: { origin, size, root: rootAt(size, hashOf) } });
  }
  return { entries, hashOf, checkpoints, head };
};

const missing = { name: 'AppError', code: 'NOT_FOUND' };

test('whatever the batches, entries, heads and tiles are those of the tree', async () => {
  const { db, machine } = await openRig();
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 70 }), async (count) => {
      const entries = anyEntries(count);
      const before = (await headOf(db))?.size ?? 1;
      const indexes = await append(machine, entries);
      expect(indexes).toEqual(entries.map((_, at) => before + at));
      expect(await publishCheckpoint(machine)).toBe(before + count);
    }),
    { numRuns: 20 },
  );
  const { entries, hashOf, checkpoints, head } = await checkLog(db);
  expect(entries.length).toBeGreaterThan(300);
  // The key that signs the log is its first entry.
  expect(entries[0]?.kind).toBe('key');
  const read = (path: string) =>
    getTile(machine, path).catch((error) => {
      if (error.code === 'NOT_FOUND') return null;
      throw error;
    });
  for (const { size } of checkpoints) {
    const tiles = readTiles({ size, root: rootAt(size, hashOf) }, read);
    const index = size - 1;
    expect(await tiles.proveInclusion(index)).toEqual(proveInclusion(index, size, hashOf));
    for (const earlier of checkpoints.filter((each) => each.size < size).slice(0, 3))
      expect(await tiles.proveConsistency(earlier.size)).toEqual(
        proveConsistency(earlier.size, size, hashOf),
      );
  }
  const tiles = readTiles(head, read);
  const served: Uint8Array[] = [];
  for await (const { data } of tiles.entries(0, head.size)) served.push(data);
  expect(served).toEqual(entries.map(({ data }) => data));
});

test('what a transaction that fails has appended leaves no trace', async () => {
  const { db, machine } = await openRig();
  await append(machine, anyEntries(3));
  const failing = db.transaction(async (transaction) => {
    await appendEntries(transaction, machine, anyEntries(2));
    throw new Error('rolled back');
  });
  await expect(failing).rejects.toThrow('rolled back');
  expect(await append(machine, [anyEntry()])).toEqual([4]);
  await checkLog(db);
});

test('a subject has one entry of each kind, and refusing a second one does not end the log', async () => {
  const { db, machine } = await openRig();
  const entry = anyEntry();
  await append(machine, [entry]);
  await expect(append(machine, [entry])).rejects.toThrow();
  await append(machine, [{ kind: 'opening', subject: entry.subject, file: 'ab'.repeat(32) }, anyEntry()]);
  expect((await checkLog(db)).entries).toHaveLength(4);
});

test('an entry with words in it is refused', async () => {
  const { db, machine } = await openRig();
  await append(machine, [anyEntry()]);
  const withWords = { ...anyEntry(), note: 'written by a user' };
  await expect(append(machine, [withWords])).rejects.toThrow();
  expect((await checkLog(db)).entries).toHaveLength(2);
});

test('many connections append side by side: each entry once, in order, without a gap', async () => {
  const { db, databaseUrl } = await openRig();
  const pools = Array.from({ length: 4 }, () => openDatabase(databaseUrl, { max: 3 }));
  onTestFinished(async () => void (await Promise.all(pools.map(({ close }) => close()))));
  const indexes = await Promise.all(
    pools.flatMap((pool) => {
      const machine = machineOf(pool.db);
      return Array.from({ length: 15 }, async (_, at) => {
        const appended = await append(machine, anyEntries(1 + (at % 3)));
        await publishCheckpoint(machine);
        return appended;
      });
    }),
  );
  const all = indexes.flat().toSorted((a, b) => a - b);
  expect(all).toEqual(Array.from({ length: 4 * 30 }, (_, at) => at + 1));
  for (const batch of indexes) expect(batch).toEqual(batch.map((_, at) => (batch[0] ?? Number.NaN) + at));
  const { checkpoints, head } = await checkLog(db);
  expect(Math.max(...checkpoints.map(({ size }) => size))).toBe(head.size);
});

test('processes that are killed while they append and sign leave one history', async () => {
  const { db, databaseUrl } = await openRig();
  const folder = await mkdtemp(join(tmpdir(), 'echelon-verify-log-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const machine = { ...machineOf(db), keptCheckpoint: keptCheckpointIn(folder) };
  const start = () =>
    spawn(
      process.execPath,
      [join(import.meta.dirname, '../../testing/rigs/appending-process.ts'), databaseUrl, folder],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
  const seen: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const processes = [start(), start()];
    onTestFinished(() => processes.forEach((each) => void each.kill('SIGKILL')));
    const ended = processes.map((each) => once(each, 'exit'));
    await Promise.all(processes.map((each) => once(each.stdout, 'data')));
    // Somewhere within a step, which takes some milliseconds.
    await sleep(100 + Math.random() * 100);
    for (const each of processes) each.kill('SIGKILL');
    await Promise.all(ended);
    seen.push(await getCheckpoint(machine));
  }
  await append(machine, [anyEntry()]);
  const size = await publishCheckpoint(machine);
  const { entries, hashOf, head } = await checkLog(db);
  expect(entries.length).toBe(size);
  expect(entries.length).toBeGreaterThan(10);
  const [vkey = ''] = (await getVerifierKeys(machine)).split('\n');
  const keys = { origin: head.origin, logKeys: [parseVerifierKey(vkey)], witnessKeys: [] };
  for (const note of seen) {
    const opened = openCheckpoint(note, keys);
    if (!opened.ok) throw new Error(opened.failure);
    expect(opened.checkpoint.root).toEqual(rootAt(opened.checkpoint.size, hashOf));
  }
});

test.each([
  'tile/0/000/',
  'tile/0/0',
  'tile/0/000.p/0',
  'tile/0/000.p/256',
  'tile/0/001',
  'tile/1/000',
  'tile/64/000',
  'tile/entries/x001/000',
  'tile/',
  '../checkpoint',
  '',
])('there is no file %s', async (path) => {
  const { machine } = await openRig();
  await append(machine, anyEntries(3));
  await publishCheckpoint(machine);
  await expect(getTile(machine, path)).rejects.toMatchObject(missing);
});

test('there is a partial file for each width up to the served checkpoint’s, and none beyond', async () => {
  const { machine } = await openRig();
  await append(machine, anyEntries(4));
  await publishCheckpoint(machine);
  for (let width = 1; width <= 5; width += 1) {
    expect(await getTile(machine, `tile/0/000.p/${width}`)).toHaveLength(width * 32);
    expect(await getTile(machine, `tile/entries/000.p/${width}`)).not.toHaveLength(0);
  }
  await append(machine, [anyEntry()]);
  for (const level of ['0', 'entries'])
    await expect(getTile(machine, `tile/${level}/000.p/6`)).rejects.toMatchObject(missing);
});
