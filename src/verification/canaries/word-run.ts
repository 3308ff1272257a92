/** The one run of words in which two texts differ, as each has it. */
export type WordRun = { before: string[]; from: string[]; to: string[]; after: string[] };

/** Words are what stands between white space: a replaced name may keep its comma, and stays one word. */
const wordsOf = (text: string) => text.trim().split(/\s+/u);

/**
 * The shortest run of words that turns one text into another: what is left between the words that both begin with and
 * those that both end with. Either side may be empty.
 */
export function differingRun(from: string, to: string): WordRun {
  const [a, b] = [wordsOf(from), wordsOf(to)];
  const shortest = Math.min(a.length, b.length);
  let start = 0;
  while (start < shortest && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < shortest - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  return {
    before: a.slice(0, start),
    from: a.slice(start, a.length - end),
    to: b.slice(start, b.length - end),
    after: a.slice(a.length - end),
  };
}
