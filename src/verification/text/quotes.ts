import type { ParsedDiff } from '../diff/parse-diff.ts';
import { neutralise } from './fence.ts';

const foldSpace = (text: string) => text.replace(/\s+/gu, ' ').trim();

/** Long enough to be evidence on its own: 10 non-space characters, including a word of 3 letters. */
const longEnough = (quote: string) => quote.replaceAll(' ', '').length >= 10 && /\p{L}{3}/u.test(quote);

/** A line, and the line as a judge sees it if its fence had to alter it (`Array<UntrustedInput>`). */
const asShown = (line: string): string[] => {
  const shown = neutralise(line);
  return shown === line ? [foldSpace(line)] : [foldSpace(line), foldSpace(shown)];
};

type FoldedLines = { changed: string[]; headers: string[] };

// Every verdict of a replay asks about the same diff, so its lines are folded once.
const foldedLines = new WeakMap<ParsedDiff, FoldedLines>();

function linesOf(diff: ParsedDiff): FoldedLines {
  const known = foldedLines.get(diff);
  if (known) return known;
  const lines: FoldedLines = { changed: [], headers: [] };
  for (const file of diff.files) {
    for (const line of file.headerLines) lines.headers.push(...asShown(line));
    for (const line of file.changedLines) lines.changed.push(...asShown(line.text));
  }
  foldedLines.set(diff, lines);
  return lines;
}

/**
 * Whether a judge's quote counts as evidence from the diff (methodology, "One replay", point 4). With white space
 * folded, it must be on one changed line or file header, and it must be long enough or be the whole changed line. A
 * quoted line may keep its leading `+` or `-`. A whole line of punctuation ("}") is everywhere and proves nothing.
 */
export function quoteCountsInDiff(quote: string, diff: ParsedDiff): boolean {
  const folded = foldSpace(quote);
  const unsigned = foldSpace(folded.replace(/^[+-]/u, ''));
  const { changed, headers } = linesOf(diff);
  return [...new Set([folded, unsigned])].some((candidate) => {
    if (longEnough(candidate)) {
      return [changed, headers].some((lines) => lines.some((line) => line.includes(candidate)));
    }
    return /[\p{L}\p{N}]/u.test(candidate) && changed.includes(candidate);
  });
}

/**
 * Whether a judge's quote counts as evidence from a text (recall: the summary as judged). With white space folded, it
 * must be in the text, and it must be long enough or be the whole text.
 */
export function quoteCountsInText(quote: string, text: string): boolean {
  const candidate = foldSpace(quote);
  const folded = foldSpace(text);
  if (longEnough(candidate)) return folded.includes(candidate);
  return /[\p{L}\p{N}]/u.test(candidate) && candidate === folded;
}
