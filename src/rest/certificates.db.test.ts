import { afterAll, beforeAll, expect, test } from 'vitest';
import { verificationAuditLabels, verificationAudits } from '#db/schema/audits.ts';
import { storeCertificate } from '#testing/builders/stored-certificates.ts';
import { get, openRestRig } from '#testing/rigs/rest-rig.ts';
import { getCertificateAudit, getCertificateById, getCertificates } from './certificates.ts';

const certificateIds: string[] = [];
let rest: Awaited<ReturnType<typeof openRestRig>>;
beforeAll(async () => {
  rest = await openRestRig();
  for (const supported of [1, 4, 2])
    certificateIds.push(
      await storeCertificate(rest.rig.db, {
        constructId: supported === 1 ? 'alpha' : 'beta',
        supported,
        createdAt: new Date(Date.UTC(2026, 0, certificateIds.length + 1)),
      }),
    );
});
afterAll(() => rest.rig.close());

test('certificates are public: by id with their replay scores, in lists without', async () => {
  const { context } = rest;
  const response = await getCertificateById(context, get(''), certificateIds[0] ?? '');
  expect(response.status).toBe(200);
  const certificate = await response.json();
  expect(certificate).toMatchObject({
    id: certificateIds[0],
    construct_id: 'alpha',
    domain: 'community_oracle',
    replay_count: 1,
    precision: 0.25,
    recall: 1,
    reply_accuracy: 1,
    composite_score: 0.75,
    brier: 0.125,
    sample_size: 1,
    ground_truth_source: 'github:owner/name',
    commit_range: 'abc..def',
    methodology_version: 'v1-preview',
    scoring_model: 'offline-1',
    judge: 'offline',
    tier: 'UNVERIFIED',
    ranked: false,
    funnel: { made: 4, cut: 0, duplicates: 0, restatements: 0, ruled: 4, supported: 1, missing: 0 },
    replay_scores: [
      {
        id: expect.any(String),
        ground_truth_id: '142',
        precision: 0.25,
        recall: 1,
        reply_accuracy: 1,
        claims_total: 4,
        claims_supported: 1,
        claims_ruled: 4,
        funnel: { made: 4, cut: 0, duplicates: 0, restatements: 0, ruled: 4, supported: 1, missing: 0 },
        changes_total: 1,
        changes_surfaced: 1,
        scoring_model: 'offline-1',
        scoring_latency_ms: 30,
        scored_at: '2026-01-01T00:00:00.000Z',
      },
    ],
  });
  expect(JSON.stringify(certificate)).not.toMatch(/"[a-z]+[A-Z]\w*":/);
  for (const id of ['malformed', '4f7c9f0e-30d6-4c57-8a7a-0f0f8f6f2f11'])
    expect((await getCertificateById(context, get(''), id)).status).toBe(404);

  const list = async (query: string) => {
    const page = (await (await getCertificates(context, get(`/certificates${query}`))).json()) as {
      certificates: { id: string }[];
      total: number;
    };
    expect(JSON.stringify(page)).not.toContain('replay_scores');
    return [page.total, ...page.certificates.map(({ id }) => certificateIds.indexOf(id))];
  };
  expect(await list('')).toEqual([3, 2, 1, 0]);
  expect(await list('?sort=brier_asc')).toEqual([3, 1, 2, 0]);
  expect(await list('?construct_id=beta&limit=1&offset=1')).toEqual([2, 1]);
  expect((await getCertificates(context, get('/certificates?sort=best'))).status).toBe(422);
});

test('the audit of a certificate is public: that it was begun at once, its labels once it is finished', async () => {
  const { context, rig } = rest;
  const [certificateId = '', other = ''] = certificateIds;
  const audit = async (id: string) => {
    const response = await getCertificateAudit(context, get(''), id);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const [begun] = await rig.db
    .insert(verificationAudits)
    .values({ certificateId, certificateDigest: 'd'.repeat(64), size: 1 })
    .returning({ auditId: verificationAudits.id });
  if (begun === undefined) throw new Error('No audit was inserted.');
  await rig.db.insert(verificationAuditLabels).values({
    ...begun,
    position: 1,
    groundTruthId: '142',
    claimId: 'c1',
    supported: true,
    inclusionProbability: 0.5,
    label: 'true',
    labelledAt: new Date('2026-01-02T00:00:00Z'),
  });
  expect(await audit(certificateId)).toMatchObject({
    status: 200,
    body: { certificate_id: certificateId, size: 1, finished_at: null, result: null, labels: null },
  });
  const measured = { value: 1, interval: { lower: 0.2, upper: 1 } };
  await rig.db.update(verificationAudits).set({
    finishedAt: new Date('2026-01-03T00:00:00Z'),
    result: {
      labels: { true: 1, false: 0, cannotTell: 0 },
      precision: { ...measured, tuning: 0 },
      bounds: { lower: 1, upper: 1 },
      q1: measured,
      q0: null,
      kappa: null,
      byRates: null,
    },
  });
  expect(await audit(certificateId)).toMatchObject({
    status: 200,
    body: {
      finished_at: '2026-01-03T00:00:00.000Z',
      result: { labels: { true: 1, false: 0, cannot_tell: 0 }, precision: { value: 1 }, by_rates: null },
      labels: [
        {
          ground_truth_id: '142',
          claim_id: 'c1',
          supported: true,
          inclusion_probability: 0.5,
          label: 'true',
        },
      ],
    },
  });
  for (const id of [other, 'malformed', '4f7c9f0e-30d6-4c57-8a7a-0f0f8f6f2f11'])
    expect((await audit(id)).status).toBe(404);
});
