import { isGeneratedPath } from '../diff/generated.ts';
import { type ParsedFile, parseDiff, splitDiff } from '../diff/parse-diff.ts';

export type Sign = '+' | '-' | ' ';

/** One line of a hunk, unchanged ones too: they show what a change left as it was. */
export type ChangeLine = {
  sign: Sign;
  text: string;
  file: ParsedFile;
  /** Counted through the whole diff. */
  hunk: number;
  /** Lines of one block are changed side by side, with no unchanged line between them; null for unchanged lines. */
  block: number | null;
  /** Its place among its block's lines of the same sign. */
  place: number;
  /** False where the line may lie in a comment or a text of several lines, or is a comment: it is no code then. */
  code: boolean;
};

export type ChangeLines = {
  files: ParsedFile[];
  /** Lines of files that people write and whose names can be said. */
  lines: ChangeLine[];
  /** The diff was shortened, so what it does not show may still be part of the change. */
  cut: boolean;
  /** The lines that a name stands on, anywhere in the diff and in whatever spelling (`spellingKey`). */
  holding(name: string): { sign: Sign; text: string }[];
};

/** A path that can be said in a claim: no spaces, no control characters, nothing that could read as prose. */
export const sayablePath = (path: string): boolean => /^[\w@.()[\]+/-]{2,120}$/.test(path);

/** What spellings of one name have in common: `retryCount`, `retry_count` and `RETRY-COUNT` are one. */
export const spellingKey = (name: string): string => name.toLowerCase().replace(/[_$-]/g, '');

const names = /[\p{L}_$][\p{L}\p{N}_$]*(?:-[\p{L}\p{N}_$]+)*/gu;

const keysOf = (text: string): Set<string> => {
  const keys = new Set<string>();
  for (const [name] of text.matchAll(names)) {
    keys.add(spellingKey(name));
    for (const part of name.split('-')) keys.add(spellingKey(part));
  }
  return keys;
};

const comment = /^\s*(?:\/\/|\/\*|\*|#(?!define\b|include\b)|--|<!--|;|"""|''')/;
const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

/**
 * Which lines of one side of a hunk are code for certain. What opens and closes over several lines (template
 * literals, documentation strings, block comments) is counted from the hunk's start; where the count does not come
 * out even at its end, the hunk began inside of one and none of its lines is certain.
 */
function certainCode(texts: string[], path: string): boolean[] {
  const backticks = /\.(?:[cm]?[jt]sx?|go|vue|svelte)$/.test(path);
  const python = path.endsWith('.py');
  let open = 0;
  let comments = 0;
  const certain = texts.map((text) => {
    const inside = open % 2 !== 0 || comments > 0;
    if (backticks) open += count(text.replace(/\\`/g, ''), /`/g);
    if (python) open += count(text, /"""|'''/g);
    comments = Math.max(0, comments + count(text, /\/\*/g) - count(text, /\*\//g));
    return !inside && !comment.test(text);
  });
  return open % 2 === 0 && comments === 0 ? certain : texts.map(() => false);
}

/** Reads a diff's lines with what facts and their certainty are read from. Linear in the diff's length. */
export function readChangeLines(diff: string): ChangeLines {
  const { files } = parseDiff(diff);
  const lines: ChangeLine[] = [];
  const standing = new Map<string, { sign: Sign; text: string }[]>();
  let hunks = 0;
  let blocks = 0;
  const note = (sign: Sign, text: string) => {
    for (const key of keysOf(text)) {
      const known = standing.get(key);
      if (known) known.push({ sign, text });
      else standing.set(key, [{ sign, text }]);
    }
  };
  for (const [at, section] of splitDiff(diff).entries()) {
    const file = files[at];
    if (!file) continue;
    const readable = sayablePath(file.path) && !isGeneratedPath(file.path) && file.status !== 'copied';
    for (const hunk of section.hunks) {
      hunks += 1;
      note(' ', hunk.header.replace(/^@@[^@]*@@/, ''));
      const read = hunk.lines.flatMap((line): { sign: Sign; text: string }[] => {
        const sign = line[0];
        if (sign === '\\') return [];
        const text = line.slice(1).replace(/\r$/, '');
        return [{ sign: sign === '+' || sign === '-' ? sign : ' ', text }];
      });
      const codeOf = (other: Sign) => {
        const side = read.filter(({ sign }) => sign !== other);
        const certain = certainCode(
          side.map(({ text }) => text),
          file.path,
        );
        return new Map(side.map((line, index) => [line, certain[index] ?? false]));
      };
      const [newCode, oldCode] = [codeOf('-'), codeOf('+')];
      let places = { '+': 0, '-': 0 };
      let before: Sign = ' ';
      for (const line of read) {
        note(line.sign, line.text);
        const { sign } = line;
        // A removed line after an added one starts a block of its own.
        if (sign !== ' ' && (before === ' ' || (before === '+' && sign === '-'))) {
          blocks += 1;
          places = { '+': 0, '-': 0 };
        }
        before = sign;
        const code = (sign === '-' ? oldCode : newCode).get(line) ?? false;
        const place = sign === ' ' ? 0 : places[sign]++;
        if (readable)
          lines.push({ ...line, file, hunk: hunks, block: sign === ' ' ? null : blocks, place, code });
      }
    }
  }
  return {
    files,
    lines,
    cut: /^\[cut: /m.test(diff),
    holding: (name) => standing.get(spellingKey(name)) ?? [],
  };
}
