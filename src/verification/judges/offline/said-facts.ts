import { isTelling, negations, splitWords } from '../../text/words.ts';
import type { CodeLine } from './code-lines.ts';
import { type Decision, inFiles, open } from './decisions.ts';
import type { DiffIndex, IndexedFile } from './diff-index.ts';
import type { Statement } from './statement.ts';

type Side = '+' | '-';

/** A single word stands anywhere; a longer run would be a copied passage. Published with the rule. */
export const saidWords = { fewest: 2, most: 3 } as const;

const wordsOf = (text: string): string[] => splitWords(text).map((word) => word.text);

/** Each phrase with the place of the changed line that it stands on, or of an unchanged one. */
type Phrases = ReadonlyMap<string, number>;

const phrasesBySide = new WeakMap<IndexedFile, Record<Side, Phrases>>();

/** The phrases of a file's old and of its new text, hunk by hunk. Where a line breaks says nothing. */
function phrasesOf(file: IndexedFile): Record<Side, Phrases> {
  const known = phrasesBySide.get(file);
  if (known) return known;
  const on = (side: Side) => {
    const phrases = new Map<string, number>();
    const lines = file.lines.map((line, at) => ({ ...line, at }));
    const own = lines.filter(({ sign }) => sign === side || sign === ' ');
    for (const hunk of Map.groupBy(own, (line) => line.hunk).values()) {
      const words = hunk.flatMap((line) => wordsOf(line.text).map((text) => ({ text, line })));
      for (let at = 0; at < words.length; at++)
        for (let length: number = saidWords.fewest; length <= saidWords.most; length++) {
          const run = words.slice(at, at + length);
          const phrase = run.map(({ text }) => text).join(' ');
          const changed = run.find(({ line }) => line.sign === side) ?? run[0];
          if (changed && !phrases.has(phrase)) phrases.set(phrase, changed.line.at);
        }
    }
    return phrases;
  };
  const phrases = { '+': on('+'), '-': on('-') };
  phrasesBySide.set(file, phrases);
  return phrases;
}

/** The place of a phrase that only one side of a file has. Null: it has none. */
function placeOf(side: Side, phrase: string, file: IndexedFile): number | null {
  const phrases = phrasesOf(file);
  const at = phrases[side].get(phrase);
  return at === undefined || phrases[side === '+' ? '-' : '+'].has(phrase) ? null : at;
}

/** Whether words come to a text or go from it. What is not seen may be composed in code. */
export function decideSaid(
  statement: Extract<Statement, { form: 'said' }>,
  files: IndexedFile[],
  index: DiffIndex,
): Decision {
  const words = wordsOf(statement.text);
  const phrase = words.join(' ');
  if (words.length < saidWords.fewest || words.length > saidWords.most || !words.some(isTelling)) return open;
  return inFiles(
    { ...statement, loose: true },
    files,
    (file) => `said ${statement.sign} ${phrase} ${file.parsed.path}`,
    index,
    (file) => {
      const at = placeOf(statement.sign, phrase, file);
      return at === null ? { kind: 'open' } : { kind: 'true', at, defined: false };
    },
  );
}

/** Words with which a phrase may begin and end. */
const isEdge = (word: string): boolean => isTelling(word) && !negations.has(word);

/** So many phrases of one file are looked for. */
const mostPhrases = 3;

/** Phrases that only one side of a file has, each from another line, those of more telling words first. */
export function newPhrases(file: IndexedFile, side: Side): { phrase: string; line: CodeLine }[] {
  const found: { phrase: string; line: CodeLine; telling: number }[] = [];
  for (const line of file.lines) {
    if (line.sign !== side) continue;
    const words = splitWords(line.text);
    const phrases = words.flatMap((first, at) =>
      [saidWords.most, saidWords.fewest].flatMap((length) => {
        const run = words.slice(at, at + length);
        const last = run.at(-1);
        if (!last || run.length < length || !isEdge(first.text) || !isEdge(last.text)) return [];
        const phrase = line.text.slice(first.start, last.end);
        const isPlain = /^[\p{L}\p{M}]+(?:[ ’'-][\p{L}\p{M}]+)+$/u.test(phrase);
        return isPlain && placeOf(side, run.map(({ text }) => text).join(' '), file) !== null
          ? [{ phrase, line, telling: run.filter(({ text }) => isTelling(text)).length }]
          : [];
      }),
    );
    const [best] = phrases.sort((a, b) => b.telling - a.telling);
    if (best) found.push(best);
  }
  return found.sort((a, b) => b.telling - a.telling).slice(0, mostPhrases);
}
