import { afterAll, beforeAll, expect, test } from 'vitest';
import { storeCertificate } from '#testing/builders/stored-certificates.ts';
import { get, openRestRig } from '#testing/rigs/rest-rig.ts';
import { getCertificateById, getCertificates } from './certificates.ts';

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
