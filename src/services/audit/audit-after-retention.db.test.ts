import { asc, eq, inArray } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { verificationAuditLabels, verificationAudits } from '#db/schema/audits.ts';
import { groundTruthRecords } from '#db/schema/ground-truths.ts';
import { prune } from '#services/retention/index.ts';
import { auditRefusal, completedForAudit, labelAll, truthfully } from '#testing/rigs/audit-rig.ts';
import { changeNumbers, drawOf } from '#testing/rigs/scripted-engine.ts';
import {
  auditTask,
  beginAudit,
  closeAudits,
  findPublicAudit,
  finishAudit,
  getAuditProgress,
  getPublicAudit,
  labelClaim,
} from './index.ts';

test.each([
  ['of a private repository', true],
  ['of a public repository', false],
])('no audit is begun that would ask about an erased change %s', async (_, isPrivate) => {
  const { at, runId, certificate } = await completedForAudit({
    // In an order that is not that of their ids.
    draw: async ({ limit }) => ({
      ...drawOf(changeNumbers(limit).toReversed()),
      ...(isPrivate && { private: true, source: 'private repository', commitRange: null }),
    }),
  });
  const { context, owner, db } = at;
  const digests = (await at.replaysOf(runId)).flatMap(({ groundTruthDigest }) => groundTruthDigest ?? []);
  expect(digests).toHaveLength(30);
  // The sample has claims of at least 20 of the 30 replays, so it has one of these 11.
  await db.delete(groundTruthRecords).where(inArray(groundTruthRecords.digest, digests.slice(0, 11)));
  expect(await auditRefusal(beginAudit(context, owner, runId))).toEqual([
    'BAD_REQUEST',
    expect.stringMatching(/erased.*Start a new run, and audit it before/),
  ]);
  expect(await findPublicAudit(context, certificate.id)).toBeNull();
});

test('an audit is begun although changes were erased that it does not ask about', async () => {
  // More than an audit has claims.
  const { at, runId, certificate } = await completedForAudit({}, 50);
  const { context, owner, db } = at;
  await beginAudit(context, owner, runId);
  const asked = await db.select({ id: verificationAuditLabels.groundTruthId }).from(verificationAuditLabels);
  await db.delete(verificationAudits);
  const others = (await at.replaysOf(runId)).filter(
    ({ groundTruthId }) => !asked.some(({ id }) => id === groundTruthId),
  );
  expect(others.length).toBeGreaterThan(0);
  await db.delete(groundTruthRecords).where(
    inArray(
      groundTruthRecords.digest,
      others.flatMap(({ groundTruthDigest }) => groundTruthDigest ?? []),
    ),
  );
  expect(await beginAudit(context, owner, runId)).toMatchObject({ certificateId: certificate.id });
});

test('a claim whose change was deleted is not asked about, and its label can still be counted', async () => {
  const { at, runId } = await completedForAudit();
  const { context, owner, db } = at;
  await beginAudit(context, owner, runId);
  await labelAll(at, runId, truthfully);
  await db.delete(groundTruthRecords);
  expect(await auditRefusal(auditTask(context, owner, { id: runId, position: 1 }))).toEqual([
    'BAD_REQUEST',
    expect.stringContaining('deleted after its retention'),
  ]);
  expect(await finishAudit(context, owner, runId)).toMatchObject({ result: { labels: { cannotTell: 0 } } });
});

const isClosed = ['BAD_REQUEST', expect.stringMatching(/closed without a result.*Start a new run/)];

test('an audit whose replays are deleted before all claims have a label is closed, and says so to all', async () => {
  const { at, runId, certificate } = await completedForAudit();
  const { context, owner, db } = at;
  await beginAudit(context, owner, runId);
  await labelClaim(context, owner, { id: runId, position: 1, label: 'true' });
  await closeAudits(context);
  expect(await getAuditProgress(context, owner, runId)).toMatchObject({ closedAt: null });

  at.wait(91 * 24 * 60 * 60_000);
  await prune(context);
  expect(await at.replaysOf(runId)).toEqual([]);
  await Promise.all([closeAudits(context), closeAudits(context)]);
  const closed = { closedAt: expect.any(String), finishedAt: null, result: null };
  expect(await getAuditProgress(context, owner, runId)).toMatchObject({ ...closed, labelled: 1 });
  expect(await getPublicAudit(context, certificate.id)).toMatchObject({ ...closed, labels: null });
  expect(await beginAudit(context, owner, runId)).toMatchObject(closed);
  for (const refused of [
    () => auditTask(context, owner, { id: runId }),
    () => labelClaim(context, owner, { id: runId, position: 2, label: 'true' }),
    () => finishAudit(context, owner, runId),
  ])
    expect(await auditRefusal(refused())).toEqual(isClosed);
  expect(await db.$count(verificationAudits)).toBe(1);
});

test('an audit whose claims all have a label can be finished after its replays were deleted', async () => {
  const { at, runId } = await completedForAudit();
  const { context, owner } = at;
  await beginAudit(context, owner, runId);
  await labelAll(at, runId, truthfully);
  at.wait(91 * 24 * 60 * 60_000);
  await prune(context);
  await closeAudits(context);
  expect(await finishAudit(context, owner, runId)).toMatchObject({
    closedAt: null,
    result: expect.any(Object),
  });
});

test.each([
  ['of a private repository', true],
  ['of a public repository', false],
])('an audit is closed for an erased change only if it would still ask about it %s', async (_, isPrivate) => {
  const { at, runId } = await completedForAudit({
    draw: async ({ limit }) => ({
      ...drawOf(changeNumbers(limit).toReversed()),
      ...(isPrivate && { private: true, source: 'private repository', commitRange: null }),
    }),
  });
  const { context, owner, db } = at;
  await beginAudit(context, owner, runId);
  const digestOf = async (text: string) => {
    const replays = await at.replaysOf(runId);
    const number = text.match(/\d+/)?.[0];
    return replays.find(({ groundTruthId }) => groundTruthId === number)?.groundTruthDigest ?? '';
  };
  const erase = (digest: string) =>
    db.delete(groundTruthRecords).where(eq(groundTruthRecords.digest, digest));
  const sample = await db
    .select()
    .from(verificationAuditLabels)
    .orderBy(asc(verificationAuditLabels.position));
  const ofOne = sample.filter(({ groundTruthId }) => groundTruthId === sample[0]?.groundTruthId);
  for (const { position } of ofOne)
    await labelClaim(context, owner, { id: runId, position, label: 'cannot_tell' });
  const [labelled] = sample;
  const task = await auditTask(context, owner, { id: runId, position: labelled?.position });
  await erase(await digestOf(task?.texts[0] ?? ''));
  await closeAudits(context);
  expect(await getAuditProgress(context, owner, runId)).toMatchObject({ closedAt: null });
  const next = await auditTask(context, owner, { id: runId });
  await erase(await digestOf(next?.texts[0] ?? ''));
  await closeAudits(context);
  expect(await getAuditProgress(context, owner, runId)).toMatchObject({ closedAt: expect.any(String) });
});
