import { asc, eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { certificateEvidence, evidenceSets } from '#db/schema/certificate-documents.ts';
import { verificationCertificates } from '#db/schema/certificates.ts';
import { createHandlers } from '#jobs/index.ts';
import { startedRun } from '#testing/builders/started-run.ts';
import type { WorkerContext } from '../ground/context.ts';
import { certifyRun } from '../pipeline/certify.ts';
import { cancelRun } from '../run/cancel.ts';
import { getEvidence, getOpenings, getProvenLine } from './files.ts';

const replays = 26;

/** A run whose replays have all ended, and which nobody has begun to certify. */
const certifying = async () => {
  const at = await startedRun({}, { limit: replays, minReplays: 1 });
  const { handlers } = createHandlers(at.context);
  const { signal } = new AbortController();
  await handlers['ingest-run']({ runId: at.runId }, signal);
  for (const { id } of await at.replays())
    await handlers['score-replay']({ runId: at.runId, replayId: id }, signal);
  expect(await at.run()).toMatchObject({ status: 'CERTIFYING' });
  const certify = (context: WorkerContext = at.context) => certifyRun(context, { runId: at.runId });
  const lines = () => at.db.select().from(certificateEvidence).orderBy(asc(certificateEvidence.place));
  const idOfSet = async () => (await at.db.select().from(evidenceSets))[0]?.certificateId ?? '';
  return { ...at, certify, lines, idOfSet };
};

/** A worker that does this before each part of the evidence that it writes. */
const beforeEachPart = (context: WorkerContext, work: (part: number) => unknown): WorkerContext => {
  let part = 0;
  const db = new Proxy(context.db, {
    get: (target, property, receiver) => {
      const value: unknown = Reflect.get(target, property, receiver);
      if (property !== 'insert' || typeof value !== 'function') return value;
      return (table: unknown) => {
        if (table !== certificateEvidence) return Reflect.apply(value, target, [table]);
        part += 1;
        const done = Promise.resolve(work(part));
        return {
          values: (rows: unknown) => ({
            onConflictDoNothing: async () => {
              await done;
              return Reflect.apply(value, target, [table]).values(rows).onConflictDoNothing();
            },
          }),
        };
      };
    },
  });
  return { ...context, db };
};

const killedAt = (context: WorkerContext, place: number) =>
  beforeEachPart(context, (part) => {
    if (part >= place) throw new Error('killed');
  });

test('evidence is written before the run is locked for its certificate, and served only with it', async () => {
  const { context, certify, run, runId, database, lines, idOfSet } = await certifying();
  const parts: number[] = [];
  await certify(
    beforeEachPart(context, async (part) => {
      parts.push(part);
      await database.sql`select id from verification_runs where id = ${runId} for update nowait`;
      for (const read of [getEvidence, getOpenings])
        await expect(read(context, await idOfSet())).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(getProvenLine(context, await idOfSet(), '0')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }),
  );
  expect(parts).toEqual([1, 2]);
  const { certificateId } = await run();
  expect(certificateId).toBe(await idOfSet());
  const served: string[] = [];
  for await (const line of await getEvidence(context, certificateId ?? '')) served.push(line);
  expect(served).toEqual((await lines()).map(({ line }) => `${line}\n`));
  expect(served).toHaveLength(replays);
});

test('a worker that was killed while it wrote evidence leaves lines that the next one completes', async () => {
  const { context, certify, run, lines } = await certifying();
  await expect(certify(killedAt(context, 2))).rejects.toThrow();
  const before = await lines();
  expect(before).toHaveLength(25);
  await certify();
  expect(await run()).toMatchObject({ status: 'COMPLETED' });
  const after = await lines();
  expect(after).toHaveLength(replays);
  const known = new Set(before.map(({ place }) => place));
  expect(after.filter(({ place }) => known.has(place))).toEqual(before);
});

test('a run that ends without a certificate keeps no evidence, not even what a late worker writes', async () => {
  for (const late of [false, true]) {
    const { context, certify, run, runId, owner, db, close } = await certifying();
    const cancel = () => cancelRun(context, owner, runId);
    await certify(
      late ? beforeEachPart(context, (part) => (part === 2 ? cancel() : undefined)) : killedAt(context, 2),
    ).catch(() => undefined);
    if (!late) await cancel();
    expect(await run()).toMatchObject({ status: 'FAILED' });
    await certify();
    expect([await db.$count(evidenceSets), await db.$count(certificateEvidence)]).toEqual([0, 0]);
    expect(await db.$count(verificationCertificates)).toBe(0);
    await close();
  }
});

test('two workers that certify a run at once write its lines once', async () => {
  const { certify, run, lines, db } = await certifying();
  await Promise.all([certify(), certify()]);
  expect(await run()).toMatchObject({ status: 'COMPLETED' });
  expect(await lines()).toHaveLength(replays);
  expect(await db.$count(verificationCertificates)).toBe(1);
});

test('lines that another version of the program began are written again, and none is mixed with them', async () => {
  const { context, certify, run, lines, db } = await certifying();
  await expect(certify(killedAt(context, 2))).rejects.toThrow();
  const [first] = await lines();
  if (first === undefined) throw new Error('Nothing was written.');
  await db.delete(certificateEvidence).where(eq(certificateEvidence.place, first.place));
  await db.insert(certificateEvidence).values({ ...first, line: '{}', leaf: new Uint8Array(32) });
  await expect(certify()).rejects.toThrow('another version of this program');
  expect(await lines()).toEqual([]);
  await certify();
  expect(await run()).toMatchObject({ status: 'COMPLETED' });
  expect((await lines())[first.place]).toEqual(first);
});
