import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { RawScores } from '#contracts/certificate.ts';
import type { GroundTruthDraw } from '#contracts/ground-truth.ts';
import type { CanaryCounts } from '#contracts/judge-trust.ts';
import { chunksOf } from '#db/chunks.ts';
import { verificationCertificates } from '#db/schema/certificates.ts';
import { ruledCanary } from '#testing/builders/canaries.ts';
import { storeCertificate } from '#testing/builders/stored-certificates.ts';
import { type OwnersRig, ownersRig } from '#testing/rigs/owners-rig.ts';
import { changeNumbers, drawOf, type Script } from '#testing/rigs/scripted-engine.ts';
import { addCanaries, noCanaries } from '#verification/certificate/judge-trust.ts';
import { recomputeCertificate } from '#verification/certificate/recompute.ts';
import { earlierCanaries } from './earlier-canaries.ts';

const day = 24 * 60 * 60_000;

const counts = (
  [shownTrue, supportedTrue]: [number, number],
  [shownFalse, supportedFalse]: [number, number] = [0, 0],
): CanaryCounts => ({
  ...noCanaries,
  true: { shown: shownTrue, supported: supportedTrue },
  false: { ...noCanaries.false, value: { shown: shownFalse, supported: supportedFalse } },
});

const scripted = {
  provider: 'anthropic',
  model: 'claude-sonnet-5-5',
  endpoint: null,
  promptDigest: 'd'.repeat(64),
} as const;

type Earlier = {
  /** The canaries of each of its changes. */
  canaries?: CanaryCounts;
  source?: string;
  /** The changes of its replays; by default the one that every stored certificate has. */
  changes?: string[];
  daysAgo?: number;
  raw?: (scores: RawScores) => RawScores;
};

const times = (of: number, counted: CanaryCounts): CanaryCounts =>
  Array.from({ length: of }, () => counted).reduce(addCanaries, noCanaries);

const canariesOf = (counted: CanaryCounts) =>
  (
    [
      ['true', counted.true],
      ['false', counted.false.value],
      ['injected', counted.injected],
    ] as const
  ).flatMap(([kind, { shown, supported }]) =>
    Array.from({ length: shown }, (_, place) => ruledCanary(kind, place < supported)),
  );

/** Stores a certificate of an earlier run and returns its id. */
const storeEarlier = async (
  { db, context }: Pick<OwnersRig, 'db' | 'context'>,
  {
    canaries = counts([10, 9], [8, 1]),
    source = 'github:other/name',
    changes = ['142'],
    daysAgo = 1,
    raw = (scores) => scores,
  }: Earlier,
): Promise<string> => {
  const createdAt = new Date(context.now().getTime() - daysAgo * day);
  const id = await storeCertificate(db, { constructId: 'earlier', supported: 4, createdAt });
  const [row] = await db.select().from(verificationCertificates).where(eq(verificationCertificates.id, id));
  if (!row) throw new Error('No certificate was stored.');
  // What it had from earlier runs belongs to them and must not count again.
  const trust = {
    ...row.rawScores.trust,
    canaries: times(changes.length, canaries),
    pool: { canaries: counts([500, 500]), certificates: [] },
  };
  const [replay] = row.rawScores.replays;
  if (!replay?.evidence) throw new Error('No certificate with a judged replay was stored.');
  const evidence = { ...replay.evidence, canaries: canariesOf(canaries) };
  const replays = changes.map((groundTruthId) => ({ ...replay, groundTruthId, evidence }));
  await db
    .update(verificationCertificates)
    .set({
      groundTruthSource: source,
      rawScores: raw({ ...row.rawScores, judge: { ...row.rawScores.judge, ...scripted }, trust, replays }),
    })
    .where(eq(verificationCertificates.id, id));
  return id;
};

test('the pool has the same judge, model and prompts, other repositories, the last 90 days, nothing private and no supplied ground truth', async () => {
  const at = await ownersRig();
  const older = await storeEarlier(at, { canaries: counts([10, 9], [8, 1]), daysAgo: 89 });
  const newer = await storeEarlier(at, {
    canaries: counts([5, 5], [2, 0]),
    source: 'git:https://git.example/x',
  });
  const judgedBy = (judge: Partial<RawScores['judge']>) => (scores: RawScores) => ({
    ...scores,
    judge: { ...scores.judge, ...judge },
  });
  const others: Earlier[] = [
    { source: 'github:owner/name' },
    // GitHub's names ignore case.
    { source: 'github:Owner/Name' },
    { daysAgo: 91 },
    { raw: judgedBy({ provider: 'offline' }) },
    { raw: judgedBy({ model: 'claude-opus-5-5' }) },
    { raw: judgedBy({ promptDigest: 'e'.repeat(64) }) },
    { raw: (scores) => ({ ...scores, private: true }) },
    { raw: (scores) => ({ ...scores, sample: true }) },
  ];
  // Each has a change of its own, so that it would count if it were let in.
  for (const [place, other] of others.entries())
    await storeEarlier(at, { ...other, changes: [`${place + 1}`] });
  expect(await earlierCanaries(at.context, scripted, 'github:owner/name')).toEqual({
    canaries: counts([15, 14], [10, 1]),
    certificates: [older, newer],
  });
  const { certificate } = await at.complete({ judge: scripted.provider });
  expect(certificate.trust.pool.certificates).toEqual([older, newer]);
  const { canaries, pool } = certificate.trust;
  expect(pool.canaries.true).toEqual({
    shown: canaries.true.shown + 15,
    supported: canaries.true.supported + 14,
  });
  expect(recomputeCertificate(certificate).disagreements).toEqual([]);
});

test('a run of one replay displaces nothing from an earlier certificate of the same changes', async () => {
  const at = await ownersRig();
  const fiftyIds = changeNumbers(50).map(({ id }) => id);
  const leaking = { ...counts([1, 1], [1, 0]), injected: { shown: 1, supported: 1 } };
  const whole = await storeEarlier(at, { canaries: leaking, changes: fiftyIds, daysAgo: 2 });
  const before = await earlierCanaries(at.context, scripted, 'github:owner/name');
  expect(before).toEqual({ canaries: times(50, leaking), certificates: [whole] });
  await storeEarlier(at, { canaries: counts([1, 1]), changes: fiftyIds.slice(16, 17) });
  expect(await earlierCanaries(at.context, scripted, 'github:owner/name')).toEqual(before);
});

test('a change in two certificates counts once, as the earliest has it, whichever is larger and however its repository is written', async () => {
  const at = await ownersRig();
  const newer = await storeEarlier(at, { canaries: counts([1, 1]), changes: ['1', '2', '3'], daysAgo: 2 });
  const older = await storeEarlier(at, {
    canaries: counts([1, 0]),
    changes: ['2'],
    daysAgo: 3,
    source: 'github:Other/Name',
  });
  // The change of the same number in another repository is a different change.
  const elsewhere = await storeEarlier(at, {
    canaries: counts([1, 1]),
    changes: ['2'],
    source: 'github:third/name',
  });
  expect(await earlierCanaries(at.context, scripted, 'github:owner/name')).toEqual({
    canaries: counts([4, 3]),
    certificates: [older, newer, elsewhere],
  });
});

test('a replay without canaries takes no change from a later certificate that has some', async () => {
  const at = await ownersRig();
  await storeEarlier(at, { canaries: noCanaries, daysAgo: 2 });
  const tested = await storeEarlier(at, { canaries: counts([1, 1]) });
  // Like an unscored replay: a certificate keeps no evidence of it.
  await storeEarlier(at, {
    daysAgo: 3,
    raw: (scores) => ({
      ...scores,
      replays: scores.replays.map((replay) => ({ ...replay, evidence: null })),
    }),
  });
  expect(await earlierCanaries(at.context, scripted, 'github:owner/name')).toEqual({
    canaries: counts([1, 1]),
    certificates: [tested],
  });
});

test('a flood of tiny certificates, older and newer, displaces no larger one', async () => {
  const at = await ownersRig();
  const large = await storeEarlier(at, { canaries: counts([1, 1]), changes: ['1', '2'], daysAgo: 30 });
  const tiny = await storeEarlier(at, { canaries: counts([1, 0]), source: 'github:flood/name' });
  const [row] = await at.db
    .select()
    .from(verificationCertificates)
    .where(eq(verificationCertificates.id, tiny));
  if (!row) throw new Error('The certificate that the flood is made of is gone.');
  const [replay] = row.rawScores.replays;
  if (!replay) throw new Error('No certificate with a replay was stored.');
  // More than are read, both older and newer.
  const flood = Array.from({ length: 2200 }, (_, place) => ({
    ...row,
    id: randomUUID(),
    runId: randomUUID(),
    createdAt: new Date(at.context.now().getTime() - (place + 1) * 40 * 60_000),
    rawScores: { ...row.rawScores, replays: [{ ...replay, groundTruthId: `flood-${place}` }] },
  }));
  for (const chunk of chunksOf(flood, 550)) await at.db.insert(verificationCertificates).values(chunk);
  const { certificates, canaries } = await earlierCanaries(at.context, scripted, 'github:owner/name');
  expect(certificates).toHaveLength(50);
  expect(certificates).toContain(large);
  expect(canaries.true).toEqual({ shown: 49 + 2, supported: 2 });
});

test('without earlier runs the pool is the run’s own', async () => {
  const at = await ownersRig();
  expect(await earlierCanaries(at.context, scripted, 'github:owner/name')).toEqual({
    canaries: noCanaries,
    certificates: [],
  });
});

test('a private run uses the pool and adds nothing to it', async () => {
  let isPrivate = true;
  const draw: Script['draw'] = async ({ limit }): Promise<GroundTruthDraw> => ({
    ...drawOf(changeNumbers(limit)),
    source: isPrivate ? 'github:secret/one' : 'github:public/two',
    private: isPrivate,
  });
  const at = await ownersRig({ draw });
  const earlier = await storeEarlier(at, {});
  const hidden = await at.complete({ judge: scripted.provider });
  expect(hidden.certificate.trust.pool.certificates).toEqual([earlier]);
  isPrivate = false;
  const shown = await at.complete({ judge: scripted.provider });
  expect(shown.certificate.trust.pool.certificates).toEqual([earlier]);
});
