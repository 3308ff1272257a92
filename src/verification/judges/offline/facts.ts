import type { CodeLine } from './code-lines.ts';
import {
  type DiffIndex,
  type FileKind,
  fileKinds,
  type IndexedFile,
  partsKey,
  scopeOf,
  type Tally,
  type Use,
} from './diff-index.ts';
import type { Mention, StatedValue, Statement } from './statement.ts';
import { readNumber, unitsOn, type Value, valueKeys, valueKeysBeside } from './values.ts';

/**
 * What the diff says of a statement. A true one is a fact of its own by direction, name and file (`id`), shown by a
 * changed line or a file's header. `within`: the definition that it stands in, where that is new itself, as such a fact.
 * `open`: the form cannot be decided here.
 */
export type Decision =
  | { kind: 'true'; id: string; file: IndexedFile; line: CodeLine | null; within: string[] }
  | { kind: 'false'; id: string }
  | { kind: 'open' };

const open: Decision = { kind: 'open' };

/** A name of the diff. `under`: what stands before it in a dotted name. */
type Resolved = { name: string; under: string | null };

/** Finds a name as it is written, by the last part of a dotted name, or in another spelling of its parts. */
function resolve(written: string, index: DiffIndex): Resolved | null {
  const bare = written.replace(/^[#$@.:-]+/, '');
  for (const text of [written, bare]) if (index.holders.has(text)) return { name: text, under: null };
  const parts = bare.split(/\.|::|#|->|\/|:/).filter((part) => part !== '');
  const last = parts.at(-1) ?? '';
  const under = parts.length > 1 ? (parts.at(-2) ?? null) : null;
  if (under !== null && index.holders.has(last)) return { name: last, under };
  const spelt =
    index.spellings.get(partsKey(last)) ?? index.spellings.get(partsKey(last).replace(/s$/, '')) ?? [];
  const changed = spelt.filter((name) =>
    index.holders.get(name)?.some((file) => isChanged(file.names.get(name))),
  );
  const name = changed[0] ?? spelt[0];
  return name === undefined ? null : { name, under };
}

/** The nouns of things that programs name in strings. */
const textThings =
  /^(?:flags?|options?|headers?|routes?|endpoints?|quer(?:y|ies)|events?|labels?|commands?|messages?|signals?)$/;
/** What stands in the diff as a string may be what the text means: strings are no names. */
const isText = ({ text, noun }: Mention, index: DiffIndex): boolean =>
  textThings.test(noun) && [`"${text}"`, `'${text}'`, `--${text}`].some(index.says);

const isChanged = (tally: Tally | undefined) => tally !== undefined && tally.added + tally.removed > 0;

/** The nouns of things that stand in a diff only where they are defined. */
const definedThings =
  /^(?:functions?|methods?|class(?:es)?|interfaces?|structs?|enums?|traits?|tables?|ind(?:ex|exes|ices)|dependenc(?:y|ies)|macros?)$/;

type Side = '+' | '-';
type FileDecision = { kind: 'true'; at: number; defined: boolean } | { kind: 'false' } | { kind: 'open' };

/** Whether a name comes to a file (+) or goes from it (−). */
function directionIn(
  file: IndexedFile,
  { name, under }: Resolved,
  statement: Extract<Statement, { form: 'added' | 'removed' }>,
): FileDecision {
  const tally = file.names.get(name);
  if (!tally) return { kind: 'false' };
  const side: Side = statement.form === 'added' ? '+' : '-';
  const other: Side = side === '+' ? '-' : '+';
  const on = (sign: Use['sign'], role?: Use['role']) =>
    tally.uses.filter((use) => use.sign === sign && (role === undefined || use.role === role));
  const [here, there, around] = [on(side), on(other), on(' ')];
  const base = ((): FileDecision => {
    const role = statement.use === 'call' ? 'called' : statement.use === 'import' ? 'imported' : undefined;
    if (role !== undefined) {
      const [first, ...more] = on(side, role).filter(
        ({ at }) =>
          statement.module === null || sayModule(file.lines[at]?.text ?? '', file, at, statement.module),
      );
      const importer = statement.use === 'import' ? statement.within : null;
      if (importer !== null && !belongsTo(file, importer)) return { kind: 'open' };
      if (first && 1 + more.length > on(other, role).length)
        return { kind: 'true', at: first.at, defined: false };
      return here.length > there.length || here.length + there.length === 0
        ? { kind: 'open' }
        : { kind: 'false' };
    }
    const defined = on(side, 'defined').filter(({ noun }) => noun !== 'local');
    const definedThere = on(other, 'defined').filter(({ noun }) => noun !== 'local');
    const [first] = defined;
    if (statement.use === 'any' && first && definedThere.length === 0 && on(' ', 'defined').length === 0)
      return { kind: 'true', at: first.at, defined: true };
    if (here[0] && there.length === 0 && (around.length === 0 || statement.use === 'use')) {
      if (statement.use === 'any' && definedThings.test(statement.name.noun)) return { kind: 'open' };
      return { kind: 'true', at: here[0].at, defined: first !== undefined };
    }
    if (here.length > there.length) return { kind: 'open' };
    return here.length + there.length === 0 && statement.use === 'use' ? { kind: 'open' } : { kind: 'false' };
  })();
  const scoped =
    statement.within !== null && statement.use !== 'import'
      ? changeWithin(file, tally, side, statement)
      : null;
  if (base.kind !== 'true') return scoped ?? base;
  // A dotted name, or the thing that the name is said to stand in.
  for (const outer of [under, statement.use === 'import' ? null : statement.within]) {
    if (outer === null) continue;
    const last = outer.split(/\.|::|#|->/).at(-1) ?? outer;
    const role = base.defined ? 'defined' : statement.use === 'call' ? 'called' : undefined;
    const candidates = on(side, role).slice(0, maxScoped);
    const held = candidates.find(
      ({ at }) =>
        standsIn(file, at, last, !definesIn(file, last)) ||
        (outer === under &&
          file.lines[at]?.tokens.some(({ kind, text }) => kind === 'name' && text === last)),
    );
    if (held) base.at = held.at;
    else if (scoped && outer === statement.within) return scoped;
    else
      return candidates.every(({ at }) => scopeOf(file, at).whole) && outer !== under
        ? { kind: 'false' }
        : { kind: 'open' };
  }
  return base;
}

/** So many places of a name are looked at for what they stand in. */
const maxScoped = 50;

/** Whether a name comes to what it is said to stand in, or goes from there, whatever the rest of the file does. */
function changeWithin(
  file: IndexedFile,
  { uses }: Tally,
  side: Side,
  { within, use }: Extract<Statement, { form: 'added' | 'removed' }>,
): FileDecision | null {
  const outer = within?.split(/\.|::|#|->/).at(-1) ?? '';
  const inside = (sign: Use['sign']) =>
    uses
      .filter((one) => one.sign === sign && (use !== 'call' || one.role === 'called'))
      .slice(0, maxScoped)
      .filter(({ at }) => standsIn(file, at, outer, false));
  const [here] = inside(side);
  const isNew = here && inside(side === '+' ? '-' : '+').length === 0 && inside(' ').length === 0;
  return isNew ? { kind: 'true', at: here.at, defined: false } : null;
}

/** The definition around a fact that the same file newly defines: whoever tells what is in it, tells of it. */
function newAround(file: IndexedFile, within: string | Mention | null, index: DiffIndex): string[] {
  const resolved = within === null ? null : resolve(typeof within === 'string' ? within : within.text, index);
  const uses = (resolved && file.names.get(resolved.name)?.uses) ?? [];
  const signs = new Set(
    uses.filter(({ role, noun }) => role === 'defined' && noun !== 'local').map(({ sign }) => sign),
  );
  return resolved && signs.size === 1 && signs.has('+') ? [`added ${resolved.name} ${file.parsed.path}`] : [];
}

/** The words by which a line gives something back. */
const givingForms = {
  throw: /\b(?:throw|raise|reject|panic|Err)\b/,
  return: /\b(?:return|yield|resolve)\b|=>/,
  answer: /\b(?:return|yield|resolve|throw|raise|reject|status|respond|reply|json|send)\b|=>/,
} as const;

function decideGives(
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

const definesIn = (file: IndexedFile, name: string): boolean =>
  file.names.get(name)?.uses.some(({ role, noun }) => role === 'defined' && noun !== 'local') === true;

/** "Queue.push" says whose member `push` is, not where it stands. */
const isMember = ({ name, under }: Resolved, index: DiffIndex): boolean =>
  under !== null &&
  (index.holders.get(name) ?? []).some((file) =>
    (file.names.get(name)?.uses ?? [])
      .slice(0, maxScoped)
      .some(({ role, at }) => role === 'defined' && standsIn(file, at, under, false)),
  );

/** Whether a file is called by a name, or defines it. */
const belongsTo = (file: IndexedFile, name: string): boolean =>
  isStem(file, name) || file.names.get(name)?.uses.some(({ role }) => role === 'defined') === true;

/** `byFile`: a file that is called by the name counts too. */
const standsIn = (file: IndexedFile, at: number, outer: string, byFile = true): boolean => {
  const key = partsKey(outer);
  if ([...scopeOf(file, at).names].some((name) => name === outer || partsKey(name) === key)) return true;
  return byFile && isStem(file, outer);
};

const isStem = (file: IndexedFile, name: string): boolean =>
  partsKey(file.parsed.path.slice(file.parsed.path.lastIndexOf('/') + 1).replace(/\.\w+$/, '')) ===
  partsKey(name);

/** Whether an import is from the module that a text names. The module may stand on a later line of the same import. */
function sayModule(text: string, file: IndexedFile, at: number, module: string): boolean {
  const stem = module
    .replace(/^[./@#]+/, '')
    .replace(/\.\w{1,4}$/, '')
    .toLowerCase();
  for (let line = at; line < Math.min(at + 30, file.lines.length); line++) {
    const said = line === at ? text : (file.lines[line]?.text ?? '');
    if (said.toLowerCase().includes(stem)) return true;
    if (/['"]/.test(said) || !file.lines[line]?.tokens.length) return false;
  }
  return false;
}

const rank = (kind: FileKind) => fileKinds.indexOf(kind);

/** Rules on a statement in the file that it names, else in the one file where it is true, sources before others. */
function inFiles(
  statement: Statement,
  files: IndexedFile[],
  id: (file: IndexedFile) => string,
  index: DiffIndex,
  decideIn: (file: IndexedFile) => FileDecision,
): Decision {
  const decisions = files
    .filter(({ kind }) => kind !== 'generated')
    .map((file) => ({ file, decision: decideIn(file) }));
  const trues = decisions.flatMap(({ file, decision }) =>
    decision.kind === 'true' ? [{ file, decision }] : [],
  );
  if (trues.length > 0) {
    const defined = trues.filter(({ decision }) => decision.defined);
    const kept = defined.length > 0 ? defined : trues;
    const best = Math.min(...kept.map(({ file }) => rank(file.kind)));
    const [only, ...others] = kept.filter(({ file }) => rank(file.kind) === best);
    // Without its file, a name that several files hold says too little.
    if (!only || others.length > 0) return open;
    return {
      kind: 'true',
      id: id(only.file),
      file: only.file,
      line: only.file.lines[only.decision.at] ?? null,
      within: newAround(only.file, 'within' in statement ? statement.within : null, index),
    };
  }
  if (
    statement.loose ||
    decisions.some(({ decision }) => decision.kind === 'open') ||
    decisions.length < files.length
  )
    return open;
  return { kind: 'false', id: falseId(statement) };
}

const falseId = (statement: Statement): string => {
  const { path: _, loose: __, ...said } = statement;
  return `false ${JSON.stringify(said).toLowerCase()}`;
};

/** Rules on one statement. Linear in the places of the names that it holds. */
export function decide(statement: Statement, index: DiffIndex): Decision {
  if (statement.path !== null && index.filesNamed(statement.path).length === 0) {
    // A file that the change does not touch.
    if (index.says(statement.path) || statement.loose) return open;
    return { kind: 'false', id: falseId(statement) };
  }
  const files = statement.path === null ? index.files : index.filesNamed(statement.path);
  switch (statement.form) {
    case 'file':
      return decideFile(statement, index);
    case 'added':
    case 'removed': {
      const found = resolve(statement.name.text, index);
      if (!found) return unknown(statement, statement.name, index);
      const resolved = isMember(found, index) ? { ...found, under: null } : found;
      if (statement.within !== null && !resolve(statement.within, index) && !index.says(statement.within))
        return unknown(statement, { text: statement.within, noun: '' }, index);
      const holders = files.filter((file) => file.names.has(resolved.name));
      if (isText(statement.name, index)) return open;
      if (holders.length === 0) return statement.loose ? open : { kind: 'false', id: falseId(statement) };
      return inFiles(
        statement,
        holders,
        (file) => `${statement.form} ${resolved.name} ${file.parsed.path}`,
        index,
        (file) => directionIn(file, resolved, statement),
      );
    }
    case 'renamed':
    case 'replaced':
      return decidePair(statement, files, index);
    case 'moved':
      return decideMove(statement, index);
    case 'value':
      return decideValue(statement, files, index);
    case 'gives':
      return decideGives(statement, files, index);
  }
}

/** A name that stands nowhere makes a statement false. One in strings or comments only cannot be decided. */
const unknown = (statement: Statement, { text }: Mention, index: DiffIndex): Decision =>
  index.says(text) || index.says(text.split(/\.|::|#/).at(-1) ?? text) || text.length < 2
    ? open
    : { kind: 'false', id: falseId(statement) };

function decideFile(statement: Extract<Statement, { form: 'file' }>, index: DiffIndex): Decision {
  const [file, ...others] = index.filesNamed(statement.file);
  if (!file)
    return index.says(statement.file) || statement.loose ? open : { kind: 'false', id: falseId(statement) };
  if (others.length > 0) return open;
  const { status, path, oldPath } = file.parsed;
  const isSo =
    statement.status === 'renamed'
      ? status === 'renamed' && (statement.to === null || index.filesNamed(statement.to).includes(file))
      : statement.status === 'added'
        ? status === 'added' || status === 'copied'
        : status === 'deleted' || (status === 'renamed' && oldPath?.endsWith(statement.file) === true);
  if (isSo) return { kind: 'true', id: `file ${statement.status} ${path}`, file, line: null, within: [] };
  return statement.loose ? open : { kind: 'false', id: falseId(statement) };
}

/** How many of a name's places are looked at for a pair. */
const maxPairs = 200;

function decidePair(
  statement: Extract<Statement, { form: 'renamed' | 'replaced' }>,
  files: IndexedFile[],
  index: DiffIndex,
): Decision {
  const [from, to] = [resolve(statement.from.text, index), resolve(statement.to.text, index)];
  if (!from) return unknown(statement, statement.from, index);
  const net = (name: string) => {
    let sum = 0;
    for (const file of index.holders.get(name) ?? [])
      sum += (file.names.get(name)?.added ?? 0) - (file.names.get(name)?.removed ?? 0);
    return sum;
  };
  const isFalse: Decision = statement.loose ? open : { kind: 'false', id: falseId(statement) };
  if (net(from.name) > 0) return isFalse;
  // What a name becomes must be a name of the code.
  if (!to) return statement.form === 'renamed' ? isFalse : unknown(statement, statement.to, index);
  const holders = files.filter((file) => file.names.has(from.name) && file.names.has(to.name));
  const id = (file: IndexedFile) => `renamed ${from.name} ${to.name} ${file.parsed.path}`;
  if (net(to.name) < 0 || from.name === to.name) return isFalse;
  const decided = inFiles({ ...statement, loose: false }, holders, id, index, (file) => {
    const olds = (file.names.get(from.name)?.uses ?? [])
      .filter(({ sign }) => sign === '-')
      .slice(0, maxPairs);
    const news = (file.names.get(to.name)?.uses ?? []).filter(({ sign }) => sign === '+').slice(0, maxPairs);
    if (statement.form === 'renamed') {
      const texts = new Map(news.map(({ at }) => [squeezed(file.lines[at]?.text ?? ''), at]));
      for (const { at } of olds) {
        const renamed = texts.get(squeezed((file.lines[at]?.text ?? '').replaceAll(from.name, to.name)));
        if (renamed !== undefined) return { kind: 'true', at: renamed, defined: false };
      }
    }
    // What stands on both sides of a run of changed lines did not take the other's place there.
    const blocksOf = (name: string, sign: Side) =>
      new Set(
        (file.names.get(name)?.uses ?? [])
          .filter((use) => use.sign === sign)
          .map(({ at }) => file.lines[at]?.block),
      );
    const [stays, was] = [blocksOf(from.name, '+'), blocksOf(to.name, '-')];
    const blocks = new Map(news.map(({ at, role }) => [file.lines[at]?.block, { at, role }]));
    for (const { at, role } of olds) {
      const matched = blocks.get(file.lines[at]?.block);
      const alike = statement.form === 'replaced' || (role === 'defined' && matched?.role === 'defined');
      const block = file.lines[at]?.block;
      if (matched && alike && !stays.has(block) && !was.has(block))
        return { kind: 'true', at: matched.at, defined: false };
    }
    return { kind: 'open' };
  });
  return decided.kind === 'false' ? open : decided;
}

const squeezed = (text: string) => text.replace(/\s+/g, '');

function decideMove(statement: Extract<Statement, { form: 'moved' }>, index: DiffIndex): Decision {
  const resolved = resolve(statement.name.text, index);
  if (!resolved) return unknown(statement, statement.name, index);
  const { name } = resolved;
  const holders = (index.holders.get(name) ?? []).filter(({ kind }) => kind !== 'generated');
  const uses = (sign: Side) =>
    holders.flatMap((file) =>
      (file.names.get(name)?.uses ?? []).filter((use) => use.sign === sign).map((use) => ({ file, use })),
    );
  const isDefined = ({ use }: { use: Use }) => use.role === 'defined' && use.noun !== 'local';
  const [allGone, allCome] = [uses('-'), uses('+')];
  const [definedGone, definedCome] = [allGone.filter(isDefined), allCome.filter(isDefined)];
  const wrong: Decision = statement.loose ? open : { kind: 'false', id: falseId(statement) };
  if (allCome.length === 0 || allGone.length === 0)
    return allCome.length + allGone.length === 0 ? open : wrong;
  // What is defined moves with its definition: where it leaves, it is often imported then.
  if (definedGone.length > 0 !== definedCome.length > 0) return open;
  const [gone, come] = definedGone.length > 0 ? [definedGone, definedCome] : [allGone, allCome];
  const isPath = (place: string) => index.filesNamed(place).length > 0;
  const isAt = (place: string | null, { file, use }: { file: IndexedFile; use: Use }) =>
    place === null ||
    (isPath(place)
      ? index.filesNamed(place).includes(file)
      : standsIn(file, use.at, place.split(/\.|::|#/).at(-1) ?? place));
  const { from, to } = statement;
  const into = come.slice(0, maxPairs).filter((one) => isAt(to, one));
  const outOf = gone.slice(0, maxPairs).filter((one) => isAt(from, one));
  const goal = into.find(isDefined) ?? into[0];
  if (!goal || outOf.length === 0)
    return (to !== null && isPath(to)) || (from !== null && isPath(from)) ? wrong : open;
  // Within one file a thing is moved if it is defined on both sides.
  const elsewhere = outOf.some(
    ({ file, use }) => file !== goal.file || (use.role === 'defined' && goal.use.role === 'defined'),
  );
  if (!elsewhere) return open;
  return {
    kind: 'true',
    id: `moved ${name} ${goal.file.parsed.path}`,
    file: goal.file,
    line: goal.file.lines[goal.use.at] ?? null,
    within: [],
  };
}

/** Whether a value of the diff is the stated one, its unit considered. */
function isValue(value: Value, stated: StatedValue, beside: Iterable<string> = []): boolean {
  const asNumber = value.kind === 'word' ? readNumber(value.text.replace(/^[\^~<>=v\s]+/, '')) : null;
  const known = new Set([
    ...valueKeys(value),
    ...(asNumber ? valueKeys({ kind: 'number', value: asNumber.value, text: '' }) : []),
  ]);
  if (valueKeysBeside(stated.value, stated.unit, beside).some((key) => known.has(key))) return true;
  const plain = (text: string) => text.toLowerCase().replace(/^[\s^~v=<>"'`]+|[\s"'`]+$/g, '');
  return plain(value.text) !== '' && plain(value.text) === plain(stated.value.text);
}

function decideValue(
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
