import { eq, sql } from 'drizzle-orm';
import { expect, onTestFinished, test, vi } from 'vitest';
import { logEntries } from '#db/schema/log.ts';
import { anyEntry, append, logKeyOf, machineOf, openLogRig } from '#testing/rigs/log-rig.ts';
import { readJwk, readRetired, thumbprintOf } from '#verification/certificate/jws.ts';
import { readLogEntry } from '#verification/certificate/log-entry.ts';
import { verifierKey, writeVerifierKey } from '#verification/log/verifier-key.ts';
import { certificateSigner, readKeySet } from './keys.ts';
import { openLog } from './open.ts';
import { publishCheckpoint } from './publish.ts';
import { getCheckpoint, getVerifierKeys } from './read.ts';
import { listKeys, retireKey } from './retire-key.ts';
import { headOf } from './tree.ts';

/** A log that two keys sign, and two keys for certificates, of each purpose `old` and `new`. */
const rotating = async () => {
  const { db, close } = await openLogRig();
  onTestFinished(close);
  const both = machineOf(db, { key: 'old-log,new-log', signingKey: 'new,old' });
  await openLog(machineOf(db, { key: 'old-log', signingKey: 'old' }));
  await openLog(both);
  const origin = (await headOf(db))?.origin ?? '';
  const logId = (name: string) => writeVerifierKey(verifierKey(origin, 'note', logKeyOf(name).publicKey));
  const kid = (name: string) => thumbprintOf(logKeyOf(name).publicKey);
  const keyEntries = async () =>
    (await db.select().from(logEntries).where(eq(logEntries.kind, 'key')).orderBy(logEntries.index)).map(
      ({ data }) => readLogEntry(data),
    );
  const signersOfNext = async (machine = both) => {
    await append(machine, [anyEntry()]);
    await publishCheckpoint(machine);
    return ((await getCheckpoint(machine)).match(/^— /gm) ?? []).length;
  };
  return { db, both, logId, kid, keyEntries, signersOfNext };
};

test('while the log’s key is replaced checkpoints bear both signatures, and after its retirement the new one alone', async () => {
  const { db, both, logId, keyEntries, signersOfNext } = await rotating();
  expect(await signersOfNext()).toBe(2);
  const ended = await retireKey(both, logId('old-log'), 'retired');
  expect(ended).toMatchObject({ purpose: 'log', retiredAt: expect.any(Date), compromisedAt: null });
  expect((await keyEntries()).at(-1)).toMatchObject({ purpose: 'log', step: 'retired' });
  // The checkpoint that holds the retirement is not by the retired key, although LOG_KEY still has it.
  await publishCheckpoint(both);
  expect((await getCheckpoint(both)).match(/^— /gm)).toHaveLength(1);
  expect(await signersOfNext()).toBe(1);
  expect((await getVerifierKeys(both)).trim().split('\n')).toEqual([logId('old-log'), logId('new-log')]);
  const left = machineOf(db, { key: 'old-log' });
  await expect(append(left, [anyEntry()])).rejects.toThrow(/LOG_KEY is not the key/);
});

test('a certificate’s key that is retired signs no more, and stays in the key set with the entry that ended it', async () => {
  const { db, both, kid } = await rotating();
  const signerNow = () => db.transaction((transaction) => certificateSigner(transaction, both));
  expect((await signerNow()).publicKey).toEqual(logKeyOf('new').publicKey);
  const { retiredIndex } = await retireKey(both, kid('new'), 'retired');
  expect((await signerNow()).publicKey).toEqual(logKeyOf('old').publicKey);
  const { keys } = await readKeySet(db);
  expect(keys.map((key) => thumbprintOf(readJwk(key) ?? new Uint8Array()))).toEqual(
    expect.arrayContaining([kid('old'), kid('new')]),
  );
  expect(keys.map(readRetired).filter(Boolean)).toEqual([
    { publicKey: logKeyOf('new').publicKey, index: retiredIndex },
  ]);
});

test('retiring again changes nothing, and a key can turn out to be compromised later', async () => {
  const { both, kid, keyEntries } = await rotating();
  const first = await retireKey(both, kid('old'), 'retired');
  const before = await keyEntries();
  expect(await retireKey(both, kid('old'), 'retired')).toEqual(first);
  expect(await keyEntries()).toEqual(before);
  const compromised = await retireKey(both, kid('old'), 'compromised');
  // What counts is the first entry against it.
  expect(compromised).toEqual({ ...first, compromisedAt: expect.any(Date) });
  expect(await retireKey(both, kid('old'), 'compromised')).toEqual(compromised);
  expect(await retireKey(both, kid('old'), 'retired')).toEqual(compromised);
  expect((await keyEntries()).slice(before.length)).toMatchObject([{ step: 'compromised' }]);
});

test('the last key is not retired; one of certificates is given up where others have it', async () => {
  const { both, kid, logId, db } = await rotating();
  await retireKey(both, logId('old-log'), 'retired');
  await retireKey(both, kid('old'), 'retired');
  const conflict = { code: 'CONFLICT', message: expect.stringContaining('only key that may sign') };
  for (const end of ['retired', 'compromised'] as const)
    await expect(retireKey(both, logId('new-log'), end)).rejects.toMatchObject(conflict);
  await expect(retireKey(both, kid('new'), 'retired')).rejects.toMatchObject(conflict);
  expect(await retireKey(both, kid('new'), 'compromised')).toMatchObject({ purpose: 'certificate' });
  await expect(db.transaction((transaction) => certificateSigner(transaction, both))).rejects.toThrow(
    /Put a new one in front/,
  );
});

test.each(['retired', 'compromised'] as const)(
  'a key of the log is not %s before another one that workers hold has signed',
  async (end) => {
    const { db, both, logId, signersOfNext } = await rotating();
    const alone = machineOf(db, { key: 'new-log' });
    expect(await signersOfNext(alone)).toBe(1);
    // The old one was never retired, but nobody has it any more.
    await expect(retireKey(both, logId('new-log'), end)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('No other key has signed the newest checkpoint'),
    });
    expect(await signersOfNext(alone)).toBe(1);
    const next = machineOf(db, { key: 'new-log,next-log' });
    await openLog(next);
    expect(await retireKey(next, logId('new-log'), end)).toMatchObject({ purpose: 'log' });
    expect(await signersOfNext(next)).toBe(1);
    expect(await retireKey(next, logId('old-log'), end)).toMatchObject({ purpose: 'log' });
    expect(await signersOfNext(machineOf(db, { key: 'next-log' }))).toBe(1);
  },
);

test.each(['', 'x', '\0', 'a'.repeat(43)])('%j is no key that ever signed', async (id) => {
  const { both } = await rotating();
  await expect(retireKey(both, id, 'retired')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('every key that ever signed is listed, the oldest first', async () => {
  const { both, kid, logId } = await rotating();
  const ids = (await listKeys(both)).map(({ id }) => id);
  expect(ids).toHaveLength(4);
  expect(new Set(ids)).toEqual(new Set([kid('old'), kid('new'), logId('old-log'), logId('new-log')]));
});

test('a key is not retired before what it is signing is in the log', async () => {
  const { db, both, kid } = await rotating();
  const signed = Promise.withResolvers<void>();
  const signing = db.transaction(async (transaction) => {
    await certificateSigner(transaction, both);
    await signed.promise;
    const [index] = await append({ ...both, db: transaction as never }, [anyEntry()]);
    return index ?? -1;
  });
  const retiring = retireKey(both, kid('new'), 'retired');
  await vi.waitFor(
    async () => expect(await db.execute(sql`select 1 from pg_locks where not granted`)).not.toHaveLength(0),
    { timeout: 20_000 },
  );
  signed.resolve();
  expect((await retiring).retiredIndex).toBeGreaterThan(await signing);
});
