import { cutText } from '#contracts/text.ts';
import { quoteCountsInText } from '../../text/quotes.ts';
import { diffWords, indexRuns, splitParts, splitRunWords, stopWords } from '../../text/words.ts';
import { type DiffEvidence, maxQuoteCharacters } from './diff-evidence.ts';
import { contradictsDirection } from './direction.ts';
import { isTerm, partsKey, plainKey, readTerms } from './terms.ts';

export type ChangeRuling = { surfaced: boolean; quote: string };
type Change = { statement: string; quote: string };
/** A sentence of the summary, for look-ups by key. */
type Sentence = {
  text: string;
  names: Set<string>;
  plain: Set<string>;
  numbers: Set<string>;
  contradicted: boolean;
};

/** A sentence repeats a line if most of its own words lie in runs of at least this many words of one changed line. */
const saidBackRun = 3;
/** Not a sentence's own word: such words only introduce a repeated line ("The line … is added to FILE"). */
const introducesLine = (word: string) => stopWords.has(word) || diffWords.has(word) || word.includes('/');
/** The share of a change's words that one sentence (or two neighbours) must hold. */
const neededShare = 0.5;

/** Reads a summary once. The returned function rules whether it surfaces a change (see `rule.ts`, "Recall"). */
export function readSummary(summary: string, evidence: DiffEvidence): (change: Change) => ChangeRuling {
  const inLines = indexRuns(
    evidence.lines.map((line) => line.text),
    saidBackRun,
  );
  const wholeLines = new Set(evidence.lines.map((line) => joined(line.text)));
  const sentences = splitSentences(summary).flatMap((text): Sentence[] => {
    const words = splitRunWords(text);
    const inRuns = inLines(words);
    const own = [...words.keys()].filter((at) => !introducesLine(words[at]?.text ?? ''));
    const copied = own.filter((at) => inRuns[at]).length;
    if (own.length === 0 || copied * 2 > own.length || wholeLines.has(joined(text))) return [];
    return [readSentence(text, evidence)];
  });

  return (change) => {
    const target = targetOf(change);
    const sentence = sentences.find((candidate) => surfaces(candidate, target));
    const quote = sentence === undefined ? null : quoteOf(sentence.text, summary);
    return quote === null ? { surfaced: false, quote: '' } : { surfaced: true, quote };
  };
}

function readSentence(text: string, evidence: DiffEvidence): Sentence {
  const terms = readTerms(text);
  // Naming the diff's files surfaces nothing. Other paths (routes, packages) may be what changed.
  const kept = terms.filter((term) => term.kind !== 'path' || evidence.file(term.key) === undefined);
  const parts = kept.flatMap((term) => splitParts(text.slice(term.start, term.end)));
  return {
    text,
    names: new Set(
      kept.filter(({ kind }) => kind !== 'number').map((term) => partsKey(text.slice(term.start, term.end))),
    ),
    plain: new Set(parts.map(plainKey)),
    numbers: new Set(
      terms
        .filter(({ kind }) => kind === 'number' || kind === 'count')
        .flatMap((term) =>
          (term.factors ?? [1]).map((factor) => String(Number((Number(term.key) * factor).toPrecision(12)))),
        ),
    ),
    contradicted: contradictsDirection(text, terms, evidence),
  };
}

type Target = { names: string[]; nameParts: Set<string>; words: Set<string>; numbers: string[] };

const telling = (word: string) => isTerm(word) && !/^\d/.test(word);

/** The names and numbers in backticks of the statement, the names' parts, and the telling words of the quote. */
function targetOf({ statement, quote }: Change): Target {
  const spans = [...statement.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
  const names = spans.filter(
    (span) => /^[#$@]?[\p{L}_][\p{L}\p{N}_$./@-]*$/u.test(span) && !/\.\p{L}{1,5}$/u.test(span),
  );
  const nameParts = new Set(
    names
      .flatMap(splitParts)
      .filter((part) => !/^\d+$/.test(part))
      .map(plainKey),
  );
  const words = new Set(splitParts(quote).filter(telling).map(plainKey));
  const numbers = spans
    .filter((span) => /^-?\d[\d_]*(?:\.\d+)?$/.test(span))
    .map((span) => String(Number(Number(span.replaceAll('_', '')).toPrecision(12))));
  return { names: names.map(partsKey).filter((key) => key.length > 2), nameParts, words, numbers };
}

/**
 * Whether a sentence surfaces a change. It does if it holds the change's name, or two thirds of the name's parts (two
 * at least, or one and another word of the line), or half of the line's telling words and three at least. A changed
 * value needs the new number and a word of the name or of the line.
 */
function surfaces(sentence: Sentence, { names, nameParts, words, numbers }: Target): boolean {
  if (sentence.contradicted) return false;
  if (names.some((name) => sentence.names.has(name))) return true;
  const parts = [...nameParts].filter((part) => sentence.plain.has(part)).length;
  const held = [...words].filter((word) => sentence.plain.has(word)).length;
  const newest = numbers.at(-1);
  if (newest !== undefined) return sentence.numbers.has(newest) && (parts > 0 || held > 0);
  const other = [...words].some((word) => !nameParts.has(word) && sentence.plain.has(word));
  if (nameParts.size > 0 && parts * 3 >= nameParts.size * 2 && (parts >= 2 || other)) return true;
  return held >= Math.min(3, words.size) && held >= 2 && held >= words.size * neededShare;
}

/** Splits into sentences and list items. A full stop within a name ("a.b") does not end a sentence. */
const splitSentences = (text: string): string[] =>
  text
    .split(/\n+|(?<=[.!?;。！？])\s+|(?<=[。！？])/u)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence.length > 0);

const joined = (text: string) =>
  splitRunWords(text)
    .map((word) => word.text)
    .join(' ');

function quoteOf(sentence: string, summary: string): string | null {
  const quotes = [sentence, summary].map((text) => cutText(text, maxQuoteCharacters));
  return quotes.find((quote) => quoteCountsInText(quote, summary)) ?? null;
}
