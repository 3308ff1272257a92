import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { OracleAnswer } from '#contracts/oracle.ts';
import type { AnswerKey, BaselineVerdicts, ReplayScore } from '#contracts/replay.ts';
import { noUsage } from '#contracts/replay.ts';
import { scoreReplay } from './score.ts';

const sentences = new Intl.Segmenter('und', { granularity: 'sentence' });

/**
 * The baseline (methodology, "Baselines"): an oracle that only repeats title and description. Its claims are their
 * sentences. It does not answer the question: by the answer key's rule the answer stands in neither text.
 */
export const baselineAnswer = ({ title, description }: GroundTruth): OracleAnswer => {
  const summary = [title, description].filter((text) => text.trim() !== '').join('\n\n');
  const claims = summary
    .split('\n')
    .flatMap((line) => [...sentences.segment(line)].map(({ segment }) => segment.trim()))
    .filter((sentence) => /[\p{L}\p{N}]/u.test(sentence));
  return {
    summary,
    keyClaims: claims.map((claim) => ({ claim, confidence: null })),
    followUpResponse: '',
  };
};

/** The baseline's measures under the same key, unrounded. Null: a verdict on it was not obtained. */
export const scoreBaseline = (
  groundTruthId: string,
  key: AnswerKey,
  { precision, recall }: BaselineVerdicts,
): ReplayScore | null => {
  const took = { asks: 0, retries: 0, latencyMs: 0, usage: noUsage };
  return scoreReplay(groundTruthId, {
    answerKey: { kind: 'made', key, model: '', reused: true, ...took },
    oracle: {
      kind: 'answer',
      answer: { summary: '', keyClaims: [], followUpResponse: '' },
      latencyMs: 0,
      retries: 0,
    },
    precision,
    recall,
    reply: {
      kind: 'judged',
      model: '',
      control: false,
      ...took,
      replyAccuracy: 0,
      responseCutCharacters: 0,
    },
  });
};
