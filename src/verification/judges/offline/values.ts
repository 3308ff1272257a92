import { countWords, numberKey, splitParts } from '../../text/words.ts';
import type { CodeLine, CodeToken } from './code-lines.ts';

/** A literal value: a number by its value, or a text, a truth value or a constant's name as a word. */
export type Value = { kind: 'number'; value: number; text: string } | { kind: 'word'; text: string };

/**
 * A name that a line sets to one value. `alone`: nothing else is on the right side. `literal`: it is no other name.
 * `unit`: all else on the right side says this unit: "15 * minute", "Duration::from_secs(15)".
 */
export type Setting = { name: string; value: Value; alone: boolean; literal: boolean; unit: string | null };

/** The factors by which a number with a unit may be multiplied in code. Published with the rule. */
export const unitFactors: Record<string, readonly number[]> = {
  'ms milli millis millisecond milliseconds': [1, 0.001],
  's sec secs second seconds': [1, 1000, 1_000_000_000],
  'm min mins minute minutes': [1, 60, 60_000],
  'h hour hours': [1, 60, 3600, 3_600_000],
  'd day days': [1, 24, 1440, 86_400, 86_400_000],
  'week weeks': [1, 7, 604_800, 604_800_000],
  'byte bytes': [1],
  'k kb kib kilobyte kilobytes kibibyte kibibytes': [1, 1000, 1024],
  'mb mib megabyte megabytes mebibyte mebibytes': [1, 1_000_000, 1_048_576],
  'gb gib gigabyte gigabytes gibibyte gibibytes': [1, 1_000_000_000, 1_073_741_824],
  '% pct percent': [1, 0.01],
};
const factorsOf = new Map(
  Object.entries(unitFactors).flatMap(([units, factors]) =>
    units.split(' ').map((unit): [string, readonly number[]] => [unit, factors]),
  ),
);
export const isUnit = (word: string): boolean => factorsOf.has(word);
/** Units that are words and no letters. */
export const unitWords: ReadonlySet<string> = new Set(
  [...factorsOf.keys()].filter((unit) => unit.length > 3),
);

const tens = new Map<string, number>([
  ...countWords.map((word, value): [string, number] => [word, value]),
  ['fifteen', 15],
  ['twenty', 20],
  ['thirty', 30],
  ['forty', 40],
  ['fifty', 50],
  ['sixty', 60],
  ['ninety', 90],
  ['hundred', 100],
  ['thousand', 1000],
  ['million', 1_000_000],
]);
export const numberWord = (word: string): number | undefined => tens.get(word);

/** Reads "20_000", "250ms", "0x1F" or "v2.1.0". A version with several dots is a word. */
export function readNumber(written: string): { value: number; unit: string } | null {
  if (/^0[xX]/.test(written)) return { value: Number(written.replaceAll('_', '')), unit: '' };
  const match = /^v?(\d[\d_,]*(?:\.\d+)?)(\p{L}{0,10}|%)$/u.exec(written);
  const value = Number((match?.[1] ?? '').replace(/[_,]/g, ''));
  return match && Number.isFinite(value) ? { value, unit: (match[2] ?? '').toLowerCase() } : null;
}

/** From the end, because a pattern would try every run of spaces in between. */
const withoutQuoteEnd = (text: string): string => {
  let end = text.length;
  while (end > 0 && /[\s"'`]/.test(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
};

const asWord = (text: string) =>
  withoutQuoteEnd(text)
    .toLowerCase()
    .replace(/^(?:none|nil|null|undefined)$/, 'null')
    .replace(/^[\s^~v=<>"'`]+/, '');

/** What a unit is in the first of its kind: seconds, or bytes. */
const sizesOf = new Map(
  [
    { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, week: 604_800 },
    { byte: 1, k: 1024, mb: 1_048_576, gb: 1_073_741_824 },
  ].flatMap((kind, dimension) =>
    Object.entries(kind).flatMap(([first, size]) =>
      Object.keys(unitFactors)
        .filter((units) => units.split(' ')[0] === first)
        .flatMap((units) => units.split(' ').map((unit): [string, Size] => [unit, { dimension, size }])),
    ),
  ),
);
type Size = { dimension: number; size: number };

/**
 * The keys of a stated value on a line whose names say units: "15 seconds" is neither `15 * minute` nor `waitMs = 15`.
 * Where the line names no unit of the kind, any factor may be meant.
 */
export function valueKeysBeside(value: Value, unit: string, beside: Iterable<string>): string[] {
  const stated = sizesOf.get(unit);
  const sizes = [...beside].flatMap((word) => (word.length > 1 ? (sizesOf.get(word) ?? []) : []));
  const alike = sizes.filter(({ dimension }) => dimension === stated?.dimension);
  if (value.kind === 'word' || !stated || alike.length === 0) return valueKeys(value, unit);
  // "10 kB" may be 10,000 bytes.
  const decimal =
    stated.size >= 1024 && stated.dimension === 1
      ? [1000 ** Math.round(Math.log(stated.size) / Math.log(1024))]
      : [];
  return alike.flatMap(({ size }) =>
    [stated.size, ...decimal].map((own) => numberKey((value.value * own) / size)),
  );
}

/** "s" is short for a word that no name holds by chance. */
const longUnits = new Map(
  Object.keys(unitFactors).flatMap((units) => {
    const words = units.split(' ');
    return words.map((word): [string, string] => [word, words.at(-1) ?? word]);
  }),
);

/** Whether a number on a line has the unit that a text gives it. `says`: the words there that may be its unit. */
export function hasUnit(value: Value, stated: Value, unit: string, says: Iterable<string>): boolean {
  const words = [...says].map((word) => longUnits.get(word) ?? word);
  const dimension = sizesOf.get(unit)?.dimension;
  const isSaid =
    dimension === undefined
      ? words.some((word) => factorsOf.get(word) === factorsOf.get(unit))
      : words.some((word) => sizesOf.get(word)?.dimension === dimension);
  return isSaid && valueKeysBeside(stated, unit, words).some((key) => valueKeys(value).includes(key));
}

/** The words on a line that may be units of what a name is set to: parts of that name, and other names. */
export const unitsOn = ({ tokens }: CodeLine, name: string): Set<string> =>
  new Set(
    [name, ...tokens.filter(({ kind }) => kind === 'name').map(({ text }) => text)].flatMap((text) =>
      splitParts(text).map((part) => part.toLowerCase()),
    ),
  );

/** Every key that a value may be found by, its unit folded in. */
export function valueKeys(value: Value, unit = ''): string[] {
  // "Mode.Strict" may be called "Strict".
  if (value.kind === 'word')
    return [
      asWord(value.text),
      asWord(value.text.replace(/^(?:[\p{L}_$][\p{L}\p{N}_$]*(?:\.|::))+(?=[\p{L}_$][\p{L}\p{N}_$]*$)/u, '')),
    ];
  return (factorsOf.get(unit) ?? [1]).map((factor) => numberKey(value.value * factor));
}

/** The value of a token that is a literal by itself. */
export function literalIn({ kind, text }: CodeToken): Value | null {
  if (kind === 'text') return { kind: 'word', text };
  if (kind === 'name') return constantWords.test(text) ? { kind: 'word', text } : null;
  const read = kind === 'number' ? readNumber(text) : null;
  return read && { kind: 'number', value: read.value * (factorsOf.get(read.unit)?.[0] ?? 1), text };
}

const constantWords = /^(?:true|false|null|none|nil|undefined)$/i;
/** Longer right sides are no literals. Bounds the work for each name. */
const maxTokens = 14;

/** The values that the names of a line are set to. */
export function settingsOn({ tokens }: CodeLine, ending: string): Setting[] {
  const settings: Setting[] = [];
  const isData = /^(?:ya?ml|jsonc?|json5|s?css|less)$/.test(ending);
  const arrows = /^(?:rb|php|ex|exs|pl)$/.test(ending);
  for (const [place, token] of tokens.entries()) {
    if (token.kind !== 'name') continue;
    let mark = place + 1;
    if (/^[?!]$/.test(tokens[mark]?.text ?? '')) mark++;
    const sign = tokens[mark]?.text;
    const following = tokens[mark + 1];
    if (sign !== '=' && sign !== ':') {
      const isDefine = tokens[place - 1]?.text === 'define' && tokens[place - 2]?.text === '#';
      if (isDefine) put(token.text, tokens.slice(place + 1, place + 1 + maxTokens));
      continue;
    }
    const touches = following !== undefined && following.at === (tokens[mark]?.at ?? 0) + 1;
    if (sign === '=' && touches && (following.text === '=' || (following.text === '>' && !arrows))) continue;
    if (sign === ':' && touches && following.text === ':') continue;
    let from = mark + 1;
    if (touches && (following.text === '=' || following.text === '>')) from++;
    const side = rightSide(tokens, from);
    // A type between the name and its value.
    const equals =
      sign === ':'
        ? side.findIndex(
            ({ text, at }, i) =>
              text === '=' &&
              side[i + 1]?.at !== at + 1 &&
              !/^[<>!=+*/|&?-]$/.test(side[i - 1]?.at === at - 1 ? (side[i - 1]?.text ?? '') : ''),
          )
        : -1;
    const value = equals >= 0 ? side.slice(equals + 1) : side;
    // What follows a colon in code may be a type.
    if (
      sign === ':' &&
      equals < 0 &&
      !isData &&
      value[0]?.kind === 'name' &&
      !constantWords.test(value[0].text)
    )
      continue;
    put(token.text, value);
  }
  const byDefault = tokens.findIndex(({ kind, text }) => kind === 'name' && text.toLowerCase() === 'default');
  const owner = tokens.find(
    ({ kind, text }) => kind === 'name' && !/^(?:default|add|column|alter|table|export)$/i.test(text),
  );
  if (byDefault > 0 && owner) {
    const from = byDefault + (tokens[byDefault + 1]?.text === '(' ? 2 : 1);
    put(owner.text, rightSide(tokens, from).slice(0, 2));
  }
  return settings;

  function put(name: string, side: CodeToken[]): void {
    const read = literalOf(side);
    if (read) {
      const literal =
        read.value.kind === 'number' ||
        side.some(({ kind, text }) => kind !== 'mark' && (kind !== 'name' || constantWords.test(text)));
      settings.push({ name, ...read, literal });
    }
  }
}

function rightSide(tokens: CodeToken[], from: number): CodeToken[] {
  let depth = 0;
  const side: CodeToken[] = [];
  for (let at = from; at < tokens.length && side.length < maxTokens; at++) {
    const token = tokens[at];
    if (!token) break;
    if (token.kind === 'mark') {
      if (/^[([{]$/.test(token.text)) depth++;
      if (/^[)\]}]$/.test(token.text) && --depth < 0) break;
      if (depth === 0 && /^[,;]$/.test(token.text)) break;
    }
    side.push(token);
  }
  return side;
}

/** Names that only lead to a unit. */
const unitMakers = /^(?:time|duration|timedelta|timespan|datetime|chrono|std|core|of|from|new)$/;

/** The one unit that the names of a right side say, if they say nothing else. */
function unitOf(tokens: CodeToken[]): string | null {
  const units: string[] = [];
  for (const { kind, text } of tokens) {
    if (kind === 'mark' && !/^[.:()*=]$/.test(text)) return null;
    if (kind !== 'name') continue;
    if (unitMakers.test(text.toLowerCase())) continue;
    for (const part of splitParts(text).map((one) => one.toLowerCase())) {
      if (part.length > 1 && sizesOf.has(part)) units.push(part);
      else if (!unitMakers.test(part)) return null;
    }
  }
  return units.length === 1 ? (units[0] ?? null) : null;
}

/** The literal of a right side: alone, as a product of numbers, or the only one within a call or beside a unit. */
function literalOf(side: CodeToken[]): Pick<Setting, 'value' | 'alone' | 'unit'> | null {
  if (side.length === 0 || side.length >= maxTokens) return null;
  const negative = side[0]?.text === '-' ? -1 : 1;
  const tokens = negative < 0 ? side.slice(1) : side;
  const [only, second] = tokens;
  const one = (token: CodeToken): Value | null => {
    if (token.kind === 'text') return { kind: 'word', text: token.text };
    const read = token.kind === 'number' ? readNumber(token.text) : null;
    if (read)
      return {
        kind: 'number',
        value: negative * read.value * (factorsOf.get(read.unit)?.[0] ?? 1),
        text: token.text,
      };
    return token.kind === 'number' ? { kind: 'word', text: token.text } : null;
  };
  if (tokens.length === 1 && only) {
    const value = one(only) ?? (only.kind === 'name' ? ({ kind: 'word', text: only.text } as const) : null);
    return value && { value, alone: true, unit: null };
  }
  const numbers = tokens
    .filter(({ kind }) => kind === 'number')
    .map(({ text }) => readNumber(text)?.value ?? Number.NaN);
  if (tokens.every(({ kind, text }, at) => (at % 2 === 0 ? kind === 'number' : text === '*'))) {
    const value = negative * numbers.reduce((product, each) => product * each, 1);
    return {
      value: { kind: 'number', value, text: tokens.map(({ text }) => text).join(' ') },
      alone: true,
      unit: null,
    };
  }
  if (tokens.length === 4 && second?.text === '<' && tokens[2]?.text === '<' && numbers.length === 2)
    return {
      value: { kind: 'number', value: (numbers[0] ?? 0) * 2 ** (numbers[1] ?? 0), text: '' },
      alone: true,
      unit: null,
    };
  const literals = tokens.filter(({ kind }) => kind === 'number' || kind === 'text');
  if (literals.length === 1 && literals[0] && !tokens.some(({ text }) => /^[+\-/?|&]$/.test(text))) {
    const value = one(literals[0]);
    return value && { value, alone: false, unit: unitOf(tokens) };
  }
  // "Level.Strict", "Mode::Strict"
  const last = tokens.at(-1);
  if (
    last?.kind === 'name' &&
    tokens.every(({ kind, text }) => kind === 'name' || text === '.' || text === ':')
  )
    return { value: { kind: 'word', text: last.text }, alone: false, unit: null };
  return null;
}
