import { splitParts } from '../../text/words.ts';
import { isDenial, isModal, isRefusal } from './clauses.ts';
import type { DiffIndex, Place } from './diff-index.ts';
import { conditions, doubts, quantities, verbs } from './grammar.ts';
import { isWord, type ProseToken, wordAt } from './prose-tokens.ts';
import type { StatedValue, Statement } from './statement.ts';
import { unitsOn, valueKeys, valueKeysBeside } from './values.ts';

type Token = ProseToken;
type ValueToken = Extract<Token, { kind: 'value' }>;

/** A word's singular, roughly, so that "bodies" is found in `maxBodyBytes`. */
const stemOf = (word: string): string =>
  word
    .toLowerCase()
    .replace(/ies$/, 'y')
    .replace(/(?<=[sxz]|ch|sh)es$|(?<!s)s$/, '');

/** The parts of a name, in the singular. */
export const partsOf = (name: string): string[] => splitParts(name).map(stemOf);

/** The parts of a name that say what it is the quantity of. */
const tellingParts = (name: string): string[] =>
  splitParts(name)
    .map((part) => part.toLowerCase())
    .filter((part) => !quantities.has(part) && part.length > 1)
    .map(stemOf);

const stemsOf = (tokens: Token[]): Set<string> =>
  new Set(
    tokens.flatMap((token) =>
      token.kind === 'word' ? [stemOf(token.text)] : token.kind === 'name' ? partsOf(token.text) : [],
    ),
  );

const statedOf = ({ value, unit }: ValueToken): StatedValue => ({ value, unit });
const isNumber = (token: Token | undefined): token is ValueToken =>
  token?.kind === 'value' && token.value.kind === 'number';

/** Classes of verbs beside which a value may be the old one, or nobody's. */
const otherVerbs: ReadonlySet<string> = new Set([
  'remove',
  'depart',
  'lose',
  'rename',
  'replace',
  'move',
  'import',
]);
const valueVerbs: ReadonlySet<string> = new Set(['set', 'rise', 'fall']);
const ends =
  /^(?:and|but|or|while|whereas|because|since|so|though|although|instead-of|in-favour-of|without|which|whose)$/;

/** No part of a sentence that people write has more tokens. Each value is held against all of its part. */
const longestPart = 60;
/** A value on more changed lines than these is the value of nothing in particular. */
const mostPlaces = 100;

/**
 * The parts of a sentence between its commas and conjunctions, up to a condition or to what is denied or only possible.
 * Brackets stay with what they explain.
 */
function segmentsOf(tokens: Token[]): Token[][] {
  const segments: Token[][] = [];
  let current: Token[] = [];
  for (const [at, token] of tokens.entries()) {
    if (isWord(token, conditions) || isWord(token, doubts)) {
      current = [];
      break;
    }
    if (isDenial(token) || isRefusal(token) || isModal(token, tokens[at + 1], '')) {
      current = [];
      break;
    }
    if ((token.kind === 'mark' && /^[,;:—–?!]$/.test(token.text)) || ends.test(wordAt(token))) {
      segments.push(current);
      current = [];
    } else if (token.kind !== 'mark' || token.text === "'s") current.push(token);
  }
  return [...segments, current].filter(({ length }) => length <= longestPart);
}

/** How many tokens beside a value may say what it is the value of. */
const besides = 3;
const reachOf = ({ value }: ValueToken): number => (value.kind === 'number' ? besides : 1);

/**
 * "`claimsFloor` (3)", "a nonce of 12 bytes", "at most ten causes": a value beside the words of the name that is set to
 * it. Of several telling words two must stand in the same part of the sentence, and the last one, or with all of them any
 * one, beside the value.
 */
export function statedQuantities(tokens: Token[], index: DiffIndex): Statement[] {
  return segmentsOf(tokens).flatMap((segment) => {
    if (segment.some((token) => otherVerbs.has(verbs.get(wordAt(token))?.of ?? '') || isOld(token)))
      return [];
    return segment.flatMap((token, at) => {
      // What is spelt like a name may be a string: "the prefix `ev_`".
      const isText = token.kind === 'name' && token.marked && !index.holders.has(token.text);
      const value: ValueToken | null = isText
        ? { ...token, kind: 'value', value: { kind: 'word', text: token.text }, unit: '' }
        : token.kind === 'value'
          ? token
          : null;
      // "`x` is set to `y`" sets `x`.
      const isSet = segment.slice(at + 1).some((one) => valueVerbs.has(verbs.get(wordAt(one))?.of ?? ''));
      return value && !isSet ? quantityAt(segment, value, at, index) : [];
    });
  });
}

const isOld = (token: Token): boolean =>
  /^(?:no-longer|from|was|were|used|formerly|previous|old)$/.test(wordAt(token));

function quantityAt(segment: Token[], token: ValueToken, at: number, index: DiffIndex): Statement[] {
  const isSmall = token.value.kind === 'number' && Math.abs(token.value.value) < 2 && token.unit === '';
  if (token.value.kind === 'word' && /^(?:true|false|null|nil|none|undefined)$/i.test(token.value.text))
    return [];
  // What says the value must be other words than the value.
  const around = stemsOf(segment.filter((_, place) => place !== at));
  const beside = stemsOf([
    ...segment.slice(Math.max(0, at - reachOf(token)), at),
    ...segment.slice(at + 1, at + 1 + reachOf(token)),
  ]);
  const found = new Map<string, Place & { name: string }>();
  for (const key of valueKeys(token.value, token.unit)) {
    const places = index.settings.get(key) ?? [];
    if (places.length > mostPlaces) continue;
    for (const place of places) {
      const line = place.file.lines[place.at];
      const parts = tellingParts(place.name);
      const said = parts.filter((part) => around.has(part));
      const head = parts.at(-1) ?? '';
      const fits =
        parts.length > 1
          ? said.length > 1 &&
            (beside.has(head) || (said.length === parts.length && parts.some((part) => beside.has(part))))
          : parts.length === 1 && (isSmall ? isOf(segment, at, head) : beside.has(head));
      const isMeant =
        fits &&
        line !== undefined &&
        valueKeysBeside(token.value, token.unit, unitsOn(line, place.name)).includes(key);
      if (line?.sign === '+' && isMeant && !isOtherBound(segment, place.name))
        found.set(`${place.name} ${place.file.parsed.path}`, place);
    }
  }
  const [only, ...others] = found.values();
  return only && others.length === 0 ? [setTo(only, null, statedOf(token), null, true)] : [];
}

/** "a progress of zero": so small a number belongs to the noun right before it. */
const isOf = (segment: Token[], at: number, noun: string): boolean =>
  isWord(segment[at - 1], 'of') && stemsOf(segment.slice(Math.max(0, at - 2), at - 1)).has(noun);

/** "at least ten" is no `max`. */
function isOtherBound(segment: Token[], name: string): boolean {
  const said = ` ${segment.map(wordAt).join(' ')} `;
  const parts = splitParts(name).map((part) => part.toLowerCase());
  const isLower = / (?:at least|minimum|no fewer|no less) /.test(said);
  const isUpper = / (?:at most|up to|maximum|no more) /.test(said);
  return (
    (isLower && parts.some((part) => /^(?:max|maximum|most|cap)$/.test(part))) ||
    (isUpper && parts.some((part) => /^(?:min|minimum|least|fewest)$/.test(part)))
  );
}

const setTo = (
  { name, file }: Place & { name: string },
  old: StatedValue | null,
  next: StatedValue | null,
  trend: 'up' | 'down' | null,
  loose: boolean,
): Statement => ({
  form: 'value',
  name: { text: name, noun: '' },
  old,
  new: next,
  trend,
  path: file.parsed.path,
  loose,
  ...(loose ? { weak: 'any' } : {}),
});

/** How far apart the two values of a pair may stand. */
const reach = 6;

/**
 * "from 90 to 30 days", "30 instead of 90", "2.5 (was 1.5)" without a name: the name beside which the one number takes
 * the other's place in one run of changed lines, if the words say a part of it.
 */
export function statedPairs(tokens: Token[], index: DiffIndex): Statement[] {
  if (
    tokens.some(
      (token, at) =>
        isDenial(token) ||
        isRefusal(token) ||
        isWord(token, conditions) ||
        isModal(token, tokens[at + 1], ''),
    )
  )
    return [];
  const found: Statement[] = [];
  for (const [at, first] of tokens.entries()) {
    if (!isNumber(first)) continue;
    const next = tokens.slice(at + 1, at + 1 + reach);
    const place = next.findIndex(isNumber);
    const second = next[place];
    if (!isNumber(second)) continue;
    const between = next.slice(0, place).map(wordAt);
    const pair =
      wordAt(tokens[at - 1]) === 'from' && between.includes('to')
        ? [first, second]
        : between.includes('instead-of') || between.includes('was')
          ? [second, first]
          : null;
    if (pair?.[0] && pair[1]) found.push(...pairAt(tokens, at, pair[0], pair[1], index));
  }
  return found;
}

function pairAt(
  tokens: Token[],
  at: number,
  from: ValueToken,
  to: ValueToken,
  index: DiffIndex,
): Statement[] {
  const isEnd = (token: Token) =>
    (token.kind === 'mark' && /^[,;:]$/.test(token.text)) || wordAt(token) === 'and';
  const start = tokens.slice(0, at).findLastIndex(isEnd) + 1;
  const end = tokens.slice(at).findIndex(isEnd);
  const words = tokens.slice(start, end < 0 ? tokens.length : at + end);
  // What is named is read by its name.
  if (words.some(({ kind }) => kind === 'name')) return [];
  // "20 seconds" gives its unit to "from 5".
  const unit = to.unit || from.unit;
  const [old, next] = [from, to].map((token) => ({ value: token.value, unit: token.unit || unit }));
  if (!old || !next) return [];
  const stems = stemsOf(words.filter((token) => !quantities.has(wordAt(token))));
  const trends = words.map((token) => verbs.get(wordAt(token))?.of);
  const trend = trends.includes('rise') ? 'up' : trends.includes('fall') ? 'down' : null;
  for (const [was, is] of [
    [old, next],
    [next, old],
  ] as const) {
    const bearers = new Map<string, Place & { name: string }>();
    const gone = placesOf(was, index).filter(({ file, at: line }) => file.lines[line]?.sign === '-');
    for (const { file, at: line } of placesOf(is, index)) {
      const added = file.lines[line];
      const other = gone.find((one) => one.file === file && file.lines[one.at]?.block === added?.block);
      if (added?.sign !== '+' || !other) continue;
      const before = new Set(file.lines[other.at]?.tokens.map(({ text }) => text));
      for (const { kind, text } of added.tokens)
        if (kind === 'name' && before.has(text) && tellingParts(text).some((part) => stems.has(part)))
          bearers.set(`${text} ${file.parsed.path}`, { name: text, file, at: line });
    }
    const [bearer] = bearers.values();
    if (bearer) return [setTo(bearer, old, next, trend, false)];
  }
  return [];
}

const placesOf = ({ value, unit }: StatedValue, index: DiffIndex): Place[] => [
  ...new Set(
    valueKeys(value, unit).flatMap((key) => [
      ...(index.settings.get(key) ?? []),
      ...(index.literals.get(key) ?? []),
    ]),
  ),
];
