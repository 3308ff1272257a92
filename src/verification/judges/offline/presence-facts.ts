import {
  type Decision,
  definesIn,
  type FileDecision,
  falseId,
  inFiles,
  isStem,
  maxScoped,
  open,
  type Resolved,
  resolve,
  type Side,
  standsIn,
  unknown,
} from './decisions.ts';
import { type DiffIndex, type IndexedFile, scopeOf, type Tally, type Use } from './diff-index.ts';
import type { Mention, Statement } from './statement.ts';

/** The nouns of things that programs name in strings. */
const textThings =
  /^(?:flags?|options?|headers?|routes?|endpoints?|quer(?:y|ies)|events?|labels?|commands?|messages?|signals?)$/;

/** What stands in the diff as a string may be what the text means: strings are no names. */
const isText = ({ text, noun }: Mention, index: DiffIndex): boolean =>
  textThings.test(noun) && [`"${text}"`, `'${text}'`, `--${text}`].some(index.says);

/** The nouns of things that stand in a diff only where they are defined. */
const definedThings =
  /^(?:(?:function|method|interface|struct|enum|trait|table|macro|helper|hook|component|handler|type|constant|wrapper|predicate|parser|builder|reader|writer|validator|controller|model|mixin|routine|schema)s?|class(?:es)?|ind(?:ex|exes|ices)|dependenc(?:y|ies)|factor(?:y|ies))$/;

/** The nouns of definitions that hold code or columns. */
const holding =
  /^(?:function|method|class|interface|enum|struct|trait|type|record|object|module|table|service|message|macro|constant|rule|key|section)$/;

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
      const wantsDefinition = statement.defines === true || definedThings.test(statement.name.noun);
      if (statement.use === 'any' && wantsDefinition && first === undefined) return { kind: 'open' };
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

/** Whether a name comes to what it is said to stand in, or goes from there, whatever the rest of the file does. */
function changeWithin(
  file: IndexedFile,
  { uses }: Tally,
  side: Side,
  { within, use }: Extract<Statement, { form: 'added' | 'removed' }>,
): FileDecision | null {
  const outer = within?.split(/\.|::|#|->/).at(-1) ?? '';
  // A parameter or a field holds nothing. What is not in the file at all may stand in a hunk's header.
  const own = file.names.get(outer)?.uses ?? [];
  if (own.length > 0 && !own.some(({ role, noun }) => role === 'defined' && holding.test(noun ?? '')))
    return null;
  const inside = (sign: Use['sign']) =>
    uses
      .filter((one) => one.sign === sign && (use !== 'call' || one.role === 'called'))
      .slice(0, maxScoped)
      .filter(({ at }) => standsIn(file, at, outer, false));
  const [here] = inside(side);
  const isNew = here && inside(side === '+' ? '-' : '+').length === 0 && inside(' ').length === 0;
  return isNew ? { kind: 'true', at: here.at, defined: false } : null;
}

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

/** A script that drops what another creates: the change removes nothing by it. */
const isTakenBack = (name: string, holders: IndexedFile[]): boolean => {
  const uses = holders.flatMap(({ names }) => names.get(name)?.uses ?? []);
  return (
    uses.some(({ sign, drops }) => sign === '-' && drops === true) &&
    uses.some(({ sign, role }) => sign === '+' && role === 'defined')
  );
};

/** Whether a name comes or goes. */
export function decidePresence(
  statement: Extract<Statement, { form: 'added' | 'removed' }>,
  files: IndexedFile[],
  index: DiffIndex,
): Decision {
  const found = resolve(statement.name.text, index);
  if (!found) return unknown(statement, statement.name, index);
  const resolved = isMember(found, index) ? { ...found, under: null } : found;
  if (statement.within !== null && !resolve(statement.within, index) && !index.says(statement.within))
    return unknown(statement, { text: statement.within, noun: '' }, index);
  const holders = files.filter((file) => file.names.has(resolved.name));
  if (isText(statement.name, index)) return open;
  if (holders.length === 0) return statement.loose ? open : { kind: 'false', id: falseId(statement) };
  // Which of the two scripts is meant, no path says.
  const isUnclear = statement.path === null && (statement.form === 'removed' || statement.loose);
  if (isUnclear && isTakenBack(resolved.name, holders)) return open;
  return inFiles(
    statement,
    holders,
    (file) => `${statement.form} ${resolved.name} ${file.parsed.path}`,
    index,
    (file) => directionIn(file, resolved, statement),
  );
}
