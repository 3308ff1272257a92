import type { Certificate } from '#contracts/certificate.ts';
import { buildCertificate, type CertificateInput } from '#verification/certificate/build.ts';
import { noCanaries } from '#verification/certificate/judge-trust.ts';
import { presentCertificate } from '#verification/certificate/present.ts';

type Changed = Partial<Omit<CertificateInput, 'draw' | 'judge' | 'replays'>> & {
  draw?: Partial<CertificateInput['draw']>;
  judge?: Partial<CertificateInput['judge']>;
};

/** A run with these ended replays, judged offline, without earlier runs, and otherwise minimal. */
export const certificateInput = (
  replays: CertificateInput['replays'],
  { draw, judge, ...changed }: Changed = {},
): CertificateInput => ({
  sample: false,
  draw: {
    listed: 1,
    excluded: {},
    source: 'github:owner/name',
    commitRange: 'abc..def',
    private: false,
    ...draw,
  },
  seed: 'seed',
  seedSource: 'verifier',
  blinded: false,
  limit: 1,
  minReplays: 1,
  weights: { precision: 1, recall: 1, replyAccuracy: 1 },
  judge: {
    provider: 'offline',
    model: 'offline-1',
    endpoint: null,
    promptDigest: 'd'.repeat(64),
    ...judge,
  },
  second: null,
  earlier: { canaries: noCanaries, certificates: [] },
  replaced: 0,
  unanswered: { likelyUsd: 0, mostUsd: 0 },
  replays,
  ...changed,
});

/** A run's certificate as every surface shows it. It is not stored. Each replay's score has its change's id. */
export const issuedCertificate = (
  input: CertificateInput,
  createdAt = new Date('2026-01-01T00:00:00Z'),
): Certificate => {
  const { replayScores, ...content } = buildCertificate(input);
  return presentCertificate(
    { ...content, id: 'id', constructId: 'construct', createdAt },
    replayScores.map((score) => ({ ...score, id: score.groundTruthId, scoredAt: createdAt })),
  );
};
