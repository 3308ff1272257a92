import { splitParts } from '../../text/words.ts';
import { isNegation } from './clauses.ts';
import type { CodeLine } from './code-lines.ts';
import { type Decision, resolve } from './decisions.ts';
import { type DiffIndex, type IndexedFile, scopeOf } from './diff-index.ts';
import {
  auxiliaries,
  conditions,
  determiners,
  fillers,
  kinds,
  limits,
  modals,
  modifiers,
  orders,
  places,
  plainNouns,
  prepositions,
  tellingVerbs,
  verbs,
  volitions,
} from './grammar.ts';
import { isWord, type ProseToken, wordAt } from './prose-tokens.ts';
import { partsOf } from './stated-quantities.ts';
import type { Statement } from './statement.ts';
import type { ReadSentence } from './statements.ts';

type Token = ProseToken;
export type Fact = { statement: Statement; decision: Extract<Decision, { kind: 'true' }> };

/**
 * Whether a sentence says anything that its true facts do not: a name, a file or a value that none of them holds, a
 * clause or a second verb that states nothing, a noun that the definition of its name does not show, a word that limits
 * or denies, or one that the diff does not show around the facts.
 */
export function hasUndecidedPart(read: ReadSentence, facts: Fact[], index: DiffIndex): boolean {
  const { tokens } = read;
  if (facts.length === 0 || !read.isAllRead) return true;
  const held = new Set(facts.flatMap(({ statement }) => textsIn(statement)));
  const written = new Set(tokens.flatMap(({ kind, text }) => (kind === 'name' ? [text] : [])));
  // "the retry limit" is `retryLimit`: words say a name that is not written.
  const parts = new Set([...held].filter((text) => !written.has(text)).flatMap(partsOf));
  const isHeld = (token: Token) =>
    token.kind === 'word' ? partsOf(token.text).every((part) => parts.has(part)) : held.has(textOf(token));
  // "The limit goes from 3 to 5" is read from its numbers.
  const isStated = (clause: Token[]) =>
    clause.some((token) => token.kind === 'value' && isHeld(token)) && givesValue(clause);
  if (!read.silent.every(isStated)) return true;
  const shown = shownBy(facts);
  let hasVerb = false;
  let isPlace = false;
  for (const [at, token] of tokens.entries()) {
    if (token.kind === 'mark') {
      if (token.text !== "'s") [hasVerb, isPlace] = [false, false];
      continue;
    }
    if (isHeld(token)) continue;
    if (token.kind !== 'word') return true;
    const { text } = token;
    // "is added that returns a bool"
    const isRelative = /^(?:name|path)$/.test(tokens[at - 1]?.kind ?? '') || isWord(tokens[at - 1], kinds);
    if (text === 'that' && hasVerb && !isRelative) return true;
    if (/^(?:and|but|while|whereas|which|that|plus|instead-of|in-favour-of)$/.test(text)) hasVerb = false;
    if (prepositions.has(text)) {
      isPlace = places.has(text);
      // "with the value 3", "renamed as `x`"
      if (!isPlace && !leadsToFact(tokens, at, isHeld)) return true;
      continue;
    }
    if (fillers.has(text) || auxiliaries.has(text)) continue;
    // "an exported function", but not "is exported"
    if (modifiers.has(text) && !isWord(tokens[at - 1], auxiliaries)) {
      if (!shown.onLines(text)) return true;
      continue;
    }
    if (kinds.has(text)) {
      const name = namedBy(tokens, at, isHeld);
      if (name !== null && isOfKind(text, name, index)) continue;
      // "the test now calls", "in the layer table": where it is.
      if (name === null && (isPlace || !hasVerb) && shown.around(text)) continue;
      if (!verbs.has(text)) return true;
    }
    const verb = verbs.get(text);
    if (verb !== undefined) {
      // A second verb of a clause states nothing: "adds `x` returning `y`".
      if (hasVerb || tellingVerbs.has(verb.base)) return true;
      // "joins the dependencies"
      [hasVerb, isPlace] = [true, verb.of === 'arrive'];
    } else if (tells(token) || !shown.around(text)) return true;
  }
  return false;
}

/** What no line shows: a limit, a denial, an order, a purpose, or what something does. */
const tells = (token: Token): boolean =>
  isNegation(token) ||
  [limits, modals, volitions, conditions, orders].some((words) => isWord(token, words)) ||
  /(?:ing|ed)$/.test(token.text);

/** Whether what stands behind a preposition is of a fact. */
function leadsToFact(tokens: Token[], at: number, isHeld: (token: Token) => boolean): boolean {
  const next = tokens.slice(at + 1).find((token) => !isWord(token, determiners) && !isWord(token, kinds));
  return next !== undefined && isHeld(next);
}

/** Whether words say where the facts are: on each of their lines, or in what a line of them stands under and its path. */
function shownBy(facts: Fact[]): Record<'onLines' | 'around', (text: string) => boolean> {
  return {
    around: (text) =>
      splitParts(text).every((part) =>
        facts.some(({ decision: { file, line } }) => wordsAround(file, line).has(rootOf(part))),
      ),
    onLines: (text) =>
      facts.every(({ decision: { line } }) => line !== null && rootsIn([line.text]).has(rootOf(text))),
  };
}

const rootsIn = (texts: string[]): ReadonlySet<string> => new Set(texts.flatMap(splitParts).map(rootOf));

const placesOfLines = new WeakMap<IndexedFile, ReadonlyMap<CodeLine, number>>();

/** The words of the path of a line's file, and of the names that the line stands under. */
function wordsAround(file: IndexedFile, line: CodeLine | null): ReadonlySet<string> {
  const known = placesOfLines.get(file) ?? new Map(file.lines.map((each, at) => [each, at]));
  placesOfLines.set(file, known);
  const at = line === null ? undefined : known.get(line);
  return rootsIn([
    file.parsed.path.replace(/[/.-]/g, ' '),
    ...(at === undefined ? [] : [...scopeOf(file, at).names, file.places.get(line?.hunk ?? -1) ?? '']),
  ]);
}

/** A word without its ending: "exported", "exports" and "export" are one. */
const rootOf = (word: string): string =>
  word
    .toLowerCase()
    .replace(/ies$/, 'y')
    .replace(/(?:ing|ed|es|s|e)$/, '');

const textOf = (token: Token): string => (token.kind === 'value' ? token.value.text : token.text);

/** The names, files and values of a statement, as the text has them. */
function textsIn(statement: Statement): string[] {
  const shared = statement.path === null ? [] : [statement.path];
  switch (statement.form) {
    case 'added':
    case 'removed':
      return [
        ...shared,
        statement.name.text,
        ...[statement.within, statement.module].flatMap((text) => text ?? []),
      ];
    case 'renamed':
    case 'replaced':
      return [...shared, statement.from.text, statement.to.text];
    case 'moved':
      return [
        ...shared,
        statement.name.text,
        ...[statement.from, statement.to].flatMap((text) => text ?? []),
      ];
    case 'value':
      return [
        ...shared,
        statement.name.text,
        ...[statement.old, statement.new].flatMap((stated) => stated?.value.text ?? []),
      ];
    case 'gives':
      return [
        ...shared,
        statement.within.text,
        'text' in statement.what ? statement.what.text : statement.what.value.text,
      ];
    case 'said':
      return [...shared, statement.text];
    case 'file':
      return [...shared, statement.file, ...(statement.to === null ? [] : [statement.to])];
  }
}

/** "The limit goes from 3 to 5": a value is read from its number, whatever the verb. */
const givesValue = (clause: Token[]): boolean =>
  clause.every((token) => {
    const verb = verbs.get(wordAt(token))?.of;
    return verb === undefined || /^(?:set|rise|fall|depart)$/.test(verb) || kinds.has(wordAt(token));
  });

/** The name that a noun stands beside: "the function `x`", "`x` is a new type", "the value of `x`". '' for a value. */
function namedBy(tokens: Token[], at: number, isHeld: (token: Token) => boolean): string | null {
  const isBetween = (token: Token | undefined) =>
    isWord(token, kinds) || /^(?:named|called|of|to)$/.test(wordAt(token)) || isWord(token, 'the');
  const isLead = (token: Token | undefined) =>
    isWord(token, kinds) || /^(?:a|an|the|new|is|are|now|no-longer|also)$/.test(wordAt(token));
  let next = at + 1;
  while (isBetween(tokens[next])) next++;
  let before = at - 1;
  while (isLead(tokens[before])) before--;
  for (const token of [tokens[next], tokens[before]]) {
    if (token === undefined || token.kind === 'mark' || !isHeld(token)) continue;
    return token.kind === 'name' || token.kind === 'word' ? token.text : '';
  }
  return null;
}

/**
 * What a text may call the things that code defines, by the nouns of their definitions. Other nouns say nothing of it.
 * Published with the rule.
 */
export const definitionNouns: Record<string, string> = {
  'function method': 'function method',
  class: 'class record',
  struct: 'struct',
  interface: 'interface',
  enum: 'enum',
  trait: 'trait',
  macro: 'macro constant',
  type: 'class interface enum struct trait type record',
  'exception error': 'class interface enum struct type record variable constant',
  constant: 'constant field key',
  const: 'constant',
  variable: 'variable local constant field',
  var: 'variable local',
  'field attribute': 'field property attribute key column method',
  property: 'field property attribute key method function',
  column: 'column field key',
  table: 'table class constant key',
  dependency: 'dependency',
  section: 'section key',
  heading: 'section',
  'component hook helper handler decorator getter setter callback listener validator parser builder factory reader writer wrapper routine subroutine procedure predicate':
    'function method macro class constant variable',
};
const definedAs = new Map(
  Object.entries(definitionNouns).flatMap(([nouns, definitions]) =>
    nouns.split(' ').map((noun): [string, ReadonlySet<string>] => [noun, new Set(definitions.split(' '))]),
  ),
);
/** The nouns of things that stand in a diff only where they are defined. */
const mustBeDefined =
  /^(?:function|method|class|struct|interface|enum|trait|macro|type|exception|error|constant|const|dependency)$/;

/** Whether a thing is of the kind that a text calls it by, as far as its definitions show. */
function isOfKind(noun: string, written: string, index: DiffIndex): boolean {
  const [kind] = [noun, noun.replace(/ies$/, 'y'), noun.replace(/s$/, ''), noun.replace(/es$/, '')].filter(
    (form) => definedAs.has(form),
  );
  const name = kind === undefined ? null : (resolve(written, index)?.name ?? null);
  // "a test function" says more of it.
  if (kind === undefined) return plainNouns.has(noun);
  if (name === null) return true;
  const uses = (index.holders.get(name) ?? []).flatMap((file) =>
    (file.names.get(name)?.uses ?? [])
      .filter(({ sign }) => sign !== ' ')
      .map((use) => ({ ...use, of: use.noun ?? '', text: file.lines[use.at]?.text ?? '' })),
  );
  const defined = uses.filter(({ role }) => role === 'defined');
  // "import type { Limit }"
  if (defined.length === 0)
    return (
      !mustBeDefined.test(kind) || uses.some(({ role, text }) => role === 'imported' && says(kind, text))
    );
  const isError = kind === 'exception' || kind === 'error';
  const isSaid = (of: string, text: string) =>
    definedAs.get(kind)?.has(of) === true ||
    // "type Limit struct", "check: (size: number) => void"
    (of === 'type' && says(kind, text)) ||
    (/^(?:function|method)$/.test(kind) && /^(?:field|property)$/.test(of) && /\(.*\)\s*(?:=>|:)/.test(text));
  return defined.some(({ of, text }) => isSaid(of, text) && (!isError || /exception|err|fail/i.test(text)));
}

const says = (kind: string, text: string): boolean => new RegExp(`\\b${kind}\\b`).test(text);
