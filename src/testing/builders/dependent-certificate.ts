import type { Certificate } from '#contracts/certificate.ts';
import { type CanaryVerdict, canaryWays, replyAccuracies } from '#contracts/replay.ts';
import { usageOfOneCall } from '../rigs/scripted-judge.ts';
import { ruledCanary } from './canaries.ts';
import { type BuiltReplay, certificateInput, issuedCertificate } from './issued-certificate.ts';
import { namedExam } from './named-exam.ts';
import { failedCheckpoint, judgedCheckpoint, unscoredVerdict, type Verdicts } from './replay-checkpoint.ts';
import { seededRandom } from './seeded-random.ts';

const dayMs = 86_400_000;

/**
 * The certificate of a run as runs are: authors with several changes each, some weeks with many merges, claims that were
 * cut, folded and missing, oracle failures, unscored replays, changes without a key, a baseline on some replays, a
 * cutoff in the middle, and enough canaries to call the judge reliable. The seed decides all of it.
 */
export const dependentCertificate = (seed: number, replays: number): Certificate => {
  const random = seededRandom(seed);
  const below = (count: number) => Math.floor(random() * count);
  const someOf = (count: number, chance: number) => Array.from({ length: count }, () => random() < chance);
  const accuracy = () => replyAccuracies[below(replyAccuracies.length)] ?? 0;
  const skill = Array.from({ length: 12 }, () => 0.3 + 0.6 * random());

  const judged = (place: number, author: number): BuiltReplay['checkpoint'] => {
    const chance = skill[author] ?? 0.5;
    const changes = 1 + below(6);
    const byModel = (verdicts: Verdicts) => judgedCheckpoint(verdicts, 'm', usageOfOneCall);
    const checkpoint = byModel({
      claims: someOf(below(7), chance),
      changes: someOf(changes, chance),
      replyAccuracy: accuracy(),
    });
    const own = byModel({
      claims: someOf(1 + below(4), 0.5),
      changes: someOf(changes, 0.3),
      replyAccuracy: accuracy(),
    });
    if (checkpoint.precision.kind !== 'judged') throw new Error('A judged checkpoint has its verdicts.');
    const { claims } = checkpoint.precision;
    const duplicates = claims.length > 0 ? below(3) : 0;
    const restated = claims.length > 1 && random() < 0.3 ? below(4) : 0;
    const cut = random() < 0.05 ? 3 : 0;
    const members = (more: number) => Array.from({ length: 1 + more }, (_, at) => at);
    const wayAt = (at: number) => canaryWays[at % canaryWays.length] ?? 'value';
    const canaries = [
      ruledCanary('true', random() < 0.95),
      ruledCanary('true', random() < 0.95),
      ruledCanary('false', random() < 0.06, { way: wayAt(2 * place) }),
      ruledCanary('false', random() < 0.06, { way: wayAt(2 * place + 1) }),
      ruledCanary(place % 2 === 0 ? 'code_true' : 'code_false', place % 3 === 0),
      ruledCanary('injected', false),
      ruledCanary('injected', false),
    ].map(
      (canary): CanaryVerdict => ({
        ...canary,
        author: canary.author && (place % 2 === 0 ? canary.author : 'another writer'),
      }),
    );
    const folded = claims.map((claim, at) => ({
      ...claim,
      members: members(at === 0 ? duplicates : at === 1 ? restated : 0),
      restatement: at === 1 && restated > 0,
    }));
    const read = folded.reduce((total, claim) => total + claim.members.length, 0);
    return {
      ...checkpoint,
      precision: {
        ...checkpoint.precision,
        // So many claims are made only where more than the cap of 50 are.
        claims:
          cut > 0
            ? folded.map((claim, at) =>
                at === 0 ? { ...claim, members: members(49 + duplicates - read + 1) } : claim,
              )
            : folded,
        claimsMade: cut > 0 && folded.length > 0 ? 50 + cut : read,
        claimsCut: cut > 0 && folded.length > 0 ? cut : 0,
        canaries: claims.length > 0 ? canaries : [],
      },
      ...(place % 5 < 3
        ? { baseline: { precision: own.precision, recall: own.recall, reply: own.reply, reused: false } }
        : {}),
    };
  };

  return issuedCertificate(
    certificateInput(
      Array.from({ length: replays }, (_, place): BuiltReplay => {
        const author = below(12);
        const change = {
          groundTruthId: `${1000 + place}`,
          author: author === 11 ? null : `author-${author}`,
          mergedAt: new Date(Date.UTC(2026, 0, 1) + below(90) * dayMs + below(dayMs)).toISOString(),
        };
        if (place % 17 === 16) return { ...change, checkpoint: failedCheckpoint(1 + below(6)) };
        const checkpoint = judged(place, author);
        return place % 29 === 28
          ? { ...change, checkpoint: { ...checkpoint, recall: unscoredVerdict() } }
          : { ...change, checkpoint };
      }),
      {
        judge: { provider: 'anthropic', model: 'm' },
        draw: { listed: 10 * replays },
        limit: replays,
        minReplays: 50,
        weights: { precision: 1, recall: 2, replyAccuracy: 1 },
        replaced: below(20),
        modelCutoff: '2026-02-10',
        exam: namedExam(),
      },
    ),
  );
};
