import { createHash } from 'node:crypto';
import { asc, eq, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { RunRequest } from '#contracts/run-request.ts';
import { logEntries } from '#db/schema/log.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import {
  cancelledAttempt,
  completedAttempt,
  entriesOf,
  ofKind,
  registrations,
  sizeServed,
} from '#testing/rigs/attempt-rig.ts';
import { runRequest } from '#testing/rigs/engine-rig.ts';
import { tamper } from '#testing/rigs/log-rig.ts';
import { pruneRig } from '#testing/rigs/prune-rig.ts';
import { readDocument } from '#verification/certificate/document.ts';
import { hashLeaf, rootAt, treeOf } from '#verification/log/merkle.ts';
import { SourceError } from '#verification/sources/source.ts';
import { getSignedDocument } from '../certificate/files.ts';
import { getPublicCertificate } from '../certificate/get.ts';
import { cancelRun } from '../run/cancel.ts';
import { createRun } from '../run/create.ts';
import { certifyRun } from './certify.ts';
import { closeAttempts } from './close-attempts.ts';

const sha256 = (...parts: (string | Uint8Array)[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

test('a run is registered once, in a signed checkpoint, before its oracle is looked at or asked', async () => {
  const seen: number[] = [];
  const rig = await pruneRig({
    look: async () => {
      seen.push(await registered());
      return null;
    },
    oracle: async () => {
      seen.push(await registered());
      return undefined;
    },
  });
  const registered = async () => {
    const size = await sizeServed(rig.context);
    return (await registrations(rig.db)).filter(({ logIndex }) => logIndex < size).length;
  };
  const runId = await rig.start();
  await rig.pump({ deliveries: 2 });
  expect(await rig.run(runId)).toMatchObject({ status: 'COMPLETED' });
  expect(seen.length).toBeGreaterThan(1);
  expect(new Set(seen)).toEqual(new Set([1]));
  expect((await entriesOf(rig.db)).map(({ kind }) => kind)).toEqual([
    'key',
    'key',
    'registration',
    'certificate',
    'outcome',
  ]);
});

test('while it is registered, the run says so', async () => {
  const said: unknown[] = [];
  const rig = await pruneRig();
  const runId = await rig.start();
  const { keptCheckpoint } = rig.context;
  await rig.pump({
    onto: {
      ...rig.context,
      keptCheckpoint: {
        ...keptCheckpoint,
        keep: async (note) => {
          const read = () => rig.database.sql`select status, activity from verification_runs`;
          if (said.length === 0)
            // It is written beside the work.
            await expect.poll(async () => (await read())[0]?.activity).toContain('Waiting');
          said.push((await read())[0]);
          await keptCheckpoint.keep(note);
        },
      },
    },
  });
  expect(said[0]).toEqual({
    status: 'INGESTING',
    activity: 'Waiting: the attempt is being registered in the transparency log.',
  });
  expect(await rig.run(runId)).toMatchObject({ status: 'COMPLETED', activity: null });
});

test('without a seed of its owner, the tree and the salt decide the draw', async () => {
  const { db } = await completedAttempt();
  const [row] = await registrations(db);
  if (row === undefined) throw new Error('There is no registration.');
  const leaves = (await db.select().from(logEntries).orderBy(asc(logEntries.index))).map(({ data }) =>
    hashLeaf(data),
  );
  const treeHash = rootAt(row.logIndex + 1, treeOf(leaves));
  const [run] = await db.select().from(verificationRuns);
  expect(run?.config).toMatchObject({
    seed: sha256('echelon-draw/v1\n', treeHash, Buffer.from(row.salt, 'hex')),
    seedSource: 'verifier',
  });
});

test('an owner’s seed stays, and is committed to', async () => {
  const { db } = await completedAttempt({}, { seed: 'a-seed' });
  const [run] = await db.select().from(verificationRuns);
  expect(run?.config).toMatchObject({ seed: 'a-seed', seedSource: 'owner' });
  const [row] = await registrations(db);
  expect(JSON.parse(row?.opening ?? '')).toMatchObject({ seed: 'a-seed', salt: row?.salt });
});

test('the entries hold who, how many and digests, and no word of the owner', async () => {
  const words = {
    repoUrl: 'https://github.com/planted-owner/planted-name',
    constructId: 'planted-construct',
    oracleUrl: 'https://planted-oracle.example/planted-path',
    label: 'planted-label',
  };
  const { db, owner } = await completedAttempt({}, words);
  const [entry] = await ofKind(db, 'registration');
  const [row] = await registrations(db);
  expect(entry).toMatchObject({
    subject: row?.id,
    account: owner.userId,
    n: 2,
    listed: 3,
    commitment: sha256(row?.opening ?? ''),
  });
  expect(JSON.stringify(await entriesOf(db))).not.toContain('planted');
  // What may hold a secret is not even in the opening.
  expect(row?.opening).toContain('https://planted-oracle.example"');
  expect(row?.opening).not.toContain('planted-path');
});

test.each<[string, Partial<RunRequest>, boolean]>([
  ['another construct’s name', { constructId: 'other' }, true],
  [
    'another spelling of the host and of the default port',
    { oracleUrl: 'https://ORACLE.example:443/ask' },
    true,
  ],
  ['headers', { oracleHeaders: { 'X-Key': 'secret' } }, true],
  ['another path', { oracleUrl: 'https://oracle.example/other' }, false],
  ['another port', { oracleUrl: 'https://oracle.example:8443/ask' }, false],
  ['another host', { oracleUrl: 'https://oracle2.example/ask' }, false],
])('a target with %s is counted as the same one or not: %j', async (_, changes, same) => {
  const { db, start, pump } = await completedAttempt();
  await start(changes);
  await pump();
  const [first, second] = await ofKind(db, 'registration');
  expect(first?.target === second?.target).toBe(same);
  expect(first?.construct === second?.construct).toBe(changes.constructId === undefined);
});

test('a certificate’s entry has the digest of the signed document, and its outcome the numbers', async () => {
  const { db, context, run, runId } = await completedAttempt();
  const { certificateId } = await run(runId);
  const [certificate] = await ofKind(db, 'certificate');
  const [registration] = await ofKind(db, 'registration');
  const served = await getPublicCertificate(context, certificateId ?? '');
  expect(certificate).toMatchObject({
    subject: certificateId,
    registration: registration?.subject,
    document: sha256(await getSignedDocument(context, certificateId ?? '')),
  });
  expect(await ofKind(db, 'outcome')).toEqual([
    expect.objectContaining({
      subject: registration?.subject,
      outcome: 'completed',
      scored: 2,
      oracle_failures: 0,
      unscored: 0,
      mean: served.compositeScore,
      opening: registration?.commitment,
    }),
  ]);
});

test('a run is COMPLETED only once a signed checkpoint holds its certificate; until then nothing fails it', async () => {
  const rig = await pruneRig();
  const runId = await rig.start();
  const { keptCheckpoint } = rig.context;
  const full = {
    ...rig.context,
    keptCheckpoint: {
      ...keptCheckpoint,
      keep: async (note: string) => {
        const certificates = await rig.database.sql`select id from verification_certificates`;
        if (certificates.length > 0) throw new Error('The disk is full.');
        await keptCheckpoint.keep(note);
      },
    },
  };
  await rig.pump({ onto: full });
  // The job is a dead letter by now, which fails other runs.
  expect(await rig.run(runId)).toMatchObject({ status: 'CERTIFYING', certificateId: null });
  await cancelRun(rig.context, rig.owner, runId);
  expect(await rig.run(runId)).toMatchObject({ status: 'CERTIFYING' });
  await certifyRun(rig.context, { runId });
  expect(await rig.run(runId)).toMatchObject({ status: 'COMPLETED', certificateId: expect.any(String) });
  expect(await ofKind(rig.db, 'certificate')).toHaveLength(1);
  expect(await sizeServed(rig.context)).toBe((await entriesOf(rig.db)).length);
});

test('a run that fails before its attempt is registered leaves nothing in the log', async () => {
  const rig = await pruneRig({
    draw: async () => {
      throw new SourceError('not_found', 'There is no such repository.');
    },
  });
  await rig.start();
  await rig.pump();
  await closeAttempts(rig.context);
  expect(await entriesOf(rig.db)).toEqual([]);
});

test('a log that has stopped fails runs before their oracle is asked, and says so to the operator', async () => {
  const { context, db, calls, logged, start, pump, run } = await completedAttempt();
  // As a restored older copy has it.
  await tamper(db, (transaction) => transaction.execute(sql`update log_head set size = size - 1`));
  calls.length = 0;
  const runId = await start();
  await pump();
  expect(await run(runId)).toMatchObject({
    status: 'FAILED',
    error: expect.stringContaining('transparency log of this installation has stopped'),
  });
  expect(calls.filter((call) => call.startsWith('oracle:'))).toEqual([]);
  expect(logged.map(({ message }) => message)).toContainEqual(
    expect.stringContaining('It is an older copy.'),
  );
  await expect(closeAttempts(context)).rejects.toThrow('log has stopped');
  expect(await registrations(db)).toHaveLength(1);
});

/** What the signed document of a run's certificate says of its attempt. */
const attemptIn = async ({ context, run }: Awaited<ReturnType<typeof pruneRig>>, runId: string) => {
  const { certificateId } = await run(runId);
  const document = await getSignedDocument(context, certificateId ?? '');
  return readDocument(new TextEncoder().encode(document)).attempt;
};

test('a certificate says which attempt at its target it is, of how many by whomever, with the mean over all', async () => {
  const rig = await completedAttempt();
  const { db, context, start, pump, user } = rig;
  expect(await attemptIn(rig, rig.runId)).toMatchObject({ number: 1, of: 1, withoutMean: 0 });
  const other = await createRun(context, await user(), runRequest({ limit: 2, minReplays: 2 }));
  const elsewhere = await start({ oracleUrl: 'https://oracle.example/other' });
  await pump();
  const means = (await ofKind(db, 'outcome')).map(({ mean }) => mean ?? 0);
  expect(await attemptIn(rig, elsewhere)).toMatchObject({ number: 1, of: 1 });
  const [certificate] = await db.select().from(verificationRuns).where(eq(verificationRuns.id, other.runId));
  const document = await getSignedDocument(context, certificate?.certificateId ?? '');
  const { attempt } = readDocument(new TextEncoder().encode(document));
  expect(attempt).toMatchObject({ number: 2, of: 2, withoutMean: 0 });
  expect(attempt?.mean).toBeCloseTo(((means[0] ?? 0) + (means[1] ?? 0)) / 2, 6);
  expect(attempt?.logSize).toBeGreaterThan(4);
});

test('an attempt that was cancelled counts at its target, with the mean of what it had', async () => {
  const rig = await cancelledAttempt();
  rig.days(8);
  await closeAttempts(rig.context);
  const [outcome] = await ofKind(rig.db, 'outcome');
  const again = await rig.start();
  await rig.pump();
  const attempt = await attemptIn(rig, again);
  expect(attempt).toMatchObject({ number: 2, of: 2, withoutMean: 0 });
  const [, second] = await ofKind(rig.db, 'outcome');
  expect(attempt?.mean).toBeCloseTo(((outcome?.mean ?? 0) + (second?.mean ?? 0)) / 2, 6);
});
