import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { JudgeIdentity } from '#contracts/judge-providers.ts';
import type { OracleAnswer } from '#contracts/oracle.ts';
import type { ReplayCheckpoint } from '#contracts/replay.ts';
import { buildCertificate, type CertificateContent } from '#verification/certificate/build.ts';
import type { Judge } from '#verification/judges/judge.ts';
import { type Agreement, otherChanges, runReplay } from '#verification/replay/run-replay.ts';
import type { SharedJudgments } from '#verification/replay/shared-judgments.ts';
import { memoryReplayStore } from '../rigs/memory-replay-store.ts';
import { certificateInput } from './issued-certificate.ts';

export type JudgedRun = {
  changes: GroundTruth[];
  judge: Judge;
  answer: (change: GroundTruth) => OracleAnswer;
  shared?: (change: GroundTruth) => SharedJudgments;
  agreement?: Agreement | null;
  variantsAuthor?: Judge | null;
  /** Whether the baseline is judged on every change. By default it is. */
  baseline?: boolean;
  seed?: string;
  /** How many replays run at once. */
  concurrency?: number;
};

const identityOf = ({ provider, model, endpoint }: Judge): JudgeIdentity => ({ provider, model, endpoint });

/** A whole run with only the engine: every replay, and the certificate that follows from them. */
export const judgedRun = async ({
  changes,
  judge,
  answer,
  shared,
  agreement = null,
  variantsAuthor = null,
  baseline = true,
  seed = 'seed',
  concurrency = 8,
}: JudgedRun): Promise<{ content: CertificateContent; checkpoints: Map<string, ReplayCheckpoint> }> => {
  const checkpoints = new Map<string, ReplayCheckpoint>();
  const open = new Set<ReturnType<typeof memoryReplayStore>>();
  const places = [...changes.keys()];
  const carry = async () => {
    for (let place = places.shift(); place !== undefined; place = places.shift()) {
      const groundTruth = changes[place];
      if (groundTruth === undefined) continue;
      const replay = memoryReplayStore(() =>
        [...open].filter((other) => other !== replay).map((other) => other.dealt),
      );
      open.add(replay);
      await runReplay({
        groundTruth,
        others: [...changes.slice(place + 1), ...changes.slice(0, place)].slice(0, otherChanges),
        seed,
        judge,
        agreement,
        variantsAuthor,
        baseline,
        shared: shared?.(groundTruth) ?? null,
        blinding: null,
        oracle: {
          ask: async () => ({ kind: 'answer', answer: answer(groundTruth), latencyMs: 1, retries: 0 }),
        },
        store: replay.store,
      });
      checkpoints.set(groundTruth.id, replay.kept);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, carry));
  const changeOf = new Map(changes.map((change) => [change.id, change]));
  const replays = [...checkpoints].map(([groundTruthId, checkpoint]) => ({
    ...changeOf.get(groundTruthId),
    groundTruthId,
    checkpoint,
  }));
  const content = buildCertificate(
    certificateInput(replays, {
      draw: { listed: changes.length, commitRange: null },
      seed,
      seedSource: 'owner',
      limit: changes.length,
      judge: { ...identityOf(judge), promptDigest: judge.promptDigest },
      second: agreement && identityOf(agreement.judge),
      replaced: replays.filter(({ checkpoint }) => checkpoint.answerKey?.kind === 'impossible').length,
    }),
  );
  return { content, checkpoints };
};
