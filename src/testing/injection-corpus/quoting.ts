import { answerOf, type JudgedMeasure, type Model } from './fooled-replay.ts';
import { changedLines, surfacingWords } from './place-attack.ts';

/** The best verdict for each measure. */
export const best = { precision: 'supported', recall: 'surfaced', reply: '1' } as const;

/** What an honest judge quotes. */
export const evidence: Record<JudgedMeasure, string> = {
  precision: changedLines[0],
  recall: surfacingWords,
  reply: '',
};

/** A model that gives the best verdict on everything, with these quotes. */
export const quoting =
  (quotes: Record<JudgedMeasure, string>): Model =>
  (measure, ids) =>
    answerOf(...ids.map((id) => ({ id, verdict: best[measure], quote: quotes[measure] })));
