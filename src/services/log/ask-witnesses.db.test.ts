import { sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { openFakeWitness } from '#testing/fakes/witness.ts';
import { anyEntries, append, openLogRig } from '#testing/rigs/log-rig.ts';
import { openCheckpoint } from '#verification/log/checkpoint.ts';
import { parseNote } from '#verification/log/note.ts';
import { parseVerifierKey } from '#verification/log/verifier-key.ts';
import { askWitnesses } from './ask-witnesses.ts';
import { publishCheckpoint } from './publish.ts';
import { getCheckpoint, getVerifierKeys } from './read.ts';
import { headOf } from './tree.ts';

/** A log of four entries, and what its witnesses need to know of it. */
const openRig = async () => {
  const { db, machine, close } = await openLogRig();
  onTestFinished(close);
  const grow = async (count: number) => {
    await append(machine, anyEntries(count));
    await publishCheckpoint(machine);
  };
  await grow(3);
  const logKeys = (await getVerifierKeys(machine)).trim().split('\n').map(parseVerifierKey);
  const log = { origin: logKeys[0]?.name ?? '', logKeys };
  const cosignedBy = async (...vkeys: string[]) => {
    const opened = openCheckpoint(await getCheckpoint(machine), {
      ...log,
      witnessKeys: vkeys.map(parseVerifierKey),
    });
    if (!opened.ok) throw new Error(opened.failure);
    return opened.witnesses.map(({ key }) => key.name);
  };
  const ask = (...witnesses: ReturnType<typeof openFakeWitness>[]) =>
    askWitnesses({ ...machine, sequencer: { ...machine.sequencer, witnesses } });
  return { db, machine, grow, log, cosignedBy, ask };
};

test('cosignatures are served with the checkpoint, and a log that grows is proven to extend what was seen', async () => {
  const { grow, log, cosignedBy, ask } = await openRig();
  const [first, second] = [openFakeWitness('one.example', log), openFakeWitness('two.example', log)];
  await ask(first, second);
  expect(await cosignedBy(first.vkey, second.vkey)).toEqual(['one.example', 'two.example']);
  await grow(300);
  expect(await cosignedBy(first.vkey)).toEqual([]);
  await ask(first, second);
  expect(await cosignedBy(first.vkey, second.vkey)).toEqual(['one.example', 'two.example']);
  expect(first.asked).toEqual([0, 4]);
});

test('a checkpoint is cosigned once, and again after some hours', async () => {
  const { machine, log, ask } = await openRig();
  let hours = 0;
  const now = () => new Date(Date.now() + hours * 3_600_000);
  const witness = openFakeWitness('one.example', log, { now });
  await ask(witness);
  await ask(witness);
  expect(witness.asked).toEqual([0]);
  hours = 7;
  await askWitnesses({ ...machine, now, sequencer: { ...machine.sequencer, witnesses: [witness] } });
  expect(witness.asked).toEqual([0, 4]);
});

test('a witness that has seen another size is asked again from there', async () => {
  const { db, grow, log, cosignedBy, ask } = await openRig();
  const witness = openFakeWitness('one.example', log);
  const seen = await headOf(db);
  await grow(5);
  witness.seen(seen);
  await ask(witness);
  expect(witness.asked).toEqual([0, 4]);
  expect(await cosignedBy(witness.vkey)).toEqual(['one.example']);
});

test('a witness that has seen another history says so to the operator, and cosigns nothing', async () => {
  const { machine, log, cosignedBy, ask } = await openRig();
  const witness = openFakeWitness('one.example', log);
  witness.seen({ size: 2, root: new Uint8Array(32) });
  await ask(witness);
  expect(await cosignedBy(witness.vkey)).toEqual([]);
  expect(machine.logged).toEqual([expect.stringContaining('two histories')]);
  witness.seen({ size: 9, root: new Uint8Array(32) });
  await ask(witness);
  expect(machine.logged.at(-1)).toContain('It has seen a tree of 9 entries.');
});

test('what is no cosignature of this checkpoint by this witness is not served', async () => {
  const { machine, log, cosignedBy, ask } = await openRig();
  const [witness, other] = [
    openFakeWitness('one.example', log),
    openFakeWitness('one.example', log, { seed: 'x' }),
  ];
  await ask({ ...witness, ask: other.ask });
  expect(await cosignedBy(witness.vkey, other.vkey)).toEqual([]);
  expect(machine.logged).toEqual([expect.stringContaining('did not cosign')]);
});

test('a witness that cannot be reached holds up no other', async () => {
  const { machine, log, cosignedBy, ask } = await openRig();
  const [gone, there] = [openFakeWitness('gone.example', log), openFakeWitness('there.example', log)];
  await ask(
    {
      ...gone,
      ask: async () => {
        throw new Error('no connection');
      },
    },
    there,
  );
  expect(await cosignedBy(gone.vkey, there.vkey)).toEqual(['there.example']);
  expect(machine.logged).toEqual([expect.stringContaining('could not be asked: no connection')]);
});

test('a witness that answers with many cosignatures gets one line, so that the checkpoint is still read', async () => {
  const { db, log, machine, cosignedBy, ask } = await openRig();
  const witness = openFakeWitness('many.example', log, { lines: 100 });
  await ask(witness);
  expect(await cosignedBy(witness.vkey)).toEqual(['many.example']);
  expect(await db.query.logCosignatures.findMany()).toHaveLength(1);
  expect(parseNote(await getCheckpoint(machine)).signatures).toHaveLength(2);
});

test('the served checkpoint can be read, however many witnesses have cosigned it', async () => {
  const { log, machine, ask } = await openRig();
  await ask(...Array.from({ length: 101 }, (_, at) => openFakeWitness(`w${at}.example`, log)));
  expect(parseNote(await getCheckpoint(machine)).signatures).toHaveLength(100);
});

test('a cosignature of a time to come is not served, and the log says why, without what was to be stored', async () => {
  const { machine, log, cosignedBy, ask } = await openRig();
  const witness = openFakeWitness('early.example', log, { now: () => new Date(Date.now() + 86_400_000) });
  await ask(witness);
  expect(await cosignedBy(witness.vkey)).toEqual([]);
  expect(machine.logged).toEqual([expect.stringContaining('dated in the future, or before 2000')]);
});

test('what the log says of a cosignature that could not be stored holds none of the statement', async () => {
  const { db, machine, log, ask } = await openRig();
  await db.execute(sql`alter table log_cosignatures add constraint planted check (line = '')`);
  await ask(openFakeWitness('one.example', log));
  expect(machine.logged).toEqual([expect.stringContaining('planted')]);
  expect(machine.logged.join()).not.toContain('insert into');
});
