import { randomUUID } from 'node:crypto';
import type { Database } from '#db/client.ts';
import { verificationCertificates, verificationReplayScores } from '#db/schema/certificates.ts';
import { buildCertificate } from '#verification/certificate/build.ts';
import { judgedCheckpoint } from './replay-checkpoint.ts';

/** Stores a certificate of one replay, with `supported` of 4 claims supported and all else found; answers its id. */
export const storeCertificate = async (
  db: Database,
  { constructId, supported, createdAt }: { constructId: string; supported: number; createdAt: Date },
): Promise<string> => {
  const { replayScores, ...content } = buildCertificate({
    sample: false,
    draw: {
      listed: 1,
      excluded: {},
      source: 'github:owner/name',
      commitRange: 'abc..def',
      private: false,
    },
    seed: 'seed',
    blinded: false,
    limit: 1,
    minReplays: 1,
    weights: { precision: 1, recall: 1, replyAccuracy: 1 },
    judge: { provider: 'offline', model: 'offline-1', promptDigest: 'd'.repeat(64) },
    replaced: 0,
    replays: [
      {
        groundTruthId: '142',
        checkpoint: judgedCheckpoint({
          claims: [0, 1, 2, 3].map((place) => place < supported),
          changes: [true],
          replyAccuracy: 1,
        }),
      },
    ],
  });
  const [row] = await db
    .insert(verificationCertificates)
    .values({ ...content, runId: randomUUID(), constructId, createdAt })
    .returning({ id: verificationCertificates.id });
  if (!row) throw new Error('No certificate was inserted.');
  await db.insert(verificationReplayScores).values(
    replayScores.map(({ scored: _scored, ...score }) => ({
      ...score,
      certificateId: row.id,
      scoredAt: createdAt,
    })),
  );
  return row.id;
};
