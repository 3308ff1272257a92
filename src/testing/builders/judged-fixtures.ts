import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type GroundTruth, groundTruthSchema } from '#contracts/ground-truth.ts';
import type { OracleAnswer, OracleRequest } from '#contracts/oracle.ts';
import type { ReplayCheckpoint, ReplayScore } from '#contracts/replay.ts';
import type { Judge } from '#verification/judges/judge.ts';
import { runReplay } from '#verification/replay/run-replay.ts';
import { scoreReplay } from '#verification/replay/score.ts';
import { memoryReplayStore } from '../rigs/memory-replay-store.ts';

/**
 * Changes of invented projects in several languages, and what a careful reader wrote about each: a true summary, true
 * claims, true claims in plain words, and false claims that sound like the change.
 */
const readingSchema = z.object({
  id: z.string(),
  summary: z.string(),
  key_claims: z.array(z.string()),
  plain_claims: z.array(z.string()),
  invented_claims: z.array(z.string()),
});
export type Reading = z.infer<typeof readingSchema>;

const readLines = (name: string): unknown[] =>
  readFileSync(join(import.meta.dirname, '../fixtures', name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

export const fixtureChanges = (): GroundTruth[] =>
  groundTruthSchema.array().parse(readLines('changes.jsonl'));

/** In the order of the changes. */
export const fixtureReadings = (): Reading[] =>
  readingSchema.array().parse(readLines('hand-written-answers.jsonl'));

export const oracleAnswer = (summary: string, claims: string[], followUpResponse = ''): OracleAnswer => ({
  summary,
  keyClaims: claims.map((claim) => ({ claim, confidence: null })),
  followUpResponse,
});

/** Replays one change through the whole engine, with an oracle that cannot fail. */
export async function replayFixture(
  groundTruth: GroundTruth,
  judge: Judge,
  answer: (request: OracleRequest) => OracleAnswer,
): Promise<{ score: ReplayScore; checkpoint: ReplayCheckpoint }> {
  const replay = memoryReplayStore();
  await runReplay({
    groundTruth,
    others: [],
    seed: 'fixtures',
    shared: null,
    agreement: null,
    variantsAuthor: null,
    baseline: true,
    blinding: null,
    judge,
    oracle: {
      ask: async (request) => ({ kind: 'answer', answer: answer(request), latencyMs: 0, retries: 0 }),
    },
    store: replay.store,
  });
  const checkpoint = replay.kept;
  const score = scoreReplay(groundTruth.id, checkpoint);
  if (score === null) throw new Error(`The change ${groundTruth.id} of the fixtures was not scored.`);
  return { score, checkpoint };
}

export const meanOf = (values: number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Means over the changes' scores. The composite weighs the three measures equally. */
export const meansOf = (scores: ReplayScore[]) => {
  const precision = meanOf(scores.map((score) => score.precision));
  const recall = meanOf(scores.map((score) => score.recall));
  const reply = meanOf(scores.map((score) => score.replyAccuracy));
  return { precision, recall, reply, composite: (precision + recall + reply) / 3 };
};
