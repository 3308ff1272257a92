import { asc, eq, inArray } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { AuditLabel } from '#contracts/audit.ts';
import { AppError } from '#contracts/errors.ts';
import { verificationAuditLabels, verificationAudits } from '#db/schema/audits.ts';
import { groundTruthRecords } from '#db/schema/ground-truths.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import type { Actor } from '#services/ground/index.ts';
import { prune } from '#services/retention/index.ts';
import { type OwnersRig, ownersRig } from '#testing/rigs/owners-rig.ts';
import { changeNumber, changeNumbers, drawOf, type Script } from '#testing/rigs/scripted-engine.ts';
import { auditResult, certificateDigest } from '#verification/audit/result.ts';
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

/** Jobs with an even number are bounded, and the judge knows it. Their waiting it supports wherever it is told of it. */
const isTrue = (claim: string) => claim.startsWith('Attempts') && Number(claim.match(/\d+/)?.[0]) % 2 === 0;

const quoteOf = (id: string) => `export const retryLimit${id} = 25;`;

/** Two claims for each change, which no folding joins, and a judge that is right about the first kind only. */
const script: Script = {
  draw: async ({ limit }) => drawOf(changeNumbers(limit)),
  oracle: async ({ pr }) => {
    const number = pr.diff_content.match(/job-(\d+)/)?.[1];
    return {
      kind: 'answer',
      answer: {
        summary: 'A job gives up after a bounded number of attempts.',
        keyClaims: [
          { claim: `Attempts of the task ${number} have bounds nowadays`, confidence: null },
          { claim: `Waiting of the task ${number} grows steadily`, confidence: null },
        ],
        followUpResponse: 'Twenty-five.',
      },
      latencyMs: 5,
      retries: 0,
    };
  },
  judge: async (task, { id }) =>
    task.measure !== 'precision'
      ? undefined
      : {
          ok: true,
          model: 'offline-1',
          usage: {
            calls: 1,
            estimatedCalls: 0,
            inputTokens: 1,
            cacheWriteTokens: 0,
            cacheReadTokens: 0,
            outputTokens: 1,
            costUsd: 0,
          },
          latencyMs: 10,
          retries: 0,
          answer: {
            changes: [],
            question: null,
            variants: [],
            verdicts: task.claims.map((claim) =>
              isTrue(claim.text) || claim.text.startsWith('Waiting')
                ? { id: claim.id, verdict: 'supported', quote: quoteOf(id) }
                : { id: claim.id, verdict: 'not_supported', quote: '' },
            ),
          },
        },
};

/** A completed run of 30 changes, unless given otherwise: 60 claims, of which 45 are supported and 15 true. */
const completed = async (changed: Script = {}, changes = 30) => {
  const at = await ownersRig({ ...script, ...changed });
  return { at, ...(await at.complete({ limit: changes, minReplays: changes })) };
};

const refusalOf = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error) => (error instanceof AppError ? [error.code, error.message] : error),
  );

/** Labels every claim that has no label. */
const labelAll = async (
  { context, owner }: Pick<OwnersRig, 'context' | 'owner'>,
  id: string,
  rule: (text: string) => AuditLabel,
) => {
  for (let turn = 0; turn < 50; turn += 1) {
    const task = await auditTask(context, owner, { id });
    if (task === null) return;
    const [text = ''] = task.texts;
    await labelClaim(context, owner, { id, position: task.position, label: rule(text) });
  }
  throw new Error('The audit has no end.');
};

const truthfully = (text: string): AuditLabel => (isTrue(text) ? 'true' : 'false');

test('an owner labels 40 claims, and the result is published beside an unchanged certificate', async () => {
  const { at, runId, certificate } = await completed();
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
  const { at, runId } = await completed();
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
    expect(await refusalOf(verb(stranger, runId))).toEqual(refusal);
    expect(await refusalOf(verb(at.owner, 'malformed'))).toEqual(refusal);
  }
  expect(await getAuditProgress(context, at.owner, runId)).toMatchObject({ labelled: 0 });
  expect(await refusalOf(getPublicAudit(context, runId))).toMatchObject(['NOT_FOUND', expect.any(String)]);
  expect(await refusalOf(getPublicAudit(context, 'malformed'))).toMatchObject([
    'NOT_FOUND',
    expect.any(String),
  ]);
});

test('a task shows one claim and its diff, and nothing of verdict, quote, construct and other claims', async () => {
  const { at, runId } = await completed();
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
  const { at, runId } = await completed();
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
  expect(await refusalOf(auditTask(context, owner, { id: runId, position: size + 1 }))).toEqual(refusal);
  expect(
    await refusalOf(labelClaim(context, owner, { id: runId, position: size + 1, label: 'true' })),
  ).toEqual(refusal);
  expect(await refusalOf(finishAudit(context, owner, runId))).toEqual([
    'BAD_REQUEST',
    '38 of 40 claims have no label yet.',
  ]);
});

test('a certificate has one audit, even if it is begun and finished several times at once', async () => {
  const { at, runId } = await completed();
  const { context, owner } = at;
  const begun = await Promise.all([1, 2, 3].map(() => beginAudit(context, owner, runId)));
  expect(new Set(begun.map(({ begunAt }) => begunAt)).size).toBe(1);
  await labelAll(at, runId, truthfully);
  const finished = await Promise.allSettled([1, 2, 3].map(() => finishAudit(context, owner, runId)));
  expect(finished.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const isFinished = ['BAD_REQUEST', expect.stringContaining('This audit is finished')];
  expect(
    await refusalOf(labelClaim(context, owner, { id: runId, position: 1, label: 'cannot_tell' })),
  ).toEqual(isFinished);
  expect(await refusalOf(auditTask(context, owner, { id: runId, position: 1 }))).toEqual(isFinished);
  expect(await beginAudit(context, owner, runId)).toMatchObject({ labelled: 40, result: expect.any(Object) });
});

test('claims of a private repository are found by their published ordinals', async () => {
  const { at, runId, certificate } = await completed({
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
    ...script,
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
  expect(await refusalOf(beginAudit(context, owner, failed))).toEqual([
    'BAD_REQUEST',
    expect.stringContaining('no certificate'),
  ]);
  expect(await refusalOf(auditTask(context, owner, { id: failed }))).toEqual([
    'NOT_FOUND',
    'No audit of this run was begun.',
  ]);
  const { runId: claimless } = await at.complete();
  expect(await refusalOf(beginAudit(context, owner, claimless))).toEqual([
    'BAD_REQUEST',
    expect.stringContaining('ruled on no claim'),
  ]);
  await db.delete(verificationReplays).where(eq(verificationReplays.runId, claimless));
  expect(await refusalOf(beginAudit(context, owner, claimless))).toEqual([
    'BAD_REQUEST',
    expect.stringContaining('deleted after their retention'),
  ]);
});

test.each([
  ['of a private repository', true],
  ['of a public repository', false],
])('no audit is begun that would ask about an erased change %s', async (_, isPrivate) => {
  const { at, runId, certificate } = await completed({
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
  expect(await refusalOf(beginAudit(context, owner, runId))).toEqual([
    'BAD_REQUEST',
    expect.stringMatching(/erased.*Start a new run, and audit it before/),
  ]);
  expect(await findPublicAudit(context, certificate.id)).toBeNull();
});

test('an audit is begun although changes were erased that it does not ask about', async () => {
  // More than an audit has claims.
  const { at, runId, certificate } = await completed({}, 50);
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
  const { at, runId } = await completed();
  const { context, owner, db } = at;
  await beginAudit(context, owner, runId);
  await labelAll(at, runId, truthfully);
  await db.delete(groundTruthRecords);
  expect(await refusalOf(auditTask(context, owner, { id: runId, position: 1 }))).toEqual([
    'BAD_REQUEST',
    expect.stringContaining('deleted after its retention'),
  ]);
  expect(await finishAudit(context, owner, runId)).toMatchObject({ result: { labels: { cannotTell: 0 } } });
});

const isClosed = ['BAD_REQUEST', expect.stringMatching(/closed without a result.*Start a new run/)];

test('an audit whose replays are deleted before all claims have a label is closed, and says so to all', async () => {
  const { at, runId, certificate } = await completed();
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
    auditTask(context, owner, { id: runId }),
    labelClaim(context, owner, { id: runId, position: 2, label: 'true' }),
    finishAudit(context, owner, runId),
  ])
    expect(await refusalOf(refused)).toEqual(isClosed);
  expect(await db.$count(verificationAudits)).toBe(1);
});

test('an audit whose claims all have a label can be finished after its replays were deleted', async () => {
  const { at, runId } = await completed();
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
  const { at, runId } = await completed({
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
