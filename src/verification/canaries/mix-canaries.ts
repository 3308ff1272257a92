import type { Canary } from '#contracts/replay.ts';
import { seededFraction } from '../text/seeded-choice.ts';
import { splitParts, stopWords } from '../text/words.ts';

/** A text to rule on: one of the oracle's folded claims, or a canary. */
export type MixedText =
  | { text: string; claim: string; canary: null }
  | { text: string; claim: null; canary: Omit<Canary, 'text'> };

const saying = (text: string) =>
  splitParts(text)
    .filter((word) => !stopWords.has(word))
    .sort()
    .join(' ');

/**
 * Puts canaries at seeded places among an oracle's claims, every place equally likely. Leaves out a canary that says
 * the same as a claim, and all canaries if there are no claims.
 */
export const mixCanaries = (
  own: { text: string; claim: string }[],
  canaries: Canary[],
  seed: string,
): MixedText[] => {
  const said = new Set(own.map(({ text }) => saying(text)));
  const mixed: MixedText[] = own.map(({ text, claim }) => ({ text, claim, canary: null }));
  if (mixed.length === 0) return mixed;
  for (const [index, { text, ...canary }] of canaries.entries()) {
    if (said.has(saying(text))) continue;
    const place = Math.floor(seededFraction('canary-place', seed, `${index}`) * (mixed.length + 1));
    mixed.splice(place, 0, { text, claim: null, canary });
  }
  return mixed;
};
