import { and, eq, gte, sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import type { Database, Executor } from '#db/client.ts';
import { logCheckpoints, logEntries, logHashes, logHead } from '#db/schema/log.ts';
import { anyEntries, anyEntry, append, machineOf, openLogRig, tamper } from '#testing/rigs/log-rig.ts';
import { openCheckpoint } from '#verification/log/checkpoint.ts';
import { parseVerifierKey } from '#verification/log/verifier-key.ts';
import { openLog } from './open.ts';
import { publishCheckpoint } from './publish.ts';
import { getCheckpoint, getTile, getVerifierKeys } from './read.ts';
import { headOf } from './tree.ts';

const openRig = async () => {
  const rig = await openLogRig();
  onTestFinished(rig.close);
  return rig;
};

const sizeOf = (note: string) => Number(note.split('\n')[1]);

const stopped = { name: 'LogStopped', message: expect.stringContaining('log has stopped') };

/** Does to a log what restoring a dump of an earlier moment does: `copy` keeps it, and what it returns restores it. */
const copyOf = async (db: Database) => {
  const head = await headOf(db);
  if (head === null) throw new Error('The log has no head.');
  const { size, root } = head;
  return () =>
    tamper(db, async (transaction) => {
      await transaction.delete(logEntries).where(gte(logEntries.index, size));
      await transaction.delete(logHashes).where(and(eq(logHashes.level, 0), gte(logHashes.index, size)));
      await transaction
        .delete(logHashes)
        .where(sql`${logHashes.level} > 0 and ${logHashes.index} >= ${size} / 256`);
      await transaction.delete(logCheckpoints).where(sql`${logCheckpoints.size} > ${size}`);
      await transaction.update(logHead).set({ size, root });
    });
};

test('what a crash left between commit and signature is not served, and the next signer signs it as it is', async () => {
  const { db, machine } = await openRig();
  await append(machine, anyEntries(2));
  await publishCheckpoint(machine);
  const before = await getCheckpoint(machine);
  // This process dies here, before it signs.
  await append(machine, anyEntries(2));
  expect(await getCheckpoint(machine)).toBe(before);
  await expect(getTile(machine, 'tile/entries/000.p/4')).rejects.toMatchObject({ code: 'NOT_FOUND' });

  const head = await headOf(db);
  const other = machineOf(db);
  expect(await publishCheckpoint(other)).toBe(5);
  const [vkey = ''] = (await getVerifierKeys(other)).split('\n');
  expect(
    openCheckpoint(await getCheckpoint(other), {
      origin: head?.origin ?? '',
      logKeys: [parseVerifierKey(vkey)],
      witnessKeys: [],
    }),
  ).toMatchObject({ ok: true, checkpoint: { size: 5, root: head?.root } });
  // The first machine has kept an older checkpoint of the same tree, and goes on.
  await append(machine, [anyEntry()]);
  expect(await publishCheckpoint(machine)).toBe(6);
});

test('a size is signed once, and a head that is signed already is left alone', async () => {
  const { db, machine } = await openRig();
  await append(machine, [anyEntry()]);
  await Promise.all(Array.from({ length: 5 }, () => publishCheckpoint(machine)));
  expect(await db.select().from(logCheckpoints)).toHaveLength(1);
});

test('an older copy of the database stops the log for good, also once others have added to it', async () => {
  const { db, machine } = await openRig();
  await append(machine, anyEntries(300));
  await publishCheckpoint(machine);
  const restore = await copyOf(db);
  await append(machine, anyEntries(10));
  await publishCheckpoint(machine);
  await restore();

  const refusesAll = async () => {
    await expect(append(machine, [anyEntry()])).rejects.toMatchObject(stopped);
    await expect(publishCheckpoint(machine)).rejects.toMatchObject(stopped);
    await expect(getCheckpoint(machine)).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
  };
  await refusesAll();
  await openLog(machine);
  expect(machine.logged).toEqual([expect.stringContaining('It is an older copy.')]);

  // A machine that has kept no checkpoint cannot know, and grows another tree beyond the size that was signed.
  const newcomer = machineOf(db);
  await append(newcomer, anyEntries(20));
  await publishCheckpoint(newcomer);
  await refusesAll();
});

test('an empty database does not continue a log that was served', async () => {
  const { db, machine } = await openRig();
  await append(machine, [anyEntry()]);
  await publishCheckpoint(machine);
  const other = await openRig();
  const moved = { ...machine, db: other.db };
  await expect(append(moved, [anyEntry()])).rejects.toMatchObject(stopped);
  await expect(publishCheckpoint(moved)).rejects.toMatchObject(stopped);
  expect(await headOf(other.db)).toBeNull();
  expect(sizeOf(await getCheckpoint({ ...machine, db }))).toBe(2);
});

test.each([
  [
    'a hash',
    (db: Executor) =>
      db
        .update(logHashes)
        .set({ hash: new Uint8Array(32) })
        .where(eq(logHashes.index, 2)),
  ],
  ['the root', (db: Executor) => db.update(logHead).set({ root: new Uint8Array(32) })],
  ['the last hash, lost', (db: Executor) => db.delete(logHashes).where(eq(logHashes.index, 4))],
])('a log whose database was altered (%s) is neither grown nor signed', async (_, alter) => {
  const { db, machine } = await openRig();
  await append(machine, anyEntries(4));
  await tamper(db, alter);
  await expect(append(machine, [anyEntry()])).rejects.toMatchObject(stopped);
  await expect(publishCheckpoint(machine)).rejects.toMatchObject(stopped);
});

test('the origin is made once: from the public address, else a name that no DNS has', async () => {
  const { db, machine } = await openRig();
  await openLog(machine);
  const origin = (await headOf(db))?.origin;
  expect(origin).toMatch(/^echelon\.invalid\/[0-9a-f]{32}$/);
  await append(machineOf(db, { publicAddress: 'https://verify.example.com' }), [anyEntry()]);
  expect((await headOf(db))?.origin).toBe(origin);

  for (const [publicAddress, expected] of [
    ['https://verify.example.com', 'verify.example.com/log'],
    ['https://verify.example.com:8443/echelon/', 'verify.example.com:8443/echelon/log'],
  ] as const) {
    const other = await openRig();
    await openLog(machineOf(other.db, { publicAddress }));
    expect((await headOf(other.db))?.origin).toBe(expected);
  }
});

test('while the key is replaced checkpoints bear both signatures, and old verifier keys stay', async () => {
  const { db } = await openRig();
  const signersOf = (note: string) => (note.match(/^— /gm) ?? []).length;
  const first = machineOf(db, { key: 'first' });
  await openLog(first);
  expect(signersOf(await getCheckpoint(first))).toBe(1);
  const both = machineOf(db, { key: 'first,second' });
  await openLog(both);
  expect(signersOf(await getCheckpoint(both))).toBe(2);
  const second = machineOf(db, { key: 'second' });
  await append(second, [anyEntry()]);
  await publishCheckpoint(second);
  expect(signersOf(await getCheckpoint(second))).toBe(1);
  const keys = (await getVerifierKeys(second)).trimEnd().split('\n').map(parseVerifierKey);
  expect(keys).toHaveLength(2);
  expect(new Set(keys.map(({ name }) => name))).toEqual(new Set([(await headOf(db))?.origin]));
  const added = await db.select().from(logEntries).where(eq(logEntries.kind, 'key'));
  expect(added).toHaveLength(2);
});

test('a key that the log does not know signs nothing', async () => {
  const { db, machine } = await openRig();
  await append(machine, [anyEntry()]);
  await publishCheckpoint(machine);
  const stranger = machineOf(db, { key: 'another' });
  await expect(append(stranger, [anyEntry()])).rejects.toThrow(/LOG_KEY is not the key/);
  await openLog(stranger);
  expect(stranger.logged).toEqual([expect.stringContaining('LOG_KEY is not the key')]);
});

test('before the first entry there is no checkpoint and no key', async () => {
  const { machine } = await openRig();
  expect(await publishCheckpoint(machine)).toBe(0);
  for (const read of [getCheckpoint, getVerifierKeys, () => getTile(machine, 'tile/0/000.p/1')])
    await expect(read(machine)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
