import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { JudgedAnswer } from '#contracts/oracle.ts';
import type { AnswerKey, BaselineVerdicts, ReplayScore } from '#contracts/replay.ts';
import { noUsage } from '#contracts/replay.ts';
import { judgedAnswer } from '../text/judged-answer.ts';
import { withoutTrailers } from '../text/merge-forms.ts';
import { seededFraction } from '../text/seeded-choice.ts';
import { scoreReplay } from './score.ts';

const sentences = new Intl.Segmenter('und', { granularity: 'sentence' });

/**
 * The baseline (methodology, "Baseline"): an oracle that has only title and description, without trailers. They are its
 * summary, their sentences its claims, and the description its reply.
 */
export const baselineAnswer = (groundTruth: GroundTruth): JudgedAnswer => {
  const [title, description] = [groundTruth.title, groundTruth.description].map(withoutTrailers);
  const summary = [title, description].filter((text) => text !== '').join('\n\n');
  const claims = summary
    .split('\n')
    .flatMap((line) => [...sentences.segment(line)].map(({ segment }) => segment.trim()))
    .filter((sentence) => /[\p{L}\p{N}]/u.test(sentence));
  return judgedAnswer({
    summary,
    keyClaims: claims.map((claim) => ({ claim, confidence: null })),
    followUpResponse: description ?? '',
  });
};

/**
 * Whether the baseline is judged on a change of the draw: on the first `baselineReplays` in seeded order, and on the
 * same share of the changes that replace others, which come after the `limit` drawn.
 */
export const judgesBaseline = (
  { seed, limit, baselineReplays }: { seed: string; limit: number; baselineReplays: number },
  { position, groundTruthId }: { position: number; groundTruthId: string },
): boolean =>
  position < limit
    ? position < baselineReplays
    : seededFraction('baseline', seed, groundTruthId) < baselineReplays / limit;

/** The baseline's measures under the same key, unrounded. Null: a verdict on it was not obtained. */
export const scoreBaseline = (
  groundTruthId: string,
  key: AnswerKey,
  { precision, recall, reply }: BaselineVerdicts,
): ReplayScore | null => {
  const took = { asks: 0, retries: 0, latencyMs: 0, usage: noUsage };
  return scoreReplay(groundTruthId, {
    answerKey: { kind: 'made', key, model: '', reused: true, ...took },
    oracle: { kind: 'answer', latencyMs: 0, retries: 0 },
    precision,
    recall,
    reply,
  });
};
