import type { ParsedDiff, ParsedFile } from '../diff/parse-diff.ts';
import { neutralise } from './fence.ts';
import { normalised } from './words.ts';

/** Quotation marks and backticks that a model puts around a quote. */
const wrappers = new Map([
  ['"', '"'],
  ["'", "'"],
  ['`', '`'],
  ['«', '»'],
]);

/** One form for what keyboards, fonts and models write differently. */
const foldForms = (text: string): string =>
  normalised(text)
    .replace(/[‘’‚‛′]/gu, "'")
    .replace(/[“”„‟″]/gu, '"')
    .replace(/[‐‑‒–—―−]/gu, '-')
    .replace(/\s+/gu, ' ')
    .trim();

/** Without a closing ellipsis. `normalised` turns the one character into three. */
const withoutEllipsis = (text: string): string => {
  if (text.endsWith('[...]') || text.endsWith('(...)')) return text.slice(0, -5).trimEnd();
  let end = text.length;
  while (text[end - 1] === '.') end -= 1;
  return text.length - end < 3 ? text : text.slice(0, end).trimEnd();
};

/** No honest quote is wrapped more often. */
const mostReadings = 8;

/** A quote as given, without a closing ellipsis and without what wraps it. The whole stands first. */
const readings = (quote: string): string[] => {
  const found = [foldForms(quote)];
  for (const reading of found) {
    const isWrapped = reading.length > 2 && wrappers.get(reading.charAt(0)) === reading.at(-1);
    const further = [isWrapped ? reading.slice(1, -1).trim() : reading, withoutEllipsis(reading)];
    for (const other of further)
      if (other !== '' && !found.includes(other) && found.length < mostReadings) found.push(other);
  }
  return found;
};

/** Long enough to be evidence on its own: 10 non-space characters, including a word of 3 letters. */
const longEnough = (quote: string) => quote.replaceAll(' ', '').length >= 10 && /\p{L}{3}/u.test(quote);

/** A line, and the line as a judge sees it if its fence had to alter it (`Array<UntrustedInput>`). */
const asShown = (line: string): string[] => {
  const shown = neutralise(line);
  return shown === line ? [foldForms(line)] : [foldForms(line), foldForms(shown)];
};

type FoldedLines = { changed: string[]; headers: { file: ParsedFile; lines: string[] }[] };

// Every verdict of a replay asks about the same diff, so its lines are folded once.
const foldedLines = new WeakMap<ParsedDiff, FoldedLines>();

function linesOf(diff: ParsedDiff): FoldedLines {
  const known = foldedLines.get(diff);
  if (known) return known;
  const lines: FoldedLines = {
    changed: diff.files.flatMap((file) => file.changedLines.flatMap(({ text }) => asShown(text))),
    headers: diff.files.map((file) => ({ file, lines: file.headerLines.flatMap(asShown) })),
  };
  foldedLines.set(diff, lines);
  return lines;
}

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
const withoutEnding = (path: string) => path.replace(/(?<=[^/])\.[^./]*$/u, '');

/** Spelled as prose spells words, so that it names a file only where it is written as a name. */
const mayBeWord = (name: string) => /^\p{L}[\p{Ll}\p{M}-]*$|^[\p{Lu}-]+$/u.test(name);

/** Longer than any path that a claim could name, so that a text of slashes alone costs little. */
const longestPath = 500;

/** What of a longer name or path stands before a part of it. A bracket may begin a path, or stand around it. */
const piecesBefore = (text: string): string[] => {
  const piece = /[^\s`'",:;]*$/u.exec(text.slice(-longestPath))?.[0] ?? '';
  return [piece, piece.replace(/^[([{<*]+/u, '')].map((each) => each.replace(/^(?:\.*\/)+/u, ''));
};
const goesOn = /^[./-]?[\p{L}\p{N}_]/u;

/**
 * Whether a text names a file: by its path or the end of it, or by its name, with or without the extension. A name at
 * the end of another path, or within another name, is another file's.
 */
const namesFile = (text: string, { path, oldPath }: ParsedFile): boolean => {
  const said = foldForms(text);
  return [path, oldPath ?? path]
    .map(foldForms)
    .flatMap((own) => [own, withoutEnding(own)])
    .some((own) => namesPath(said, own));
};

const namesPath = (said: string, own: string): boolean => {
  const [text, path] = [said.toLowerCase(), own.toLowerCase()];
  const name = nameOf(own);
  const isMeant = (form: string, at: number): boolean => {
    const end = at + form.length;
    if (goesOn.test(text.slice(end, end + 2))) return false;
    const written = piecesBefore(text.slice(0, at)).map((piece) => piece + form);
    if (written.some((each) => each.includes('/')))
      return written.some((each) => path === each || path.endsWith(`/${each}`));
    if (!written.includes(form)) return false;
    if (!mayBeWord(name) || (text[at - 1] === '`' && text[end] === '`')) return true;
    return /\p{Lu}/u.test(name) && said.slice(at, end) === name;
  };
  return [path, nameOf(path)].some((form) => {
    for (let at = text.indexOf(form); form !== '' && at >= 0; at = text.indexOf(form, at + 1))
      if (isMeant(form, at)) return true;
    return false;
  });
};

/**
 * What is wrong with a judge's quote as evidence from the diff for a claim, in words that name nothing of either. Null:
 * it counts (methodology, "One replay", point 4). It must be on one changed line, or on the header of a file that the
 * claim names, and it must be long enough or be the whole changed line. White space, typographic forms, what wraps the
 * quote and a closing ellipsis are folded, and a quoted line may keep its leading `+` or `-`. A whole line of
 * punctuation ("}") is everywhere and proves nothing.
 */
export function faultOfDiffQuote(quote: string, diff: ParsedDiff, claim: string): string | null {
  const { changed, headers } = linesOf(diff);
  const candidates = [
    ...new Set(readings(quote).flatMap((reading) => [reading, reading.replace(/^[+-] ?/u, '')])),
  ];
  let fault = candidates.every((candidate) => candidate === '')
    ? 'no quote was given'
    : 'it is shorter than 10 characters, and no whole changed line';
  for (const candidate of candidates) {
    if (!longEnough(candidate)) {
      if (/[\p{L}\p{N}]/u.test(candidate) && changed.includes(candidate)) return null;
      continue;
    }
    if (changed.some((line) => line.includes(candidate))) return null;
    const header = headers.filter(({ lines }) => lines.some((line) => line.includes(candidate)));
    if (header.some(({ file }) => namesFile(claim, file))) return null;
    fault =
      header.length > 0
        ? 'it is the header of a file that the text does not name'
        : 'it stands on no single changed line';
  }
  return fault;
}

export const quoteCountsInDiff = (quote: string, diff: ParsedDiff, claim: string): boolean =>
  faultOfDiffQuote(quote, diff, claim) === null;

/** The same for a quote from a text (recall: the summary as judged). It may also be the whole text. */
export function faultOfTextQuote(quote: string, text: string): string | null {
  const folded = foldForms(text);
  const candidates = readings(quote);
  if (candidates.every((candidate) => candidate === '')) return 'no quote was given';
  const counts = candidates.some((candidate) =>
    longEnough(candidate)
      ? folded.includes(candidate)
      : /[\p{L}\p{N}]/u.test(candidate) && candidate === folded,
  );
  if (counts) return null;
  return candidates.some(longEnough)
    ? 'it does not stand in the summary'
    : 'it is shorter than 10 characters';
}

export const quoteCountsInText = (quote: string, text: string): boolean =>
  faultOfTextQuote(quote, text) === null;
