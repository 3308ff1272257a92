import type { Certificate } from '#contracts/certificate.ts';
import type { ReplayCheckpoint } from '#contracts/replay.ts';
import { buildCertificate, type CertificateInput } from '#verification/certificate/build.ts';
import { noCanaries } from '#verification/certificate/judge-trust.ts';
import { presentCertificate } from '#verification/certificate/present.ts';

type EndedReplay = CertificateInput['replays'][number] & { checkpoint: ReplayCheckpoint };
/** A run with the oracle's words, which evidence holds. */
export type BuiltInput = Omit<CertificateInput, 'replays'> & { replays: EndedReplay[] };
/** A replay in a certificate. Unless it says otherwise, its change has an unknown author and a week of its own. */
export type BuiltReplay = Pick<EndedReplay, 'groundTruthId' | 'checkpoint'> & Partial<EndedReplay>;

/** The same for one id, and mostly another for another id. */
const weekOf = (id: string) =>
  new Date(
    Date.UTC(2020, 0, 6) +
      7 * 86_400_000 * ([...id].reduce((sum, c) => sum * 10 + c.charCodeAt(0) - 48, 0) % 997),
  ).toISOString();

type Changed = Partial<Omit<BuiltInput, 'draw' | 'judge' | 'replays'>> & {
  draw?: Partial<CertificateInput['draw']>;
  judge?: Partial<CertificateInput['judge']>;
};

/** A run with these ended replays, judged offline, without earlier runs, and otherwise minimal. */
export const certificateInput = (
  replays: readonly BuiltReplay[],
  { draw, judge, ...changed }: Changed = {},
): BuiltInput => ({
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
  exam: null,
  replaced: 0,
  unanswered: { likelyUsd: 0, mostUsd: 0 },
  modelCutoff: null,
  replays: replays.map((replay) => ({
    author: null,
    mergedAt: weekOf(replay.groundTruthId),
    ...replay,
  })),
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
