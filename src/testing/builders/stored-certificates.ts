import { randomUUID } from 'node:crypto';
import type { Certificate } from '#contracts/certificate.ts';
import {
  type CanaryKind,
  type CanaryWay,
  canaryWays,
  type JudgeUsage,
  type ReplayCheckpoint,
} from '#contracts/replay.ts';
import type { Database } from '#db/client.ts';
import { certificateDocuments } from '#db/schema/certificate-documents.ts';
import { verificationCertificates, verificationReplayScores } from '#db/schema/certificates.ts';
import { buildCertificate } from '#verification/certificate/build.ts';
import { type EarlierCanaries, noCanaries } from '#verification/certificate/judge-trust.ts';
import { ruledCanary } from './canaries.ts';
import { type BuiltInput, certificateInput, issuedCertificate } from './issued-certificate.ts';
import { judgedCheckpoint, type Verdicts } from './replay-checkpoint.ts';
import { signedCertificateOf, unsignedCertificate } from './signed-certificate.ts';

const insertCertificate = async (
  db: Database,
  input: BuiltInput,
  { constructId, createdAt }: { constructId: string; createdAt: Date },
): Promise<string> => {
  const { replayScores, ...content } = buildCertificate(input);
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
  const { document, jws } = await signedCertificateOf(unsignedCertificate(input));
  await db.insert(certificateDocuments).values({
    certificateId: row.id,
    document: new TextDecoder().decode(document ?? undefined),
    jws,
    // Valid whenever the tests run.
    expiresAt: new Date('2100-01-01T00:00:00Z'),
  });
  return row.id;
};

/** Stores a certificate of one replay with `supported` of 4 claims supported and all else found. Returns its id. */
export const storeCertificate = (
  db: Database,
  { supported, ...identity }: { constructId: string; supported: number; createdAt: Date },
): Promise<string> =>
  insertCertificate(
    db,
    certificateInput([
      {
        groundTruthId: '142',
        checkpoint: judgedCheckpoint({
          claims: [0, 1, 2, 3].map((place) => place < supported),
          changes: [true],
          replyAccuracy: 1,
        }),
      },
    ]),
    identity,
  );

const model = 'claude-sonnet-5-5';
const secondModel = 'claude-opus-5-1';
const paid: JudgeUsage = {
  calls: 1,
  estimatedCalls: 0,
  inputTokens: 1200,
  cacheWriteTokens: 3400,
  cacheReadTokens: 3400,
  outputTokens: 600,
  costUsd: 0.0234,
};

/** Of a false one's ways each in turn. */
const canaries = (kind: CanaryKind, count: number, supported: number) =>
  Array.from({ length: count }, (_, place) =>
    ruledCanary(kind, place < supported, {
      way: canaryWays[place % canaryWays.length] as CanaryWay,
      text: `A ${kind} claim ${place}.`,
    }),
  );

/**
 * A replay judged by a paid model, with 5 true canaries, 10 false ones, two of each way, 3 injected ones and 2 that code
 * made. In the first replay the judge errs on one of each kind.
 */
const testedCheckpoint = (place: number): ReplayCheckpoint => {
  const judged = (verdicts: Verdicts, by = model) => {
    const checkpoint = judgedCheckpoint(verdicts, by, paid);
    return { ...checkpoint, answerKey: { ...checkpoint.answerKey, reused: place === 2 } };
  };
  const first = judged({ claims: [true, true, place % 4 > 0], changes: [true, true], replyAccuracy: 0.75 });
  const baseline = judged({ claims: [true, false, false], changes: [true, false], replyAccuracy: 0.25 });
  const second = judged(
    { claims: [true, true, true], changes: [true, place > 3], replyAccuracy: place > 1 ? 0.75 : 0.5 },
    secondModel,
  );
  const errs = place === 0 ? 1 : 0;
  if (first.precision.kind !== 'judged') throw new Error('A judged checkpoint has its verdicts.');
  return {
    ...first,
    precision: {
      ...first.precision,
      retries: errs,
      canaries: [
        ...canaries('true', 5, 5 - errs),
        ...canaries('false', 10, errs),
        ...canaries('injected', 3, errs),
        ...canaries('code_true', 1, 1 - errs),
        ...canaries('code_false', 1, errs),
      ],
    },
    baseline: {
      precision: baseline.precision,
      recall: baseline.recall,
      reply: baseline.reply,
      reused: false,
    },
    ...(place < 8
      ? { second: { precision: second.precision, recall: second.recall, reply: second.reply } }
      : {}),
  };
};

/**
 * A run of 20 replays whose model judge was tested: 100 true canaries, 40 false ones of each way, a baseline for every replay, agreement
 * on 8 replays, and 2 more replays that are unscored.
 */
const testedRun = (earlier: EarlierCanaries = { canaries: noCanaries, certificates: [] }): BuiltInput =>
  certificateInput(
    Array.from({ length: 22 }, (_, place) => ({
      groundTruthId: `${101 + place}`,
      checkpoint:
        place < 20
          ? testedCheckpoint(place)
          : {
              ...testedCheckpoint(place),
              reply: {
                kind: 'unscored',
                reason: 'The judge was overloaded.',
                asks: 3,
                retries: 2,
                latencyMs: 10,
                usage: { ...paid, costUsd: 0 },
              },
            },
    })),
    {
      draw: { listed: 40 },
      limit: 22,
      minReplays: 20,
      judge: { provider: 'anthropic', model },
      second: { provider: 'anthropic', model: secondModel, endpoint: null },
      earlier,
    },
  );

/** The certificate of a tested run as every surface shows it. It is not stored. */
export const testedCertificate = (earlier?: EarlierCanaries): Certificate =>
  issuedCertificate(testedRun(earlier), new Date('2026-05-01T00:00:00Z'));

/** Stores the certificate of a tested run. Returns its id. */
export const storeTestedCertificate = (
  db: Database,
  { earlier, ...identity }: { constructId: string; createdAt: Date; earlier?: EarlierCanaries },
): Promise<string> => insertCertificate(db, testedRun(earlier), identity);
