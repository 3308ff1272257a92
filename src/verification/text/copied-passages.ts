import type { ParsedDiff } from '../diff/parse-diff.ts';
import { diffLines, indexRuns, splitRunWords } from './words.ts';

/** A passage counts as copied if it shares this many words or more with one line of the diff. */
const copiedRun = 6;

/**
 * Removes copied passages from a summary, so that repeating the diff earns no recall: runs of 6 or more words that one
 * line of the diff contains in the same order. `copiedCharacters` counts what was removed, including the white space
 * between the words.
 */
export const removeCopiedPassages = (summary: string, diff: ParsedDiff | string) =>
  copiedPassagesOf(diff)(summary);

/** The same for many summaries of one diff, which is indexed once. */
export function copiedPassagesOf(
  diff: ParsedDiff | string,
): (summary: string) => { text: string; copiedCharacters: number } {
  const lines =
    typeof diff === 'string'
      ? diffLines(diff)
      : diff.files.flatMap((file) => file.changedLines.map((line) => line.text));
  const inLines = indexRuns(lines, copiedRun);
  return (summary) => withoutPassages(summary, inLines);
}

function withoutPassages(summary: string, inLines: ReturnType<typeof indexRuns>) {
  const words = splitRunWords(summary);
  const copied = inLines(words);
  let text = '';
  let kept = 0;
  let copiedCharacters = 0;
  for (let at = 0; at < words.length; at++) {
    const first = words[at];
    if (!first || !copied[at]) continue;
    let last = first;
    for (let next = words[at + 1]; next && copied[at + 1]; next = words[at + 1]) {
      last = next;
      at++;
    }
    text += summary.slice(kept, first.start);
    kept = last.end;
    copiedCharacters += last.end - first.start;
  }
  return { text: text + summary.slice(kept), copiedCharacters };
}
