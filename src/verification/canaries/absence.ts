import type { GroundTruth } from '#contracts/ground-truth.ts';
import { normalised, numberKey, splitParts } from '../text/words.ts';

/** What certainly stands nowhere in a pull request: neither in diff, title and description nor in the list of files. */
export type Absence = {
  /** The name's letters and digits stand nowhere in a row, even with other characters between them. */
  name(name: string): boolean;
  /** No word and no part of an identifier is this word. */
  word(word: string): boolean;
  /** No number has this value, in this or another usual unit. */
  number(value: number): boolean;
};

/** Keeps letters and digits only, so that no spelling hides a name. */
const squash = (text: string) =>
  normalised(text)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');

/** Between seconds, milliseconds, minutes, hours and days, bytes and kibibytes, fractions and percent. */
const unitFactors = [1, 24, 60, 100, 1000, 1024, 3600, 60_000, 1_048_576, 1_000_000];

/** Reads a pull request's text once. Each question is then one look-up, or one search for a name. */
export function readAbsence({ diff, title, description, filesChanged }: GroundTruth): Absence {
  const text = [diff, title, description, ...filesChanged].join('\n');
  const squashed = squash(text);
  const words = new Set(splitParts(text));
  const numbers = new Set<string>();
  for (const [digits] of text.matchAll(/\d[\d_,]*(?:\.\d+)?/g)) {
    numbers.add(numberKey(Number(digits.replace(/[_,]/g, ''))));
    for (const run of digits.match(/\d+/g) ?? []) numbers.add(numberKey(Number(run)));
  }
  return {
    name: (name) => !squashed.includes(squash(name)),
    word: (word) => !words.has(word.toLowerCase()),
    number: (value) =>
      unitFactors.every(
        (factor) => !numbers.has(numberKey(value * factor)) && !numbers.has(numberKey(value / factor)),
      ),
  };
}
