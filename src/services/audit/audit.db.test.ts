import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { verificationReplays } from '#db/schema/replays.ts';
import type { Actor } from '#services/ground/index.ts';
import {
  auditRefusal,
  auditScript,
  completedForAudit,
  labelAll,
  truthfully,
} from '#testing/rigs/audit-rig.ts';
import { ownersRig } from '#testing/rigs/owners-rig.ts';
import { changeNumber, changeNumbers, drawOf } from '#testing/rigs/scripted-engine.ts';
import { auditResult, certificateDigest } from '#verification/audit/result.ts';
import {
  auditTask,
  beginAudit,
  findPublicAudit,
  finishAudit,
  getAuditProgress,
  getPublicAudit,
  labelClaim,
} from './index.ts';

test('an owner labels 40 claims, and the result is published beside an unchanged certificate', async () => {
  const { at, runId, certificate } = await completedForAudit();
  const { context, owner } = at;
  expect(await findPublicAudit(context, certificate.id)).toBeNull();

  const begun = await beginAudit(context, owner, runId);
  expect(begun).toMatchObject({
    certificateId: certificate.id,
    certificateDigest: certificateDigest(certificate),
    size: 40,
    labelled: 0,
    finishedAt: null,
    result: null,
  });
  await labelAll(at, runId, truthfully);
  // Labelled, but not finished: it is known that it was begun, and nothing else.
  expect(await getPublicAudit(context, certificate.id)).toMatchObject({ result: null, labels: null });
  expect(await getAuditProgress(context, owner, runId)).toMatchObject({ labelled: 40, result: null });

  const finished = await finishAudit(context, owner, runId);
  const published = await getPublicAudit(context, certificate.id);
  expect(published).toMatchObject({ finishedAt: finished.finishedAt, result: finished.result });
  const { labels } = published;
  if (labels === null || published.result === null) throw new Error('A finished audit is published whole.');
  expect(auditResult(certificate, labels)).toEqual(published.result);
  // All of the 15 that were not supported, each of a replay of its own.
  expect(labels.filter(({ supported }) => supported)).toHaveLength(25);
  for (const { labelledAt } of labels) expect(Date.parse(labelledAt ?? '')).toBeGreaterThan(0);
  // By hand: 15 of 60 claims are true. Each replay has two claims and two changes, so a is 1.
  expect(published.result.precision?.interval.lower).toBeLessThan(0.25);
  expect(published.result.precision?.interval.upper).toBeGreaterThan(0.25);
  expect(published.result.precision?.interval.upper).toBeLessThan(certificate.precision);
  expect(published.result.q1?.value).toBe(1);

  expect(await at.certificateOf(runId)).toEqual(certificate);
});

test('another user finds no run and no audit, and neither does a malformed id', async () => {
  const { at, runId } = await completedForAudit();
  const { context } = at;
  await beginAudit(context, at.owner, runId);
  const stranger = await at.user();
  const verbs: ((actor: Actor, id: string) => Promise<unknown>)[] = [
    (actor, id) => beginAudit(context, actor, id),
    (actor, id) => getAuditProgress(context, actor, id),
    (actor, id) => auditTask(context, actor, { id }),
    (actor, id) => labelClaim(context, actor, { id, position: 1, label: 'true' }),
    (actor, id) => finishAudit(context, actor, id),
  ];
  for (const verb of verbs) {
    const refusal = ['NOT_FOUND', 'There is no such run of yours.'];
    expect(await auditRefusal(verb(stranger, runId))).toEqual(refusal);
    expect(await auditRefusal(verb(at.owner, 'malformed'))).toEqual(refusal);
  }
  expect(await getAuditProgress(context, at.owner, runId)).toMatchObject({ labelled: 0 });
  expect(await auditRefusal(getPublicAudit(context, runId))).toMatchObject(['NOT_FOUND', expect.any(String)]);
  expect(await auditRefusal(getPublicAudit(context, 'malformed'))).toMatchObject([
    'NOT_FOUND',
    expect.any(String),
  ]);
});

test('a task shows one claim and its diff, and nothing of verdict, quote, construct and other claims', async () => {
  const { at, runId } = await completedForAudit();
  const { context, owner } = at;
  await beginAudit(context, owner, runId);
  const task = await auditTask(context, owner, { id: runId });
  if (task === null) throw new Error('There are claims.');
  expect(Object.keys(task).toSorted()).toEqual([
    'diff',
    'label',
    'labelled',
    'position',
    'size',
    'texts',
    'title',
  ]);
  expect(task.texts).toHaveLength(1);
  const number = Number(task.texts[0]?.match(/\d+/)?.[0]);
  expect(task).toMatchObject({
    position: 1,
    size: 40,
    labelled: 0,
    label: null,
    title: changeNumber(number).title,
    diff: changeNumber(number).diff,
  });
});

test('labels are stored as they are given; an audit that was left is continued where it stopped', async () => {
  const { at, runId } = await completedForAudit();
  const { context, owner } = at;
  await beginAudit(context, owner, runId);
  await labelClaim(context, owner, { id: runId, position: 1, label: 'true' });
  await labelClaim(context, owner, { id: runId, position: 3, label: 'cannot_tell' });
  expect(await beginAudit(context, owner, runId)).toMatchObject({ labelled: 2 });
  expect(await auditTask(context, owner, { id: runId })).toMatchObject({ position: 2, labelled: 2 });
  // Gone back to, and said otherwise.
  expect(await auditTask(context, owner, { id: runId, position: 1 })).toMatchObject({ label: 'true' });
  expect(await labelClaim(context, owner, { id: runId, position: 1, label: 'false' })).toMatchObject({
    labelled: 2,
  });
  expect(await auditTask(context, owner, { id: runId, position: 1 })).toMatchObject({ label: 'false' });
  const refusal = ['NOT_FOUND', 'This audit has 40 claims.'];
  const { size } = await getAuditProgress(context, owner, runId);
  expect(await auditRefusal(auditTask(context, owner, { id: runId, position: size + 1 }))).toEqual(refusal);
  expect(
    await auditRefusal(labelClaim(context, owner, { id: runId, position: size + 1, label: 'true' })),
  ).toEqual(refusal);
  expect(await auditRefusal(finishAudit(context, owner, runId))).toEqual([
    'BAD_REQUEST',
    '38 of 40 claims have no label yet.',
  ]);
});

test('a certificate has one audit, even if it is begun and finished several times at once', async () => {
  const { at, runId } = await completedForAudit();
  const { context, owner } = at;
  const begun = await Promise.all([1, 2, 3].map(() => beginAudit(context, owner, runId)));
  expect(new Set(begun.map(({ begunAt }) => begunAt)).size).toBe(1);
  await labelAll(at, runId, truthfully);
  const finished = await Promise.allSettled([1, 2, 3].map(() => finishAudit(context, owner, runId)));
  expect(finished.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const isFinished = ['BAD_REQUEST', expect.stringContaining('This audit is finished')];
  expect(
    await auditRefusal(labelClaim(context, owner, { id: runId, position: 1, label: 'cannot_tell' })),
  ).toEqual(isFinished);
  expect(await auditRefusal(auditTask(context, owner, { id: runId, position: 1 }))).toEqual(isFinished);
  expect(await beginAudit(context, owner, runId)).toMatchObject({ labelled: 40, result: expect.any(Object) });
});

test('claims of a private repository are found by their published ordinals', async () => {
  const { at, runId, certificate } = await completedForAudit({
    // In an order that is not that of their ids.
    draw: async ({ limit }) => ({
      ...drawOf(changeNumbers(limit).toReversed()),
      private: true,
      source: 'private repository',
      commitRange: null,
    }),
  });
  const { context, owner } = at;
  await beginAudit(context, owner, runId);
  for (let position = 1; position <= 40; position += 1) {
    const task = await auditTask(context, owner, { id: runId, position });
    expect(task?.diff).toContain(`job-${task?.texts[0]?.match(/\d+/)?.[0]}.ts`);
  }
  await labelAll(at, runId, truthfully);
  await finishAudit(context, owner, runId);
  const published = JSON.stringify(await getPublicAudit(context, certificate.id));
  expect(published).not.toMatch(/Attempts|Waiting|retryLimit/);
});

test('what cannot be audited is refused with the reason', async () => {
  const at = await ownersRig({
    ...auditScript,
    oracle: async () => ({
      kind: 'answer',
      answer: { summary: 'A job gives up.', keyClaims: [], followUpResponse: '' },
      latencyMs: 5,
      retries: 0,
    }),
  });
  const { context, owner, db } = at;
  const failed = await at.start();
  await at.fail(failed);
  expect(await auditRefusal(beginAudit(context, owner, failed))).toEqual([
    'BAD_REQUEST',
    expect.stringContaining('no certificate'),
  ]);
  expect(await auditRefusal(auditTask(context, owner, { id: failed }))).toEqual([
    'NOT_FOUND',
    'No audit of this run was begun.',
  ]);
  const { runId: claimless } = await at.complete();
  expect(await auditRefusal(beginAudit(context, owner, claimless))).toEqual([
    'BAD_REQUEST',
    expect.stringContaining('ruled on no claim'),
  ]);
  await db.delete(verificationReplays).where(eq(verificationReplays.runId, claimless));
  expect(await auditRefusal(beginAudit(context, owner, claimless))).toEqual([
    'BAD_REQUEST',
    expect.stringContaining('deleted after their retention'),
  ]);
});
