import type { GroundTruth } from '#contracts/ground-truth.ts';
import { cutText } from '#contracts/text.ts';
import { type ParsedDiff, parseDiff } from '../../diff/parse-diff.ts';
import { quoteCountsInDiff } from '../../text/quotes.ts';
import { diffLines, numberKey, splitParts, splitWords } from '../../text/words.ts';
import { partsKey, plainKey, type Term } from './terms.ts';

export const maxQuoteCharacters = 300;

export type EvidenceLine = { text: string; sign: '+' | '-'; path: string };

/** Where a term stands: on changed lines (at these places), only around them, or nowhere. */
export type Finding = { where: 'changed'; lines: number[] } | { where: 'around' } | { where: 'nowhere' };

export type Balance = { added: number; removed: number; goes: number };

/** A diff indexed once for look-ups by term. Lines keep the order of the diff, each file's together. */
export type DiffEvidence = {
  diff: ParsedDiff;
  lines: EvidenceLine[];
  /** The changed lines of each path. */
  linesOf: ReadonlyMap<string, EvidenceLine[]>;
  /** Every line of the diff, including unchanged lines and headers. */
  allLines: string[];
  find(term: Term): Finding;
  /**
   * How many added and removed lines hold the term. `goes` counts the added ones that themselves say that something
   * goes ("DROP INDEX …", "`red` is removed").
   */
  balance(term: Term): Balance;
  /** The diff's file that a path or file name means, if any. */
  file(path: string): ParsedDiff['files'][number] | undefined;
};

/** Indexes a pull request. Time and memory grow with its length, not with the questions asked. */
export function readEvidence(groundTruth: GroundTruth): DiffEvidence {
  const diff = parseDiff(groundTruth.diff);
  const lines = diff.files.flatMap((file) =>
    file.changedLines.map((line): EvidenceLine => ({ text: line.text, sign: line.sign, path: file.path })),
  );
  const plain = new Map<string, number[]>();
  const names = new Map<string, number[]>();
  const numbers = new Map<string, number[]>();
  for (const [place, line] of lines.entries()) {
    const keys = keysOf(line.text);
    for (const key of keys.plain) post(plain, key, place);
    for (const key of keys.names) post(names, key, place);
    for (const key of keys.numbers) post(numbers, key, place);
  }
  const saysRemoval = new Set(plain.get(plainKey('remove')));
  const around = { plain: new Set<string>(), names: new Set<string>(), numbers: new Set<string>() };
  const allLines = [...diffLines(groundTruth.diff)];
  for (const text of [...allLines, groundTruth.title, groundTruth.description]) {
    // A hunk's line numbers say nothing about the change.
    const keys = keysOf(text.replace(/^@@ -[\d,]+ \+[\d,]+ @@/, ''));
    for (const key of keys.plain) around.plain.add(key);
    for (const key of keys.names) around.names.add(key);
    for (const key of keys.numbers) around.numbers.add(key);
  }
  const raw = groundTruth.diff.toLowerCase();
  const filesByEnding = indexPaths(diff);

  const findFile = (path: string) => {
    const written = path.toLowerCase().replace(/^\.?\//, '');
    // A diff's headers put `a/` and `b/` before a path.
    const unprefixed = /^[ab]\//.test(written) ? filesByEnding.get(written.slice(2)) : undefined;
    return filesByEnding.get(written) ?? unprefixed;
  };
  const found = (places: number[] | undefined, aside: boolean): Finding =>
    places ? { where: 'changed', lines: places } : { where: aside ? 'around' : 'nowhere' };

  const find = (term: Term): Finding => {
    switch (term.kind) {
      case 'filler':
        return { where: 'around' };
      case 'path':
        return { where: findFile(term.key) || raw.includes(term.key) ? 'around' : 'nowhere' };
      case 'plain':
        return found(plain.get(term.key), around.plain.has(term.key));
      case 'name': {
        const key = [term.key, term.key.replace(/s$/, '')].find((k) => names.has(k) || around.names.has(k));
        return key === undefined ? { where: 'nowhere' } : found(names.get(key), true);
      }
      default: {
        const value = Number(term.key);
        const keys = (term.factors ?? [1]).map((factor) => numberKey(value * factor));
        const exact = keys.find((key) => numbers.has(key));
        if (exact !== undefined) return found(numbers.get(exact), true);
        // A number word may also stand in the diff as a word.
        const word = term.kind === 'count' ? plainKey(term.word) : '';
        const aside = keys.some((key) => around.numbers.has(key)) || around.plain.has(word);
        return found(plain.get(word), aside);
      }
    }
  };

  return {
    diff,
    lines,
    linesOf: Map.groupBy(lines, ({ path }) => path),
    allLines,
    find,
    balance: (term) => {
      const finding = find(term);
      const balance = { added: 0, removed: 0, goes: 0 };
      if (finding.where !== 'changed') return balance;
      for (const place of finding.lines) {
        if (lines[place]?.sign === '-') balance.removed++;
        else balance.added++;
        if (lines[place]?.sign === '+' && saysRemoval.has(place)) balance.goes++;
      }
      return balance;
    },
    file: findFile,
  };
}

/** Longer than any path that a claim could name. Bounds the cost of a path made of slashes only. */
const maxPathCharacters = 1000;

/** Files by their paths, old paths too, and by the rest of each path after every slash. The first of equals wins. */
function indexPaths(diff: ParsedDiff): Map<string, ParsedDiff['files'][number]> {
  const files = new Map<string, ParsedDiff['files'][number]>();
  for (const file of diff.files) {
    for (const path of [file.path, file.oldPath ?? file.path]) {
      const known = path.toLowerCase().slice(-maxPathCharacters);
      for (const start of [0, ...[...known.matchAll(/\//g)].map(({ index }) => index + 1)]) {
        const ending = known.slice(start);
        if (ending !== '' && !files.has(ending)) files.set(ending, file);
      }
    }
  }
  return files;
}

/**
 * A changed line as a quote. Null: it does not count as one (`quoteCountsInDiff`). Long lines are cut, so that one
 * minified line does not fill the evidence.
 */
export function quoteLine(line: EvidenceLine, diff: ParsedDiff): string | null {
  const whole = line.text.trim();
  const quote = cutText(whole, maxQuoteCharacters);
  // A whole changed line with a letter or digit always counts. Looking it up would scan the diff each time.
  const counts = quote === whole ? /[\p{L}\p{N}]/u.test(quote) : quoteCountsInDiff(quote, diff, '');
  return counts ? quote : null;
}

function post(index: Map<string, number[]>, key: string, place: number): void {
  const places = index.get(key);
  if (places) places.push(place);
  else index.set(key, [place]);
}

function keysOf(text: string): { plain: Set<string>; names: Set<string>; numbers: Set<string> } {
  const keys = { plain: new Set<string>(), names: new Set<string>(), numbers: new Set<string>() };
  for (const part of splitParts(text)) keys.plain.add(plainKey(part));
  for (const word of splitWords(text)) {
    keys.names.add(partsKey(text.slice(word.start, word.end)));
    keys.plain.add(plainKey(word.text));
  }
  for (const [digits] of text.matchAll(/\d[\d_]*(?:\.\d+)?/g)) {
    const value = Number.parseFloat(digits.replaceAll('_', ''));
    if (Number.isFinite(value)) keys.numbers.add(numberKey(value));
    // "2.0.36" is read as 2 by a term and as 2.0 here: both are 2.
  }
  return keys;
}
