import { expect, test } from 'vitest';
import type { Certificate } from '#contracts/certificate.ts';
import type { Baseline } from '#contracts/replay.ts';
import { toWire } from '#contracts/wire.ts';
import { alterationsOf, altered, isNamed, type Json } from '#testing/builders/alterations.ts';
import { canaryCounts } from '#testing/builders/canaries.ts';
import { certificateInput, issuedCertificate } from '#testing/builders/issued-certificate.ts';
import { failedCheckpoint, judgedCheckpoint } from '#testing/builders/replay-checkpoint.ts';
import { testedCertificate } from '#testing/builders/stored-certificates.ts';
import { notChecked } from './not-checked.ts';
import { readCertificate } from './read.ts';
import { recomputeCertificate } from './recompute.ts';

/** Whether a document is refused for its form, is impossible, or disagrees with its replays. */
const isFound = (document: Json): boolean => {
  const reading = readCertificate(document);
  if (!reading.ok) return true;
  try {
    return recomputeCertificate(reading.certificate).disagreements.length > 0;
  } catch (error) {
    if (error instanceof RangeError) return true;
    throw error;
  }
};

/** Alterations that are not found although their field is not named as not checked. */
const unseenIn = (certificate: Certificate, fields: string[]): string[] => {
  const document: Json = JSON.parse(JSON.stringify(toWire(certificate)));
  const alterations = alterationsOf(document).filter(({ place }) => fields.includes(`${place[0]}`));
  return alterations.flatMap((alteration) => {
    const forged = altered(document, alteration);
    if (isFound(forged)) return [];
    const reading = readCertificate(forged);
    const names = reading.ok ? notChecked(reading.certificate) : [];
    return isNamed(alteration.place, names)
      ? []
      : [`${alteration.place.join('.')} = ${JSON.stringify(alteration.value)}`];
  });
};

/** Judged offline, without canaries, with an oracle failure and measures that differ. */
const plainCertificate = (): Certificate => {
  const checkpoint = judgedCheckpoint({
    claims: [true, true, false],
    changes: [true, false],
    replyAccuracy: 0.75,
  });
  const { precision, recall, reply } = judgedCheckpoint({
    claims: [true],
    changes: [false, false],
    replyAccuracy: 0,
  });
  const baseline: Baseline = { precision, recall, reply, reused: true };
  return issuedCertificate(
    certificateInput(
      [
        { groundTruthId: '8', checkpoint: { ...checkpoint, baseline } },
        { groundTruthId: '9', checkpoint: failedCheckpoint(2) },
      ],
      {
        sample: true,
        draw: { listed: 9, excluded: { too_small: 3 }, commitRange: null },
        limit: 3,
        minReplays: 3,
        weights: { precision: 2, recall: 1, replyAccuracy: 1 },
      },
    ),
  );
};

const count = (shown: number, supported: number) => ({ shown, supported });
const earlier = {
  canaries: canaryCounts({ true: count(50, 48), false: count(40, 3), injected: count(30, 2) }),
  certificates: ['2b1f6f60-6a37-4b7c-9c6f-0d8f0f6d1f11', '2b1f6f60-6a37-4b7c-9c6f-0d8f0f6d1f12'],
};

const wholly = (certificate: Certificate) => Object.keys(toWire(certificate));

test.each([
  ['that a model judged and canaries tested', () => testedCertificate(), wholly],
  // Everything else is as in the one before.
  ['whose pool has earlier canaries', () => testedCertificate(earlier), () => ['trust']],
  ['that was judged offline, with an oracle failure', plainCertificate, wholly],
])(
  'in a certificate %s every altered field is found, or named as not checked',
  (_, certificateOf, fieldsOf) => {
    const certificate = certificateOf();
    expect(recomputeCertificate(certificate).disagreements).toEqual([]);
    expect(unseenIn(certificate, fieldsOf(certificate))).toEqual([]);
  },
);

test('a second spelling of a field is refused: one reader might show it while another checks the first', () => {
  for (const name of ['compositeScore', 'composite-score', 'Composite_score', 'seal'])
    expect(readCertificate({ ...toWire(plainCertificate()), [name]: 1 })).toEqual({
      ok: false,
      problems: [`${name}: not a field of a certificate`],
    });
});

test('a certificate without its judge’s trust, or without the evidence for it, is refused', () => {
  const { trust: _trust, ...untrusted } = toWire(testedCertificate());
  expect(readCertificate(untrusted)).toMatchObject({ ok: false });
  const replayScores = testedCertificate().replayScores.map(({ evidence: _evidence, ...replay }) => replay);
  const bare = { ...toWire(testedCertificate()), replay_scores: replayScores.map(toWire) };
  expect(readCertificate(bare)).toMatchObject({
    ok: false,
    problems: expect.arrayContaining([expect.stringMatching(/^replay_scores\.0\.evidence: /)]),
  });
});

test('canaries of earlier runs count only if a certificate that holds them is named', () => {
  const { trust, ...certificate } = testedCertificate(earlier);
  const invented = { ...trust, pool: { ...trust.pool, certificates: [] } };
  expect(recomputeCertificate({ ...certificate, trust: invented }).disagreements).toContainEqual({
    field: 'trust.pool.canaries.true.shown',
    published: 150,
    recomputed: 100,
  });
  expect(notChecked({ ...certificate, trust })).toContain('trust.pool');
  expect(notChecked(testedCertificate())).not.toContain('trust.pool');
});

test('a draw smaller than what was drawn is found', () => {
  const certificate = plainCertificate();
  const { draw } = certificate;
  // Two replays and three excluded changes.
  const found = (changed: Partial<typeof draw>) =>
    recomputeCertificate({ ...certificate, draw: { ...draw, ...changed } }).disagreements;
  expect(found({ limit: 1 })).toEqual([{ field: 'draw.limit', published: 1, recomputed: 2 }]);
  expect(found({ limit: 2, listed: 5 })).toEqual([]);
  expect(found({ listed: 4 })).toEqual([{ field: 'draw.listed', published: 4, recomputed: 5 }]);
});

test('a replay scored long after the certificate was issued, or at an invalid time, is found', () => {
  const certificate = plainCertificate();
  const scored = (scoredAt: string) =>
    recomputeCertificate({
      ...certificate,
      replayScores: certificate.replayScores.map((replay) => ({ ...replay, scoredAt })),
    }).disagreements.map(({ field }) => field);
  // Issued at the beginning of 2026. The clocks of two machines may differ.
  expect(scored('2026-01-01T00:05:00.000Z')).toEqual([]);
  for (const never of ['2026-01-03T00:00:00.000Z', 'altered'])
    expect(scored(never)).toEqual(['replay_scores[0].scored_at', 'replay_scores[1].scored_at']);
});

test('a judge named in place of the one whose calls are counted is found', () => {
  const found = (certificate: Certificate) => recomputeCertificate(certificate).disagreements;
  const tested = testedCertificate();
  // The offline check is never reliable either, so more than the calls disagrees.
  expect(found({ ...tested, judge: 'offline' })).toEqual(
    expect.arrayContaining([
      { field: 'usage.calls', published: tested.usage.calls, recomputed: 0 },
      { field: 'trust.reliable', published: true, recomputed: false },
    ]),
  );
  // By hand: one replay has supported claims, a surfaced change and a partly right reply. The other failed.
  expect(found({ ...plainCertificate(), judge: 'anthropic' })).toEqual(
    ['precision', 'recall', 'reply'].map((measure) => ({
      field: `usage_by_measure.${measure}.calls`,
      published: 0,
      recomputed: 1,
    })),
  );
  expect(notChecked(tested)).toContain('judge');
});

test('one model may answer under several names, and the offline check has one', () => {
  const judgedBy = (certificate: Certificate, scoringModel: string) => {
    const [first, ...rest] = certificate.replayScores;
    if (!first) throw new Error('A certificate has replays.');
    return recomputeCertificate({ ...certificate, replayScores: [{ ...first, scoringModel }, ...rest] })
      .disagreements;
  };
  expect(judgedBy(testedCertificate(), 'some-alias')).toEqual([]);
  expect(notChecked(testedCertificate())).toContain('replay_scores[].scoring_model');
  expect(judgedBy(plainCertificate(), 'offline-2')).not.toEqual([]);
  expect(notChecked(plainCertificate())).not.toContain('replay_scores[].scoring_model');
});

test('a change that appears twice is found', () => {
  const certificate = testedCertificate();
  const [first, ...rest] = certificate.replayScores;
  const last = rest.at(-1);
  if (!first || !last) throw new Error('A tested certificate has replays.');
  const replayScores = [first, ...rest.slice(0, -1), { ...last, groundTruthId: first.groundTruthId }];
  expect(recomputeCertificate({ ...certificate, replayScores }).disagreements).toEqual([
    { field: 'replay_scores[19].ground_truth_id', published: '101', recomputed: null },
  ]);
});
