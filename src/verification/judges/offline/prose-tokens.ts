import { isTelling } from '../../text/words.ts';
import { type DiffIndex, isSpeltLikeCode } from './diff-index.ts';
import { isUnit, numberWord, readNumber, unitWords, type Value } from './values.ts';

/**
 * A piece of prose. A name is what is in backticks, spelt like code, dotted, called, or a capitalised or hyphenated word
 * that is a name of the diff, or a word that is a dependency there. What stands in quotation marks is a value, and may
 * be a name.
 */
export type ProseToken = { start: number; end: number; text: string } & (
  | { kind: 'name'; marked: boolean }
  | { kind: 'path' }
  | { kind: 'value'; value: Value; unit: string }
  | { kind: 'word' }
  | { kind: 'mark' }
);

/** Product names that look like code but that prose uses freely. Published with the rule. */
export const productNames: ReadonlySet<string> = new Set(
  'github gitlab typescript javascript postgresql mysql sqlite mongodb graphql oauth oauth2 openid macos ios nodejs iphone ipad youtube linkedin devops webassembly websocket websockets json yaml http https html css sql url uri api rest utf pr'.split(
    ' ',
  ),
);

const fileEnding =
  '(?:[cm]?[jt]sx?|pyi?|go|rs|rb|php|java|kts?|swift|cs|c|cc|cpp|h|hpp|mdx?|jsonl?|ya?ml|toml|sql|html?|s?css|txt|sh|csv|xml|lock|ini|cfg|conf|env|vue|svelte|proto|gradle|ex|exs|scala|lua|tf|dart|mod|sum)';
const pieces = new RegExp(
  [
    '(?<code>`[^`\\n]{1,200}`)',
    '(?<quoted>"[^"\\n]{1,100}"|“[^”\\n]{1,100}”|(?<![\\p{L}\\p{N}])\'[^\'\\n]{1,100}\'(?![\\p{L}\\p{N}]))',
    // Not from within a run of such characters, which is tried from its start: else a long run takes quadratic time.
    `(?<path>(?<![\\w@.[\\]-])(?:[.@#]{0,2}/)?[\\w@.[\\]-]+(?:/[\\w@.[\\]-]+)+|(?<![\\w-])\\.?[\\w-]+(?:\\.[\\w-]+){0,10}\\.${fileEnding}(?![\\p{L}\\p{N}_(]))`,
    '(?<number>\\d[\\d_]*\\s*(?:\\*|<<)\\s*\\d[\\d_]*|v?\\d[\\d_]*(?:[.,]\\d[\\d_]*)*(?:[\\p{L}]{1,3}(?![\\p{L}\\p{N}])|%)?|0[xX][\\da-fA-F]+)(?![\\p{L}\\p{N}_])',
    '(?<flag>--[\\p{L}][\\p{L}\\p{N}-]*)',
    '(?<chain>[$#@]?[\\p{L}_$][\\p{L}\\p{N}_$]*(?:(?:\\.|::|#|->)[\\p{L}_$][\\p{L}\\p{N}_$]*)+(?:\\(\\))?|[\\p{L}_$][\\p{L}\\p{N}_$]*\\(\\))',
    '(?<hyphens>[\\p{L}][\\p{L}\\p{N}]*(?:-[\\p{L}\\p{N}]+)+)',
    "(?<word>[#$@]?[\\p{L}_$][\\p{L}\\p{M}\\p{N}_$]*(?:n['’]t(?![\\p{L}]))?)",
    "(?<possessive>['’]s?(?![\\p{L}]))",
    '(?<mark>[,;:()—–=?!]|->|→)',
  ].join('|'),
  'gu',
);

const nameForm = /^[#$@.:-]*[\p{L}_$](?:[\p{L}\p{N}_$.:#@/>-]*[\p{L}\p{N}_$])?(?:\([^)]*\)|\[\]|[?!])?$/u;

/** A sentence's pieces, in order. Linear in its length. */
export function readProse(sentence: string, index: DiffIndex): ProseToken[] {
  const tokens: ProseToken[] = [];
  for (const match of sentence.matchAll(pieces)) {
    const groups = match.groups ?? {};
    const text = match[0];
    const place = { start: match.index, end: match.index + text.length };
    if (groups.code !== undefined) tokens.push({ ...place, ...readCode(text.slice(1, -1).trim(), index) });
    else if (groups.quoted !== undefined) {
      const inner = text.slice(1, -1);
      tokens.push({ ...place, text: inner, kind: 'value', value: { kind: 'word', text: inner }, unit: '' });
    } else if (groups.path !== undefined) {
      const isWords = !/\./.test(text) && text.split('/').length === 2;
      if (isWords && index.filesNamed(text).length === 0 && !index.holders.has(text)) {
        for (const word of text.split('/')) tokens.push({ ...place, kind: 'word', text: word.toLowerCase() });
      } else if (index.holders.has(text) && index.filesNamed(text).length === 0)
        tokens.push({ ...place, kind: 'name', text, marked: false });
      else tokens.push({ ...place, kind: 'path', text: text.replace(/\.$/, '') });
    } else if (groups.number !== undefined) tokens.push({ ...place, ...numberOf(text) });
    else if (groups.flag !== undefined)
      tokens.push({ ...place, kind: 'name', text: text.slice(2), marked: false });
    else if (groups.chain !== undefined) {
      const isAbbreviation = /^(?:e\.g|i\.e|node\.js|next\.js|vue\.js|a\.k\.a)$/i.test(text);
      tokens.push(
        isAbbreviation
          ? { ...place, kind: 'word', text: text.toLowerCase() }
          : { ...place, kind: 'name', text: bare(text), marked: false },
      );
    } else if (groups.hyphens !== undefined) {
      if (index.holders.has(text)) tokens.push({ ...place, kind: 'name', text, marked: false });
      else tokens.push({ ...place, kind: 'word', text: text.toLowerCase() });
    } else if (groups.word !== undefined)
      tokens.push({ ...place, ...readWord(text, tokens.length === 0, index) });
    else if (groups.possessive !== undefined) tokens.push({ ...place, kind: 'mark', text: "'s" });
    else tokens.push({ ...place, kind: 'mark', text });
  }
  return joinUnits(tokens);
}

/** A name without its call and its sigils. */
const bare = (text: string) => text.replace(/\([^)]*\)$|\[\]$/u, '').replace(/^[#$@.:-]+/, '');

type Read<T = ProseToken> = T extends unknown ? Omit<T, 'start' | 'end'> : never;

function readCode(text: string, index: DiffIndex): Read {
  if (index.filesNamed(text).length > 0 || new RegExp(`^[\\w./@-]+\\.${fileEnding}$`, 'u').test(text))
    return { kind: 'path', text };
  const read = readNumber(text);
  if (read)
    return { kind: 'value', text, value: { kind: 'number', value: read.value, text }, unit: read.unit };
  if (/^(?:true|false|null|nil|None|True|False|undefined)$/.test(text))
    return { kind: 'value', text, value: { kind: 'word', text }, unit: '' };
  const quoted = /^(["'])(.*)\1$/u.exec(text);
  if (quoted)
    return { kind: 'value', text: quoted[2] ?? '', value: { kind: 'word', text: quoted[2] ?? '' }, unit: '' };
  if (index.holders.has(text)) return { kind: 'name', text, marked: true };
  if (nameForm.test(text)) return { kind: 'name', text: bare(text), marked: true };
  return { kind: 'value', text, value: { kind: 'word', text }, unit: '' };
}

function numberOf(text: string): Read {
  const [, first, sign, second] = /^(\d[\d_]*)\s*(\*|<<)\s*(\d[\d_]*)$/.exec(text) ?? [];
  if (sign !== undefined) {
    const [a, b] = [first ?? '', second ?? ''].map((digits) => Number(digits.replaceAll('_', '')));
    const value = sign === '*' ? (a ?? 0) * (b ?? 0) : (a ?? 0) * 2 ** (b ?? 0);
    return { kind: 'value', text, value: { kind: 'number', value, text }, unit: '' };
  }
  const read = readNumber(text);
  return read
    ? { kind: 'value', text, value: { kind: 'number', value: read.value, text }, unit: read.unit }
    : { kind: 'value', text, value: { kind: 'word', text }, unit: '' };
}

function readWord(text: string, isFirst: boolean, index: DiffIndex): Read {
  const lower = text.toLowerCase();
  // "Hour" may be a name where "hour" is a unit.
  const isUnitWord =
    isUnit(lower) && lower.length > 1 && (isFirst || text === lower || !index.holders.has(text));
  if (productNames.has(lower) || isUnitWord) return { kind: 'word', text: lower };
  if (/^[#$@]/.test(text)) return { kind: 'name', text: bare(text), marked: false };
  if (isSpeltLikeCode(text)) return { kind: 'name', text, marked: false };
  const capital =
    /^\p{Lu}{2}|^\p{Lu}\p{L}*\p{N}/u.test(text) || (/^\p{Lu}/u.test(text) && (!isFirst || text.length > 3));
  if (capital && index.holders.has(text)) return { kind: 'name', text, marked: false };
  if (/^(?:true|false|null|nil)$/.test(lower)) return { kind: 'word', text: lower };
  if (isTelling(lower) && isDependency(lower, index)) return { kind: 'name', text: lower, marked: false };
  // "the status PENDING": a text of the code.
  if (/^\p{Lu}{3,}$/u.test(text) && index.literals.has(lower))
    return { kind: 'value', text, value: { kind: 'word', text }, unit: '' };
  const count = numberWord(lower);
  if (count !== undefined && lower !== 'one')
    return { kind: 'value', text, value: { kind: 'number', value: count, text }, unit: '' };
  return { kind: 'word', text: lower };
}

const isDependency = (name: string, { holders }: DiffIndex): boolean =>
  holders.get(name)?.some(({ names }) => names.get(name)?.uses.some(({ noun }) => noun === 'dependency')) ===
  true;

/** "20 seconds", "4 MiB" and "5 %" are one value each. */
function joinUnits(tokens: ProseToken[]): ProseToken[] {
  const joined: ProseToken[] = [];
  for (const token of tokens) {
    const last = joined.at(-1);
    const isAfterNumber = last?.kind === 'value' && last.value.kind === 'number' && last.unit === '';
    if (isAfterNumber && token.kind === 'word' && isUnit(token.text))
      joined[joined.length - 1] = { ...last, unit: token.text, end: token.end };
    else if (last && isWord(last, 'one') && isWord(token, unitWords)) {
      const value = { kind: 'number', value: 1, text: last.text } as const;
      joined[joined.length - 1] = { ...last, kind: 'value', value, unit: token.text, end: token.end };
    } else joined.push(token);
  }
  return joined;
}

export const isWord = (token: ProseToken | undefined, words: ReadonlySet<string> | string): boolean =>
  token?.kind === 'word' && (typeof words === 'string' ? token.text === words : words.has(token.text));
export const wordAt = (token: ProseToken | undefined): string => (token?.kind === 'word' ? token.text : '');
export const word = (token: ProseToken, text: string): ProseToken => ({
  kind: 'word',
  text,
  start: token.start,
  end: token.end,
});
export const comma = (tokens: ProseToken[]): ProseToken => ({
  kind: 'mark',
  text: ',',
  start: tokens.at(-1)?.end ?? 0,
  end: tokens.at(-1)?.end ?? 0,
});
