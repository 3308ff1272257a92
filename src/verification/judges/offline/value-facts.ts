import { splitParts } from '../../text/words.ts';
import type { CodeLine, CodeToken } from './code-lines.ts';
import {
  type Decision,
  type FileDecision,
  inFiles,
  maxScoped,
  open,
  resolve,
  standsIn,
  unknown,
} from './decisions.ts';
import type { DiffIndex, IndexedFile, Use } from './diff-index.ts';
import type { StatedValue, Statement } from './statement.ts';
import {
  hasUnit,
  literalIn,
  readNumber,
  type Setting,
  unitsOn,
  type Value,
  valueKeys,
  valueKeysBeside,
} from './values.ts';

/** Whether a value of the diff is the stated one, its unit considered. */
function isValue(value: Value, stated: StatedValue, beside: Iterable<string> = []): boolean {
  const asNumber = value.kind === 'word' ? readNumber(value.text.replace(/^[\^~<>=v\s]+/, '')) : null;
  const known = new Set([
    ...valueKeys(value),
    ...(asNumber ? valueKeys({ kind: 'number', value: asNumber.value, text: '' }) : []),
  ]);
  if (valueKeysBeside(stated.value, stated.unit, beside).some((key) => known.has(key))) return true;
  if (stated.value.kind === 'number' && stated.unit !== '') return false;
  const plain = (text: string) => text.toLowerCase().replace(/^[\s^~v=<>"'`]+|[\s"'`]+$/g, '');
  return plain(value.text) !== '' && plain(value.text) === plain(stated.value.text);
}

/**
 * Whether a setting is to the stated value. Open where the value is only a part of what the name is set to, or the text
 * gives a unit that the code does not, or leaves out one that it does.
 */
function matchOf(setting: Setting, stated: StatedValue, line: CodeLine): 'yes' | 'no' | 'open' {
  const { name, value, alone, literal, unit } = setting;
  if (!isValue(value, stated, unitsOn(line, name))) return 'no';
  if (stated.value.kind === 'word') return alone || !literal ? 'yes' : 'open';
  const ownUnit = readNumber(value.text)?.unit ?? '';
  if (stated.unit === '') return alone && ownUnit === '' ? 'yes' : 'open';
  if (!alone && unit === null) return 'open';
  const isBinary = /<<\s*[123]0\b|\b1024\b/.test(line.text);
  const own = unit ?? ownUnit;
  const says = own !== '' ? [own] : [...splitParts(name), ...(isBinary ? ['byte'] : [])];
  const words = says.map((word) => word.toLowerCase()).filter((word) => word.length > 1 || word === own);
  return hasUnit(value, stated.value, stated.unit, words) ? 'yes' : 'open';
}

export function decideValue(
  statement: Extract<Statement, { form: 'value' }>,
  files: IndexedFile[],
  index: DiffIndex,
): Decision {
  const resolved = resolve(statement.name.text, index);
  if (!resolved) return unknown(statement, statement.name, index);
  const { name, under } = resolved;
  const { old, new: next, trend } = statement;
  const holding = files.filter((file) => file.names.has(name));
  // Where some file sets the name, the others only use it.
  const setting = holding.filter((file) => file.names.get(name)?.settings.some(({ sign }) => sign !== ' '));
  const holders = setting.length > 0 ? setting : holding;
  if (holders.length === 0) return open;
  const decideIn = (file: IndexedFile): FileDecision => {
    const tally = file.names.get(name);
    const within = (at: number) => under === null || standsIn(file, at, under);
    const settings = (tally?.settings ?? []).filter(({ at }) => within(at));
    const [plus, minus] = (['+', '-'] as const).map((side) => settings.filter(({ sign }) => sign === side));
    if (!plus || !minus) return { kind: 'open' };
    if (plus.length + minus.length === 0) return valueOnLines(file, tally?.uses ?? [], name, statement);
    const match = (one: Setting & { at: number }, stated: StatedValue) => {
      const line = file.lines[one.at];
      return line ? matchOf(one, stated, line) : 'no';
    };
    const best = <S extends Setting & { at: number }>(settings: S[], stated: StatedValue): S | undefined =>
      settings.find((one) => match(one, stated) === 'yes') ??
      settings.find((one) => match(one, stated) === 'open');
    const found = next ? best(plus, next) : plus[0];
    const was = old ? best(minus, old) : minus[0];
    if ((next && !found) || (old && !was)) {
      // A value given in words may be composed in code.
      const literal = [...(next ? plus : []), ...(old ? minus : [])];
      const isPart =
        (next === null || found || isPartOf(next, plus)) && (old === null || was || isPartOf(old, minus));
      return literal.length === 0 || literal.some(({ alone }) => !alone) || isPart
        ? { kind: 'open' }
        : { kind: 'false' };
    }
    if (next && !old && minus.some(({ value }) => isValue(value, next)) && plus.length === 1)
      return { kind: 'false' };
    if (trend && found?.value.kind === 'number' && was?.value.kind === 'number') {
      if (found.unit !== was.unit) return { kind: 'open' };
      const rises = found.value.value > was.value.value;
      if (found.value.value === was.value.value || rises !== (trend === 'up')) return { kind: 'false' };
    } else if (trend && !was) return { kind: 'open' };
    const isOpen = ([one, stated]: [(Setting & { at: number }) | undefined, StatedValue | null]) =>
      one !== undefined && stated !== null && match(one, stated) === 'open';
    if (isOpen([found, next]) || isOpen([was, old])) return { kind: 'open' };
    const at = (next ? found?.at : undefined) ?? was?.at ?? found?.at;
    return at === undefined ? { kind: 'open' } : { kind: 'true', at, defined: false };
  };
  return inFiles(statement, holders, (file) => `value ${name} ${file.parsed.path}`, index, decideIn);
}

/** Where nothing is set on changed lines: the name and its value on one line, the old one on a removed line. */
function valueOnLines(
  file: IndexedFile,
  uses: Use[],
  name: string,
  { old, new: next, trend }: Extract<Statement, { form: 'value' }>,
): FileDecision {
  const isBeside = (use: Use | undefined, stated: StatedValue) => {
    const line = use && file.lines[use.at];
    return (
      line !== undefined &&
      valuesBeside(line, name).some((value) => {
        const setting = { name, value, alone: true, literal: true, unit: null };
        return matchOf(setting, stated, line) === 'yes';
      })
    );
  };
  const holds = (use: Use, stated: StatedValue) =>
    (file.lines[use.at]?.tokens ?? []).some(({ kind, text }) => {
      const read = kind === 'number' ? readNumber(text) : null;
      if (read) return isValue({ kind: 'number', value: read.value, text }, stated);
      return kind !== 'mark' && isValue({ kind: 'word', text }, stated);
    });
  const [plus, minus] = (['+', '-'] as const).map((side) =>
    uses.filter(({ sign }) => sign === side).slice(0, 50),
  );
  const best = (all: Use[] | undefined, stated: StatedValue) =>
    all?.find((use) => isBeside(use, stated)) ?? all?.find((use) => holds(use, stated));
  const found = next ? best(plus, next) : undefined;
  const was = old ? best(minus, old) : undefined;
  if (next && old && found && was) {
    const [from, to] = [old.value, next.value];
    if (trend && from.kind === 'number' && to.kind === 'number' && to.value > from.value !== (trend === 'up'))
      return { kind: 'false' };
    return isBeside(found, next) && isBeside(was, old)
      ? { kind: 'true', at: found.at, defined: false }
      : { kind: 'open' };
  }
  if (
    next &&
    !old &&
    trend === null &&
    isBeside(found, next) &&
    found &&
    !minus?.some((use) => holds(use, next))
  )
    return { kind: 'true', at: found.at, defined: false };
  const reversed =
    next && old && plus?.some((use) => holds(use, old)) && minus?.some((use) => holds(use, next));
  return reversed ? { kind: 'false' } : { kind: 'open' };
}

/** Whether a text may mean a value by a part of it: the script `node start.ts` by "node". */
const isPartOf = ({ value }: StatedValue, settings: Setting[]): boolean =>
  value.kind === 'word' &&
  value.text !== '' &&
  settings.some(({ value: whole }) => whole.kind === 'word' && whole.text.includes(value.text));

/** The values right behind a name that are no part of an expression: "image@v3", "listen 80". */
function valuesBeside({ tokens }: CodeLine, name: string): Value[] {
  return tokens.flatMap((token, at): Value[] => {
    if (token.kind !== 'name' || token.text !== name) return [];
    let next = at + 1;
    while (next < at + 3 && /^[@:=]$/.test(tokens[next]?.text ?? '')) next++;
    const [value, after] = tokens.slice(next, next + 2);
    if (!value || value.kind === 'mark' || (after && !/^[,;)\]}]$/.test(after.text))) return [];
    const read = value.kind === 'number' ? readNumber(value.text) : null;
    return [
      read ? { kind: 'number', value: read.value, text: value.text } : { kind: 'word', text: value.text },
    ];
  });
}

/** Words of a line that lead to what it gives back, and those that stand before a status. */
const givingWords = /^(?:throw|raise|reject|panic|return|yield|resolve|Err)$/;
const statusWords = /^(?:status|statusCode|status_code|code|sendStatus|writeHead|abort)$/;

/**
 * Whether the whole of what a line gives back, or of one of the values that it gives, is what a text names: "return x",
 * "return nil, x", "throw new X(…)", but neither "return x + 1" nor "return wrap(x)".
 */
function givesWhole({ tokens }: CodeLine, isGiven: (token: CodeToken) => boolean): boolean {
  const leads = tokens.flatMap((token, at) => {
    const isArrow = token.text === '>' && tokens[at - 1]?.text === '=';
    return isArrow || (token.kind === 'name' && givingWords.test(token.text)) ? [at] : [];
  });
  const isWhole = (element: CodeToken[]): boolean => {
    const from = element.findIndex(({ text }) => !/^(?:new|await|&|\()$/.test(text));
    const rest = from < 0 ? [] : element.slice(from);
    let end = 0;
    while (rest[end] && (rest[end]?.kind !== 'mark' || /^[.:]$/.test(rest[end]?.text ?? ''))) {
      if (end > 0 && rest[end]?.kind === 'name' && !/^[.:]$/.test(rest[end - 1]?.text ?? '')) break;
      end++;
    }
    const last = rest[end - 1];
    return last !== undefined && isGiven(last) && isClosed(rest.slice(end));
  };
  return (
    leads.some((lead) => elementsOf(tokens.slice(lead + 1)).some(isWhole)) ||
    tokens.some((token, at) => isGiven(token) && isStatus(tokens, at))
  );
}

const isStatus = (tokens: CodeToken[], at: number): boolean =>
  /^[:(=]$/.test(tokens[at - 1]?.text ?? '') && statusWords.test(tokens[at - 2]?.text ?? '');

/** Nothing, or one pair of brackets, which may go on over the next lines, and a cause. */
function isClosed(tokens: CodeToken[]): boolean {
  if (tokens.length === 0) return true;
  if (tokens[0]?.text === 'from') return true;
  if (!/^[({]$/.test(tokens[0]?.text ?? '')) return tokens.every(({ text }) => /^[;)}]$/.test(text));
  let depth = 0;
  for (const [at, { text }] of tokens.entries()) {
    if (/^[({[]$/.test(text)) depth++;
    if (/^[)}\]]$/.test(text) && --depth === 0) return isClosed(tokens.slice(at + 1));
  }
  return true;
}

/** Splits at commas outside of brackets. */
function elementsOf(tokens: CodeToken[]): CodeToken[][] {
  const elements: CodeToken[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (/^[({[]$/.test(token.text)) depth++;
    if (/^[)}\]]$/.test(token.text)) depth--;
    if (token.text === ';' && depth <= 0) break;
    if (token.text === ',' && depth <= 0) elements.push([]);
    else elements.at(-1)?.push(token);
  }
  return elements;
}

/** The words by which a line gives something back. */
const givingForms = {
  throw: /\b(?:throw|raise|reject|panic|Err)\b/,
  return: /\b(?:return|yield|resolve)\b|=>/,
  answer: /\b(?:return|yield|resolve|throw|raise|reject|status|respond|reply|json|send)\b|=>/,
} as const;

export function decideGives(
  statement: Extract<Statement, { form: 'gives' }>,
  files: IndexedFile[],
  index: DiffIndex,
): Decision {
  const { within, what, sign } = statement;
  const owner = resolve(within.text, index);
  if (!owner) return unknown(statement, within, index);
  const name = 'text' in what ? what.text : what.value.text;
  const resolved = 'text' in what ? resolve(what.text, index) : null;
  const holders = files.filter(({ names, kind }) => names.has(owner.name) && kind !== 'generated');
  const given = 'text' in what ? { value: { kind: 'word', text: what.text } as const, unit: '' } : what;
  const literals = valueKeys(given.value, given.unit).flatMap((key) => index.literals.get(key) ?? []);
  return inFiles(
    statement,
    holders,
    (file) => `gives ${owner.name} ${name.toLowerCase()} ${file.parsed.path}`,
    index,
    (file) => {
      const places = [
        ...(resolved ? (file.names.get(resolved.name)?.uses ?? []).slice(0, maxScoped) : []),
        ...literals.filter((place) => place.file === file),
      ].filter(
        ({ at }) =>
          givingForms[statement.as].test(file.lines[at]?.text ?? '') && standsIn(file, at, owner.name, false),
      );
      const isGiven = (token: CodeToken) => {
        const literal = literalIn(token);
        return resolved !== null && token.kind === 'name'
          ? token.text === resolved.name
          : literal !== null && isValue(literal, given);
      };
      const on = (side: Use['sign']) => places.find(({ at }) => file.lines[at]?.sign === side);
      const found = on(sign);
      const line = found && file.lines[found.at];
      return line && givesWhole(line, isGiven) && !on(sign === '+' ? '-' : '+') && !on(' ')
        ? { kind: 'true', at: found.at, defined: false }
        : { kind: 'open' };
    },
  );
}
