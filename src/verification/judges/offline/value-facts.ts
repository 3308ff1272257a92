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
import { readNumber, unitsOn, type Value, valueKeys, valueKeysBeside } from './values.ts';

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
    if (plus.length + minus.length === 0) return valueOnLines(file, tally?.uses ?? [], statement);
    const units = ({ at }: { at: number }) => {
      const line = file.lines[at];
      return line ? unitsOn(line, name) : [];
    };
    const found = next ? plus.find((one) => isValue(one.value, next, units(one))) : plus[0];
    const was = old ? minus.find((one) => isValue(one.value, old, units(one))) : minus[0];
    if ((next && !found) || (old && !was)) {
      // A value given in words may be composed in code.
      const literal = [...(next ? plus : []), ...(old ? minus : [])];
      return literal.length === 0 || literal.some(({ alone }) => !alone)
        ? { kind: 'open' }
        : { kind: 'false' };
    }
    if (next && !old && minus.some(({ value }) => isValue(value, next)) && plus.length === 1)
      return { kind: 'false' };
    if (trend && found?.value.kind === 'number' && was?.value.kind === 'number') {
      const rises = found.value.value > was.value.value;
      if (found.value.value === was.value.value || rises !== (trend === 'up')) return { kind: 'false' };
    } else if (trend && !was) return { kind: 'open' };
    const at = (next ? found?.at : undefined) ?? was?.at ?? found?.at;
    return at === undefined ? { kind: 'open' } : { kind: 'true', at, defined: false };
  };
  return inFiles(statement, holders, (file) => `value ${name} ${file.parsed.path}`, index, decideIn);
}

/** Where nothing is set on changed lines: the name and its value on one line, the old one on a removed line. */
function valueOnLines(
  file: IndexedFile,
  uses: Use[],
  { old, new: next, trend }: Extract<Statement, { form: 'value' }>,
): FileDecision {
  const holds = (use: Use, stated: StatedValue) =>
    (file.lines[use.at]?.tokens ?? []).some(({ kind, text }) => {
      const read = kind === 'number' ? readNumber(text) : null;
      if (read) return isValue({ kind: 'number', value: read.value, text }, stated);
      return kind !== 'mark' && isValue({ kind: 'word', text }, stated);
    });
  const [plus, minus] = (['+', '-'] as const).map((side) =>
    uses.filter(({ sign }) => sign === side).slice(0, 50),
  );
  const found = next ? plus?.find((use) => holds(use, next)) : undefined;
  const was = old ? minus?.find((use) => holds(use, old)) : undefined;
  if (next && old && found && was) {
    const [from, to] = [old.value, next.value];
    if (trend && from.kind === 'number' && to.kind === 'number' && to.value > from.value !== (trend === 'up'))
      return { kind: 'false' };
    return { kind: 'true', at: found.at, defined: false };
  }
  if (next && !old && trend === null && found && !minus?.some((use) => holds(use, next)))
    return { kind: 'true', at: found.at, defined: false };
  const reversed =
    next && old && plus?.some((use) => holds(use, old)) && minus?.some((use) => holds(use, next));
  return reversed ? { kind: 'false' } : { kind: 'open' };
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
      const on = (side: Use['sign']) => places.find(({ at }) => file.lines[at]?.sign === side);
      const found = on(sign);
      return found && !on(sign === '+' ? '-' : '+') && !on(' ')
        ? { kind: 'true', at: found.at, defined: false }
        : { kind: 'open' };
    },
  );
}
