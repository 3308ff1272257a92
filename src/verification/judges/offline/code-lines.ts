import type { DiffSection } from '../../diff/parse-diff.ts';

/**
 * A piece of a code line: an identifier, a number, a string's content, or one mark. Comments are no tokens at all, so
 * nothing that a comment or a string says can pass for a name.
 */
export type CodeToken = { kind: 'name' | 'number' | 'text' | 'mark'; text: string; at: number };

export type CodeLine = {
  sign: '+' | '-' | ' ';
  text: string;
  indent: number;
  tokens: CodeToken[];
  /** Counts the hunks of the whole diff. */
  hunk: number;
  /** Lines changed side by side have the same number. */
  block: number;
};

/** How a language writes comments and strings. */
type Notation = {
  line: string[];
  block: [string, string][];
  quotes: string[];
  /** Strings that may go on over several lines. */
  long: string[];
  /** Whether names may hold hyphens. */
  hyphens?: boolean;
  /** Marks that only enclose names. */
  unquoted?: string[];
  /** Quoted keys before a colon are names. */
  keys?: boolean;
};

const c: Notation = { line: ['//'], block: [['/*', '*/']], quotes: ['"', "'"], long: ['`', '"""'] };
const hash: Notation = { line: ['#'], block: [], quotes: ['"', "'"], long: ['"""', "'''"] };
const data: Notation = { ...hash, hyphens: true, keys: true };
const notations: [string, Notation][] = [
  ['js mjs cjs jsx ts mts cts tsx go java kt kts swift scala dart groovy gradle zig proto sol', c],
  ['c h cc cpp cxx hh hpp hxx cs m mm', { ...c, long: [] }],
  ['rs', { ...c, quotes: ['"'], long: [] }],
  ['php', { ...c, line: ['//', '#'], long: [] }],
  ['css scss sass less', { ...c, long: [], hyphens: true }],
  ['py pyi rb rake gemspec pl pm r jl ex exs cr nim nix tf hcl', hash],
  ['sh bash zsh fish ps1 mk dockerfile makefile', { ...hash, long: [], hyphens: true }],
  ['yml yaml toml ini cfg conf env properties editorconfig gitignore', data],
  ['json jsonc json5 webmanifest', { ...c, long: [], hyphens: true, keys: true }],
  ['sql', { line: ['--'], block: [['/*', '*/']], quotes: ["'"], long: [], unquoted: ['"', '`'] }],
  ['lua hs elm adb ads', { line: ['--'], block: [['--[[', ']]']], quotes: ['"', "'"], long: [] }],
  ['clj cljs lisp el scm', { line: [';'], block: [], quotes: ['"'], long: [], hyphens: true }],
  [
    'html htm xml svg vue svelte',
    { line: [], block: [['<!--', '-->']], quotes: ['"'], long: [], hyphens: true },
  ],
];
const byEnding = new Map(
  notations.flatMap(([endings, notation]) => endings.split(' ').map((e) => [e, notation])),
);

export const endingOf = (path: string): string => {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  return name.slice(name.lastIndexOf('.') + 1);
};
const notationOf = (path: string): Notation => byEnding.get(endingOf(path)) ?? data;

export const isProse = (path: string): boolean => /\.(?:md|mdx|markdown|rst|txt|adoc)$/i.test(path);
export const isTest = (path: string): boolean =>
  /(?:^|[/._-])(?:tests?|specs?|__tests__|e2e|testdata|fixtures)(?:[/._-]|$)|(?:^|\/)[^/]*(?:Tests?|Specs?)\.\w+$/u.test(
    path,
  );

/** Longer lines are data or generated. Skipping them bounds the work. */
const maxLineCharacters = 600;
const name = /[\p{L}_$][\p{L}\p{M}\p{N}_$]*/uy;
const hyphenated = /[\p{L}_$][\p{L}\p{M}\p{N}_$]*(?:-[\p{L}\p{N}_$]+)*/uy;
const number = /(?:0[xX][\da-fA-F_]+|\d[\d_]*(?:\.\d[\d_]*)*)[\p{L}%]*/uy;

/** What a line begins inside of: a comment or a long string, by what ends it. */
type Inside = { kind: 'comment' | 'text'; end: string } | null;

function readTokens(
  text: string,
  notation: Notation,
  before: Inside,
): { tokens: CodeToken[]; inside: Inside } {
  const tokens: CodeToken[] = [];
  let inside = before;
  let at = 0;
  if (text.length > maxLineCharacters) return { tokens, inside };
  // The first lines of a comment may stand before the hunk.
  if (inside === null && notation.block[0]?.[0] === '/*' && /^\s*\*(?:\s|\/|$)/.test(text)) {
    const end = text.indexOf('*/');
    if (end < 0) return { tokens, inside };
    at = end + 2;
  }
  while (at < text.length) {
    if (inside !== null) {
      const end = text.indexOf(inside.end, at);
      if (inside.kind === 'text')
        tokens.push({ kind: 'text', text: text.slice(at, end < 0 ? text.length : end), at });
      if (end < 0) return { tokens, inside };
      at = end + inside.end.length;
      inside = null;
      continue;
    }
    const begins = (mark: string) => text.startsWith(mark, at);
    const block = notation.block.find(([start]) => begins(start));
    if (block) {
      at += block[0].length;
      inside = { kind: 'comment', end: block[1] };
      continue;
    }
    // A mark in the middle of a word (a colour, an anchor) begins no comment.
    if (
      notation.line.some((mark) => begins(mark) && (mark !== '#' || /^$|[\s;,({[]/.test(text[at - 1] ?? '')))
    )
      break;
    const long = notation.long.find(begins);
    if (long !== undefined) {
      at += long.length;
      inside = { kind: 'text', end: long };
      continue;
    }
    const character = text[at] ?? '';
    if (notation.quotes.includes(character)) {
      const end = closing(text, at + 1, character);
      tokens.push({ kind: 'text', text: text.slice(at + 1, end), at });
      at = end + 1;
      continue;
    }
    const pattern = notation.hyphens === true ? hyphenated : name;
    pattern.lastIndex = at;
    number.lastIndex = at;
    const match = pattern.exec(text) ?? number.exec(text);
    if (match) {
      tokens.push({ kind: /^\d/.test(match[0]) ? 'number' : 'name', text: match[0], at });
      at += match[0].length;
    } else {
      if (!/\s/.test(character) && notation.unquoted?.includes(character) !== true)
        tokens.push({ kind: 'mark', text: character, at });
      at += 1;
    }
  }
  if (notation.keys === true) {
    for (const [place, token] of tokens.entries()) {
      if (token.kind === 'text' && tokens[place + 1]?.text === ':' && token.text.length <= 100)
        token.kind = 'name';
    }
  }
  return { tokens, inside };
}

/** Where the string that began before `from` ends. Without a closing quote it ends with the line. */
function closing(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === quote) return at;
  }
  return text.length;
}

/** The lines of one file's part of a diff, unchanged ones too. Both sides of the change are read on their own. */
export function readCodeLines(section: DiffSection, path: string, hunksBefore: number): CodeLine[] {
  const notation = notationOf(path);
  const prose = isProse(path);
  let block = 0;
  return section.hunks.flatMap(({ lines }, hunk) => {
    let [oldSide, newSide]: Inside[] = [null, null];
    let wasChanged = false;
    return lines.flatMap((line): CodeLine[] => {
      const sign = line[0] === '+' || line[0] === '-' ? line[0] : ' ';
      if (line[0] === '\\') return [];
      const text = line.slice(1).replace(/\r$/, '');
      let tokens: CodeToken[] = [];
      if (!prose) {
        const read = readTokens(text, notation, (sign === '-' ? oldSide : newSide) ?? null);
        tokens = read.tokens;
        if (sign !== '+')
          oldSide = sign === ' ' ? readTokens(text, notation, oldSide ?? null).inside : read.inside;
        if (sign !== '-') newSide = read.inside;
      }
      if (sign !== ' ' && !wasChanged) block++;
      wasChanged = sign !== ' ';
      const indent = (/^[\t ]*/.exec(text)?.[0] ?? '').replaceAll('\t', '    ').length;
      return [{ sign, text, indent, tokens, hunk: hunksBefore + hunk, block }];
    });
  });
}
