import { isGeneratedPath } from '../diff/generated.ts';
import { type ParsedFile, parseDiff, splitDiff } from '../diff/parse-diff.ts';

export type Sign = '+' | '-' | ' ';

/** One line of a hunk. Unchanged lines count too: they show what a change left alone. */
export type ChangeLine = {
  sign: Sign;
  text: string;
  file: ParsedFile;
  /** The hunk's number, counted through the whole diff. */
  hunk: number;
  /** A block is a run of changed lines without an unchanged line between them. Null for unchanged lines. */
  block: number | null;
  /** The line's place among its block's lines of the same sign. */
  place: number;
  /** False if the line is a comment, or may lie in a comment or a multi-line text. */
  code: boolean;
};

export type ChangeLines = {
  files: ParsedFile[];
  /** Lines of the files that people write and whose names a claim can say. */
  lines: ChangeLine[];
  /** The diff was shortened, so the change may hold more than it shows. */
  cut: boolean;
  /** The lines that a name stands on, anywhere in the diff and in any spelling (`spellingKey`). */
  holding(name: string): { sign: Sign; text: string }[];
};

/** Whether a claim can say a path: it has no spaces, no control characters and nothing that could read as prose. */
export const sayablePath = (path: string): boolean => /^[\w@.()[\]+/-]{2,120}$/.test(path);

/** The same for every spelling of a name: `retryCount`, `retry_count` and `RETRY-COUNT` are one. */
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
 * Which lines of one side of a hunk are certainly code. Template literals, documentation strings and block comments can
 * span lines, so their ends are counted from the hunk's start. If the count is not even at the hunk's end, the hunk
 * began inside one of them, and no line is certain.
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

/** Reads a diff's lines and whatever decides whether a fact is certain. Linear in the diff's length. */
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
