import { expect, test } from 'vitest';
import { certificateSchema, certificateSummarySchema } from '#contracts/certificate.ts';
import { toWire } from '#contracts/wire.ts';
import { certificateInput } from '#testing/builders/issued-certificate.ts';
import { failedCheckpoint, judgedCheckpoint, unscoredVerdict } from '#testing/builders/replay-checkpoint.ts';
import { buildCertificate } from './build.ts';
import { presentCertificate, presentSummary } from './present.ts';
import { readCertificate } from './read.ts';
import { recomputeCertificate } from './recompute.ts';

const { replayScores, ...content } = buildCertificate(
  certificateInput(
    [
      {
        groundTruthId: '10',
        checkpoint: judgedCheckpoint({
          claims: [true, true, false],
          changes: [true, false, false],
          replyAccuracy: 0.5,
        }),
      },
      { groundTruthId: '9', checkpoint: failedCheckpoint(2) },
      {
        groundTruthId: '8',
        checkpoint: {
          answerKey: judgedCheckpoint({ claims: [], changes: [true], replyAccuracy: 0 }).answerKey,
          oracle: judgedCheckpoint({ claims: [], changes: [], replyAccuracy: 0 }).oracle,
          reply: unscoredVerdict('no connection'),
        },
      },
    ],
    {
      draw: {
        listed: 9,
        excluded: { too_small: 3, dependency_bump: 2 },
        source: 'acme/widgets',
        commitRange: null,
      },
      seed: '42',
      seedSource: 'owner',
      limit: 3,
      minReplays: 50,
      weights: { precision: 2, recall: 1, replyAccuracy: 1 },
    },
  ),
);
const stored = {
  ...content,
  id: '0192d1b0-7e2a-7c3f-8f7e-3f1d5c0a9b11',
  constructId: 'acme-oracle',
  createdAt: new Date('2025-03-01T10:00:00.000Z'),
};
const scores = replayScores.toReversed().map((score, index) => ({
  ...score,
  id: `score-${index}`,
  scoredAt: new Date('2025-03-01T09:59:00.000Z'),
}));
const certificate = presentCertificate(stored, scores);

test('a certificate and its summary have exactly the contract’s form', () => {
  expect(certificateSchema.strict().parse(certificate)).toEqual(certificate);
  const summary = presentSummary(stored);
  expect(certificateSummarySchema.strict().parse(summary)).toEqual(summary);
  expect(certificate).toMatchObject(summary);
});

test('a certificate is unverified and unranked, and provisional below the asked number of replays, in lists too', () => {
  expect(presentSummary(stored)).toMatchObject({ tier: 'UNVERIFIED', ranked: false, provisional: true });
  expect(certificate).toMatchObject({ tier: 'UNVERIFIED', ranked: false, provisional: true });
});

test('replays are ordered by id, and an oracle failure has its kind and status', () => {
  expect(
    certificate.replayScores.map(({ groundTruthId, oracleFailure }) => [groundTruthId, oracleFailure]),
  ).toEqual([
    ['9', 'status 500'],
    ['10', null],
  ]);
});

test('unscored replays are listed with their reasons', () => {
  expect(certificate.unscored).toEqual([{ groundTruthId: '8', reason: 'reply accuracy: no connection' }]);
});

test('every published number can be recomputed from the replays and the weights', () => {
  const { numbers, disagreements } = recomputeCertificate(certificate);
  expect(disagreements).toEqual([]);
  // By hand, weights 2:1:1: precision (0 + 2/3)/2 = 1/3, recall (0 + 1/3)/2 = 1/6, reply .25; composite .2708333….
  expect(numbers.compositeScore).toBeCloseTo(0.5 / 3 + 0.25 / 6 + 0.0625, 12);
});

test.each([
  ['composite_score', { compositeScore: certificate.compositeScore + 0.000002 }],
  ['brier', { brier: 0 }],
  ['replay_count', { replayCount: 3 }],
  ['precision', { precision: Number.NaN }],
] as const)('a changed %s is found', (field, change) => {
  const fields = recomputeCertificate({ ...certificate, ...change }).disagreements.map(
    (found) => found.field,
  );
  expect(fields).toEqual([field]);
});

test('an altered replay is found, in its own fields and in those computed from it', () => {
  const changed = certificate.replayScores.map((score, index) =>
    index === 1 ? { ...score, claimsSupported: 3 } : score,
  );
  const fields = recomputeCertificate({ ...certificate, replayScores: changed }).disagreements.map(
    (found) => found.field,
  );
  expect(fields).toContain('replay_scores[1].precision');
  expect(fields).toContain('composite_score');
  expect(fields).not.toContain('recall');
});

test('the wire form has the contract’s names and reads back as the same certificate', () => {
  const wire = toWire(certificate);
  expect(Object.keys(wire)).toEqual(
    expect.arrayContaining([
      'id',
      'construct_id',
      'domain',
      'replay_count',
      'composite_score',
      'brier',
      'created_at',
      'judge',
      'tier',
      'ranked',
      'precision',
      'recall',
      'reply_accuracy',
      'sample_size',
      'ground_truth_source',
      'commit_range',
      'methodology_version',
      'scoring_model',
      'replay_scores',
    ]),
  );
  expect(wire.replay_scores).toMatchObject([
    { ground_truth_id: '9', claims_total: 2, oracle_failure: expect.any(String) },
    {},
  ]);
  expect(readCertificate(JSON.parse(JSON.stringify(wire)))).toEqual({ ok: true, certificate });
});

test('a document that is not a certificate is described field by field', () => {
  expect(readCertificate([])).toEqual({ ok: false, problems: ['It is not a JSON object.'] });
  const reading = readCertificate({ ...toWire(certificate), composite_score: 'high' });
  expect(reading).toMatchObject({ ok: false, problems: [expect.stringMatching(/^composite_score: /)] });
});
