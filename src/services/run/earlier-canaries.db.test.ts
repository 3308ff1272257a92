import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { RawScores } from '#contracts/certificate.ts';
import type { GroundTruth, GroundTruthDraw } from '#contracts/ground-truth.ts';
import type { CanaryCounts } from '#contracts/judge-trust.ts';
import { type CanaryKind, canaryKinds } from '#contracts/replay.ts';
import type { RunRequest } from '#contracts/run-request.ts';
import { verificationCertificates } from '#db/schema/certificates.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { ownChanges } from '#testing/own-changes.ts';
import { changeNumbers, drawOf, type Script } from '#testing/scripted-engine.ts';
import { storeCertificate } from '#testing/stored-certificates.ts';
import { runRequest, testWorkbench } from '#testing/workbench.ts';
import { addCanaries, noCanaries } from '#verification/certificate/judge-trust.ts';
import { recomputeCertificate } from '#verification/certificate/recompute.ts';
import { makeCanaries } from '#verification/judges/canaries/make-canaries.ts';
import type { JudgeReply, JudgeTask, PullRequestJudge } from '#verification/judges/judge.ts';
import { offlineJudge } from '#verification/judges/offline/judge.ts';
import { seededFraction } from '#verification/replay/seeded.ts';
import { parseDiff } from '#verification/sources/diff.ts';
import { getPublicCertificate } from '../certificate/get-public.ts';
import { createRun } from './create.ts';
import { earlierCanaries } from './earlier-canaries.ts';
import { getRun } from './get.ts';

const day = 24 * 60 * 60_000;

const bench = async (script: Script = {}) => {
  const workbench = await testWorkbench(script);
  const owner = await workbench.user();
  const run = async (request: Partial<RunRequest> = {}) => {
    const { runId } = await createRun(workbench.context, owner, runRequest(request));
    await workbench.pump();
    const { status, error, certificateId } = await getRun(workbench.context, owner, runId);
    expect([status, error]).toEqual(['COMPLETED', null]);
    return { runId, certificate: await getPublicCertificate(workbench.context, certificateId ?? '') };
  };
  return { ...workbench, run };
};

const counts = (
  [shownTrue, supportedTrue]: [number, number],
  [shownFalse, supportedFalse]: [number, number] = [0, 0],
): CanaryCounts => ({
  true: { shown: shownTrue, supported: supportedTrue },
  false: { shown: shownFalse, supported: supportedFalse },
  injected: { shown: 0, supported: 0 },
});

const scripted = { provider: 'offline', model: 'offline-1', promptDigest: 'd'.repeat(64) } as const;

type Earlier = {
  /** Of each of its changes. */
  canaries?: CanaryCounts;
  source?: string;
  /** The changes of its replays; the one that every stored certificate has where absent. */
  changes?: string[];
  daysAgo?: number;
  raw?: (scores: RawScores) => RawScores;
};

const times = (of: number, counted: CanaryCounts): CanaryCounts =>
  Array.from({ length: of }, () => counted).reduce(addCanaries, noCanaries);

const canariesOf = (counted: CanaryCounts) =>
  canaryKinds.flatMap((kind) =>
    Array.from({ length: counted[kind].shown }, (_, place) => ({
      kind,
      supported: place < counted[kind].supported,
    })),
  );

/** Stores a certificate of an earlier run and answers its id. */
const storeEarlier = async (
  { db, context }: Pick<Awaited<ReturnType<typeof bench>>, 'db' | 'context'>,
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
  if (!row?.rawScores.trust) throw new Error('No certificate with trust was stored.');
  // What it had from runs before it is theirs and not to be counted again.
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
    .set({ groundTruthSource: source, rawScores: raw({ ...row.rawScores, trust, replays }) })
    .where(eq(verificationCertificates.id, id));
  return id;
};

test('the pool is of the same judge, model and prompts, of other repositories, of the last 90 days, and of nothing private', async () => {
  const at = await bench();
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
    // GitHub's names are the same in any case.
    { source: 'github:Owner/Name' },
    { daysAgo: 91 },
    { raw: judgedBy({ provider: 'anthropic' }) },
    { raw: judgedBy({ model: 'offline-2' }) },
    { raw: judgedBy({ promptDigest: 'e'.repeat(64) }) },
    { raw: (scores) => ({ ...scores, private: true }) },
    { raw: (scores) => ({ ...scores, trust: null }) },
    // Issued before judges were tested: without the field.
    { raw: ({ trust: _, ...scores }) => scores as RawScores },
  ];
  // Each of a change of its own, so that it would count if it were let in.
  for (const [place, other] of others.entries())
    await storeEarlier(at, { ...other, changes: [`${place + 1}`] });
  expect(await earlierCanaries(at.context, scripted, 'github:owner/name')).toEqual({
    canaries: counts([15, 14], [10, 1]),
    certificates: [older, newer],
  });
  const { certificate } = await at.run();
  expect(certificate.trust?.pool.certificates).toEqual([older, newer]);
  const { canaries, pool } = certificate.trust ?? { canaries: noCanaries, pool: null };
  expect(pool?.canaries.true).toEqual({
    shown: canaries.true.shown + 15,
    supported: canaries.true.supported + 14,
  });
  expect(recomputeCertificate(certificate).disagreements).toEqual([]);
});

test('a run of one replay displaces nothing of an earlier certificate of the same changes', async () => {
  const at = await bench();
  const fiftyIds = changeNumbers(50).map(({ id }) => id);
  const leaking = { ...counts([1, 1], [1, 0]), injected: { shown: 1, supported: 1 } };
  const whole = await storeEarlier(at, { canaries: leaking, changes: fiftyIds, daysAgo: 2 });
  const before = await earlierCanaries(at.context, scripted, 'github:owner/name');
  expect(before).toEqual({ canaries: times(50, leaking), certificates: [whole] });
  await storeEarlier(at, { canaries: counts([1, 1]), changes: fiftyIds.slice(16, 17) });
  expect(await earlierCanaries(at.context, scripted, 'github:owner/name')).toEqual(before);
});

test('a change of two certificates counts once, as the earliest has it, whichever is larger and however its repository is written', async () => {
  const at = await bench();
  const newer = await storeEarlier(at, { canaries: counts([1, 1]), changes: ['1', '2', '3'], daysAgo: 2 });
  const older = await storeEarlier(at, {
    canaries: counts([1, 0]),
    changes: ['2'],
    daysAgo: 3,
    source: 'github:Other/Name',
  });
  // Another repository's change of the same number is another one.
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
  const at = await bench();
  await storeEarlier(at, { canaries: noCanaries, daysAgo: 2 });
  const tested = await storeEarlier(at, { canaries: counts([1, 1]) });
  // As of an unscored replay, of which a certificate keeps no evidence.
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

test('a flood of tiny certificates, older and newer ones, displaces none that is larger', async () => {
  const at = await bench();
  const large = await storeEarlier(at, { canaries: counts([1, 1]), changes: ['1', '2'], daysAgo: 30 });
  const tiny = await storeEarlier(at, { canaries: counts([1, 0]), source: 'github:flood/name' });
  const [row] = await at.db
    .select()
    .from(verificationCertificates)
    .where(eq(verificationCertificates.id, tiny));
  if (!row) throw new Error('The certificate that the flood is made of is gone.');
  const [replay] = row.rawScores.replays;
  if (!replay) throw new Error('No certificate with a replay was stored.');
  // More than are read, both before it and after it.
  const flood = Array.from({ length: 2200 }, (_, place) => ({
    ...row,
    id: randomUUID(),
    runId: randomUUID(),
    createdAt: new Date(at.context.now().getTime() - (place + 1) * 40 * 60_000),
    rawScores: { ...row.rawScores, replays: [{ ...replay, groundTruthId: `flood-${place}` }] },
  }));
  for (let start = 0; start < flood.length; start += 550)
    await at.db.insert(verificationCertificates).values(flood.slice(start, start + 550));
  const { certificates, canaries } = await earlierCanaries(at.context, scripted, 'github:owner/name');
  expect(certificates).toHaveLength(50);
  expect(certificates).toContain(large);
  expect(canaries.true).toEqual({ shown: 49 + 2, supported: 2 });
});

test('without earlier runs the pool is the run’s own', async () => {
  const at = await bench();
  expect(await earlierCanaries(at.context, scripted, 'github:owner/name')).toEqual({
    canaries: noCanaries,
    certificates: [],
  });
});

test('a private run takes from the pool and gives nothing to it', async () => {
  let isPrivate = true;
  const draw: Script['draw'] = async ({ limit }): Promise<GroundTruthDraw> => ({
    ...drawOf(changeNumbers(limit)),
    source: isPrivate ? 'github:secret/one' : 'github:public/two',
    private: isPrivate,
  });
  const at = await bench({ draw });
  const earlier = await storeEarlier(at, {});
  const hidden = await at.run();
  expect(hidden.certificate.trust?.pool.certificates).toEqual([earlier]);
  isPrivate = false;
  const shown = await at.run();
  expect(shown.certificate.trust?.pool.certificates).toEqual([earlier]);
});

const oracleClaims = ['Attempts of a job are now bounded', 'Waiting grows between attempts'];

const answering = (
  verdicts: { id: string; verdict: 'supported' | 'not_supported'; quote: string }[],
): JudgeReply => ({
  ok: true,
  model: 'offline-1',
  usage: { calls: 1, inputTokens: 1, cacheWriteTokens: 0, cacheReadTokens: 0, outputTokens: 1, costUsd: 0 },
  latencyMs: 1,
  retries: 0,
  answer: { changes: [], question: null, verdicts },
});

/** A line of the diff that counts as a quote. */
const quotable = ({ diff }: GroundTruth): string =>
  parseDiff(diff)
    .files.flatMap(({ changedLines }) => changedLines)
    .map(({ text }) => text.trim())
    .find((text) => text.replace(/\s/g, '').length >= 10 && /\p{L}{3}/u.test(text)) ?? '';

/**
 * A judge that finds the oracle's claims supported and takes of all other texts the share that `supports` says, each
 * by its own seeded chance; keys and the rest are the offline judge's. What it said of each text is noted.
 */
const chancyJudge = (supports: (text: string) => number) => {
  const said = new Map<string, boolean>();
  const indexed = new Map<string, PullRequestJudge>();
  const judge = async (task: JudgeTask, change: GroundTruth): Promise<JudgeReply | undefined> => {
    const ofParrot = (text: string) => change.title.includes(text) || change.description.includes(text);
    if (task.measure !== 'precision') {
      const offline = indexed.get(change.id) ?? offlineJudge().open(change);
      indexed.set(change.id, offline);
      return offline.ask(task);
    }
    return answering(
      task.claims.map(({ id, text }) => {
        const isOwn = oracleClaims.includes(text) || ofParrot(text);
        const supported = isOwn || seededFraction('chance', change.id, text) < supports(text);
        if (!isOwn) said.set(`${change.id} ${text}`, supported);
        return {
          id,
          verdict: supported ? ('supported' as const) : ('not_supported' as const),
          quote: supported ? quotable(change) : '',
        };
      }),
    );
  };
  return { judge, said };
};

const fifty = ownChanges().map((change) => ({ ...change, repository: 'owner/name' }));
const wholeRun = { limit: 50, minReplays: 50, seed: 'a-seed' };

/** The kind of every canary that the run's changes can have, by the text that a judge sees. */
const kindsOf = async ({ db }: Pick<Awaited<ReturnType<typeof bench>>, 'db'>, runId: string) => {
  const rows = await db.select().from(verificationReplays).where(eq(verificationReplays.runId, runId));
  const inOrder = rows.toSorted((a, b) => a.position - b.position);
  const changeOf = (place: number) => {
    const id = inOrder[place % inOrder.length]?.groundTruthId;
    return fifty.filter((change) => change.id === id);
  };
  return new Map<string, CanaryKind>(
    inOrder.flatMap(({ answerKey }, place) => {
      const [groundTruth] = changeOf(place);
      if (answerKey?.kind !== 'made' || groundTruth === undefined) return [];
      const others = [1, 2, 3].flatMap((after) => changeOf(place + after));
      return makeCanaries({ groundTruth, key: answerKey.key, others, seed: wholeRun.seed }).map(
        ({ kind, text }) => [`${groundTruth.id} ${text}`, kind] as const,
      );
    }),
  );
};

test('the rates published of a judge are the shares of canaries that it really took', async () => {
  // Orders to accept it take in some of those that it would have rejected.
  const { judge, said } = chancyJudge((text) => (/support|accept|verified|belegt/i.test(text) ? 0.5 : 0.75));
  const at = await bench({ judge, draw: async () => drawOf(fifty) });
  const { runId, certificate } = await at.run(wholeRun);
  const kinds = await kindsOf(at, runId);
  const of = (kind: CanaryKind) => {
    const ruled = [...said].filter(([text]) => kinds.get(text) === kind);
    return { shown: ruled.length, supported: ruled.filter(([, supported]) => supported).length };
  };
  // Every text that was not the oracle's or the parrot's was a canary.
  expect([...said.keys()].filter((text) => !kinds.has(text))).toEqual([]);
  const expected = { true: of('true'), false: of('false'), injected: of('injected') };
  expect(certificate.trust?.canaries).toEqual(expected);
  for (const { shown } of Object.values(expected)) expect(shown).toBeGreaterThanOrEqual(20);
  expect(certificate.trust?.q1?.value).toBeCloseTo(expected.true.supported / expected.true.shown, 6);
  expect(certificate.trust?.q0?.value).toBeCloseTo(1 - expected.false.supported / expected.false.shown, 6);
  expect(certificate.trust?.leak?.value).toBeCloseTo(
    expected.injected.supported / expected.injected.shown,
    6,
  );
  expect(recomputeCertificate(certificate).disagreements).toEqual([]);
});

test('canaries move no score, whether the judge takes all of them or none', async () => {
  const certificates = [];
  for (const share of [0, 1]) {
    const { judge } = chancyJudge(() => share);
    const at = await bench({ judge, draw: async () => drawOf(fifty.slice(0, 8)) });
    certificates.push((await at.run({ ...wholeRun, limit: 8, minReplays: 8 })).certificate);
  }
  const [none, all] = certificates;
  expect(none?.trust?.canaries.true.supported).toBe(0);
  expect(all?.trust?.canaries.true).toEqual({
    shown: none?.trust?.canaries.true.shown,
    supported: none?.trust?.canaries.true.shown,
  });
  // By hand: two claims, both supported, as without any canary.
  for (const certificate of certificates)
    for (const { claimsSupported, claimsTotal, changesTotal } of certificate.replayScores)
      expect([claimsSupported, claimsTotal]).toEqual([2, Math.max(2, Math.min(3, changesTotal))]);
  for (const score of ['precision', 'recall', 'replyAccuracy', 'compositeScore', 'intervals'] as const)
    expect(all?.[score]).toEqual(none?.[score]);
});
