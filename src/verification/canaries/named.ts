import { countWords, normalised, numberKey } from '../text/words.ts';

/** The numbers that prose writes as words. "one" and "two" may be no number at all, so nothing is asked of them. */
export const numberWords: ReadonlyMap<string, number> = new Map([
  ...countWords.map((word, value): [string, number] => [word, value]),
  ['once', 1],
  ['twice', 2],
  ['thrice', 3],
  ['half', 0.5],
  ['double', 2],
]);

/** Spelled like a name of code: in backticks, as a path, or with capitals, digits, dots or underscores inside a word. */
const spelled =
  /`([^`\n]+)`|(?<![\p{L}\p{N}_./-])((?:[\w@.-]+\/)+[\w.-]*\w|\.?[A-Za-z][\w-]*\.[a-z]\w{0,4}(?:\.[a-z]\w{0,4})?(?![\w/])|[A-Za-z_$][\w$]*(?:[a-z0-9][A-Z]|_)[\w$]*)(?![\p{L}\p{N}_])/gu;

const isNamed = (name: string): boolean => name !== '' && !/^(?:e\.g|i\.e)$/i.test(name);

/** What a text names as code does, without backticks. */
export const spelledNames = (text: string): string[] =>
  [...text.matchAll(spelled)].map((match) => (match[1] ?? match[2] ?? '').trim()).filter(isNamed);

const number = /(?<![\p{L}\p{N}_.])\d[\d_,]*(?:\.\d+)?/gu;

const valuesIn = (text: string): string[] =>
  [...text.matchAll(number)].map(([digits]) => numberKey(Number(digits.replace(/[_,]+/gu, ''))));

const squash = (text: string) => normalised(text).replace(/\s+/gu, ' ').toLowerCase();

/** What stands in a text, asked about many times. */
export type Standing = { name(name: string): boolean; number(text: string): boolean };

/**
 * Whether a name stands in a text, as a whole and in any case: `limit` does not stand in `retryLimit`. Anything in
 * backticks may also be a piece of code.
 */
export function readStanding(text: string): Standing {
  const whole = squash(text);
  const numbers = new Set(valuesIn(text.replace(/(?<=\d)_(?=\d)/gu, '')));
  // Digits may also be part of a name, such as in `sha256` or `v2`.
  for (const [run] of text.matchAll(/\d+/gu)) numbers.add(numberKey(Number(run)));
  return {
    name: (name) => {
      const sought = squash(name);
      const isPart = (character: string | undefined) =>
        character !== undefined && /[\p{L}\p{N}_]/u.test(character);
      const [first, last] = [sought[0], sought.at(-1)];
      for (let at = whole.indexOf(sought); at >= 0; at = whole.indexOf(sought, at + 1))
        if (!(isPart(first) && isPart(whole[at - 1])) && !(isPart(last) && isPart(whole[at + sought.length])))
          return true;
      return false;
    },
    number: (digits) => valuesIn(digits).every((value) => numbers.has(value)),
  };
}

/** Every name and every number of a text that stands nowhere in what was read. */
export const standsInAll = (text: string, standing: Standing): boolean => {
  const rest = text.replace(spelled, (whole, quoted?: string, plain?: string) =>
    isNamed((quoted ?? plain ?? '').trim()) ? ' ' : whole,
  );
  return spelledNames(text).every((name) => standing.name(trimmed(name))) && standing.number(rest);
};

/** A call is named by what is called. */
const trimmed = (name: string) => name.replace(/\(\)$/u, '');
