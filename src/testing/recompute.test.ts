import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Certificate } from '#contracts/certificate.ts';
import { toWire } from '#contracts/wire.ts';
import { recomputeCertificate } from '#verification/certificate/recompute.ts';
import { dependentCertificate } from './builders/dependent-certificate.ts';
import { certificateInput, issuedCertificate } from './builders/issued-certificate.ts';
import { measuredCertificate } from './builders/measured-certificate.ts';
import { judgedCheckpoint } from './builders/replay-checkpoint.ts';
import { testedCertificate } from './builders/stored-certificates.ts';

const folder = mkdtempSync(join(tmpdir(), 'recompute-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What the independent implementation, which is plain Python without packages, prints about a document. */
const recomputedInPython = (document: object, ...options: string[]): string => {
  const file = join(folder, 'certificate.json');
  writeFileSync(file, JSON.stringify(document));
  try {
    return execFileSync('python3', [join(import.meta.dirname, 'recompute.py'), file, ...options], {
      encoding: 'utf8',
    });
  } catch (error) {
    // It ends with 1 where figures differ, and has named them.
    if (error instanceof Error && 'stdout' in error && `${error.stdout}` !== '') return `${error.stdout}`;
    throw error;
  }
};

/** The offline check ruled on some of the claims: of four on two, of three on none, and of none it grades no reply. */
const offlineCertificate = (): Certificate => {
  const judged = (groundTruthId: string, ruled: boolean[], surfaced: boolean) => {
    const checkpoint = judgedCheckpoint({
      claims: ruled.map((isRuled, at) => isRuled && at === 0),
      changes: [surfaced, false],
      replyAccuracy: 1,
    });
    const { precision, reply } = checkpoint;
    if (precision.kind !== 'judged' || reply.kind !== 'judged') throw new Error('It has verdicts.');
    return {
      groundTruthId,
      checkpoint: {
        ...checkpoint,
        precision: {
          ...precision,
          claims: precision.claims.map((claim, at) => ({ ...claim, ruled: ruled[at] ?? false })),
        },
        reply: { ...reply, needsSupport: true },
      },
    };
  };
  return issuedCertificate(
    certificateInput(
      [
        judged('1', [true, true, false, false], true),
        judged('2', [false, false, false], true),
        judged('3', [], false),
      ],
      { draw: { listed: 3 }, limit: 3 },
    ),
  );
};

test('claims that the offline check did not rule on are in the funnel and not in the total', () => {
  // By hand: 2 of 4 claims are ruled on, and a key of two changes expects two; of the others none is, so two are missing.
  expect(
    offlineCertificate().replayScores.map(({ claimsTotal, claimsSupported, replyAccuracy, funnel }) => [
      claimsTotal,
      claimsSupported,
      replyAccuracy,
      funnel.made,
      funnel.ruled,
      funnel.missing,
    ]),
  ).toEqual([
    [2, 1, 1, 4, 2, 0],
    [2, 0, 1, 3, 0, 2],
    [2, 0, 0, 0, 0, 2],
  ]);
});

const certificates: [string, () => Certificate][] = [
  ['whose judge was tested', testedCertificate],
  ['with two models and an earlier pool', measuredCertificate],
  ...[1, 2, 3].map((seed): [string, () => Certificate] => [
    `of 120 dependent replays, seed ${seed}`,
    () => dependentCertificate(seed, 120),
  ]),
  ['of the offline check', offlineCertificate],
  ['of 7 dependent replays', () => dependentCertificate(4, 7)],
];

test.each(certificates)('Python without packages agrees on every figure of a certificate %s', (_, issue) => {
  const certificate = issue();
  expect(recomputeCertificate(certificate).disagreements).toEqual([]);
  expect(recomputedInPython(toWire(certificate))).toMatch(/^\d{3,} figures recomputed, 0 differ\.\n$/);
});

/** Numbers that Python takes as stated, by place, a name covering all inside it: nothing else in the document decides them. */
const takenAsStated: Record<string, string> = {
  'draw.limit': 'what the owner asked for',
  'draw.listed': 'what the repository listed',
  min_replays: 'what the owner asked for',
  weights: 'what the owner asked for',
  'counts.controls': 'counted in the run, whose calls are not published',
  'counts.judge_reasks': 'counted in the run, whose calls are not published',
  'counts.judge_retries': 'counted in the run, whose calls are not published',
  'counts.keys_reused': 'counted in the run, whose calls are not published',
  'counts.oracle_asked_again': 'counted in the run, whose calls are not published',
  'counts.oracle_retries': 'counted in the run, whose calls are not published',
  'counts.replaced': 'changes without a key have no replay',
  unanswered: 'estimated for calls that had no answer',
  usage_by_measure: 'told by the provider; its sum is recomputed',
  'exam.askings': 'counted by the installation',
  'exam.claims.not_ruled_on': 'the exam’s verdicts are not published; the number shown is recomputed from it',
  'exam.claims.unanswered': 'the exam’s verdicts are not published; the number shown is recomputed from it',
  'replay_scores[].changes_surfaced': 'a verdict, from which scores are computed',
  'replay_scores[].changes_total': 'a verdict, from which scores are computed',
  'replay_scores[].claims_ruled': 'a verdict, from which scores are computed',
  'replay_scores[].claims_supported': 'a verdict, from which scores are computed',
  'replay_scores[].dependence':
    'who wrote a change and when it was merged, from which design effects are computed',
  'replay_scores[].evidence.baseline': 'verdicts, from which the lift is computed',
  'replay_scores[].evidence.second': 'verdicts, from which agreement is computed',
  'replay_scores[].evidence.variants_dropped': 'counted in the key’s call; its sum is recomputed',
  'replay_scores[].scoring_latency_ms': 'measured by the clock',
};

const numbersIn = (value: unknown, at = ''): string[] => {
  if (typeof value === 'number') return [at];
  if (Array.isArray(value)) return value.flatMap((inner) => numbersIn(inner, `${at}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    numbersIn(inner, at === '' ? name : `${at}.${name}`),
  );
};

test('every number of a certificate is recomputed in Python, or has a reason why it is taken as stated', () => {
  const [stated, recomputed] = [new Set<string>(), new Set<string>()];
  for (const [, issue] of certificates) {
    const document = toWire(issue());
    for (const place of numbersIn(document)) stated.add(place);
    for (const place of recomputedInPython(document, '--list').trim().split('\n'))
      recomputed.add(place.replaceAll(/\[\d+\]/g, '[]'));
  }
  const isTaken = (place: string) =>
    Object.keys(takenAsStated).some((listed) => place === listed || place.startsWith(`${listed}.`));
  const others = [...stated].filter((place) => !recomputed.has(place));
  expect(others.filter((place) => !isTaken(place))).toEqual([]);
  // Nothing is on the list without need.
  expect(
    Object.keys(takenAsStated).filter(
      (listed) => !others.some((place) => place === listed || place.startsWith(`${listed}.`)),
    ),
  ).toEqual([]);
  expect([...recomputed].filter((place) => place.startsWith('exam.')).length).toBeGreaterThan(20);
});

test('Python names a rate or a count of the exam that was altered', () => {
  const certificate = dependentCertificate(1, 120);
  const { exam } = certificate;
  if (exam?.q1 == null || exam.q0 === null) throw new Error('Its judge sat the exam.');
  const altered = {
    ...certificate,
    exam: {
      ...exam,
      q1: { ...exam.q1, value: exam.q1.value + 2e-6 },
      q0: { ...exam.q0, of: exam.q0.of + 1 },
      ways: { ...exam.ways, cause: { of: 10, value: 0.7, interval: { lower: 0.5, upper: 0.9 } } },
      claims: { ...exam.claims, ruled: exam.claims.ruled + 1 },
    },
  };
  const named = recomputedInPython(toWire(altered));
  for (const field of ['exam.q1.value', 'exam.q0.of', 'exam.ways.cause.interval.lower', 'exam.claims.ruled'])
    expect(named).toContain(field);
});

test('a certificate of dependent replays has what the other ones lack: design effects, lift and adjusted precision', () => {
  const { designEffects, trust, freshness, keyless, funnel } = dependentCertificate(1, 120);
  expect(Math.max(...Object.values(designEffects))).toBeGreaterThan(1.05);
  expect(trust).toMatchObject({ reliable: true, adjustedPrecision: { value: expect.any(Number) } });
  for (const measure of ['precision', 'recall', 'replyAccuracy', 'compositeScore'] as const)
    expect(trust.baseline?.[measure].interval).not.toBeNull();
  expect(freshness?.before?.replays).toBeGreaterThan(20);
  expect(freshness?.after?.replays).toBeGreaterThan(20);
  expect(keyless.share).toBeGreaterThan(0);
  for (const step of Object.values(funnel)) expect(step).toBeGreaterThan(0);
});

test('Python names a figure that was altered', () => {
  const certificate = dependentCertificate(1, 120);
  const { designEffects, trust } = certificate;
  if (trust.adjustedPrecision === null || trust.baseline === null) throw new Error('Both are measured.');
  const altered = {
    ...certificate,
    designEffects: { ...designEffects, recall: designEffects.recall + 2e-6 },
    trust: {
      ...trust,
      adjustedPrecision: { ...trust.adjustedPrecision, value: trust.adjustedPrecision.value - 2e-6 },
      baseline: { ...trust.baseline, recall: { ...trust.baseline.recall, p: 0.5 } },
    },
  };
  const named = recomputedInPython(toWire(altered));
  for (const field of [
    'design_effects.recall',
    'trust.adjusted_precision.value',
    'trust.baseline.recall.p',
    '3 differ',
  ])
    expect(named).toContain(field);
});
