import { diffLines, indexRuns, splitRunWords, type Word } from './words.ts';

/** A passage counts as copied if it shares this many words or more with one line of the diff. */
const copiedRun = 6;

/** Whole lines of the diff, each by its words. */
function linesOf(diff: string): ReadonlySet<string> {
  const lines = [...diff.split('\n'), ...diffLines(diff)];
  // The text behind a hunk's header is a line of the file.
  const places = lines.flatMap((line) => /^@@ [^@]* @@(.*)$/u.exec(line)?.[1] ?? []);
  return new Set([...lines, ...places].map(said).filter((line) => line !== ''));
}

const said = (text: string): string =>
  splitRunWords(text)
    .map((word) => word.text)
    .join(' ');

/** Where the lines of a text begin, then where its sentences and items do too. */
const pieceStarts = [/(?<=\n)/u, /(?<=\n|[.!?;|]\s)/u];

/** Marks the words of lines, sentences and items of a text that are whole lines of the diff. */
function onCopiedLines(summary: string, lines: ReadonlySet<string>, words: Word[]): boolean[] {
  const marks = new Array<boolean>(words.length).fill(false);
  for (const starts of pieceStarts) {
    let end = 0;
    let at = 0;
    for (const piece of summary.split(starts)) {
      end += piece.length;
      const isCopied = lines.has(said(piece));
      for (let word = words[at]; word && word.start < end; word = words[++at]) marks[at] ||= isCopied;
    }
  }
  return marks;
}

/**
 * Removes copied passages from a summary, so that repeating the diff earns no recall: whole lines of the diff, and runs
 * of 6 or more words that one of its lines contains in the same order. All of its lines count, unchanged ones and headers
 * too. `copiedCharacters` counts what was removed, including the white space between the words.
 */
export const removeCopiedPassages = (summary: string, diff: string) => copiedPassagesOf(diff)(summary);

/** The same for many summaries of one diff, which is indexed once. */
export function copiedPassagesOf(
  diff: string,
): (summary: string) => { text: string; copiedCharacters: number } {
  const inLines = indexRuns(diffLines(diff), copiedRun);
  const lines = linesOf(diff);
  return (summary) => {
    const words = splitRunWords(summary);
    const inRuns = inLines(words);
    const onLines = onCopiedLines(summary, lines, words);
    return without(
      summary,
      words,
      words.map((_, at) => inRuns[at] === true || onLines[at] === true),
    );
  };
}

function without(summary: string, words: Word[], copied: boolean[]) {
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
