import type { DiffIndex } from './diff-index.ts';
import {
  adjectives,
  adverbs,
  auxiliaries,
  breaks,
  determiners,
  kinds,
  means,
  prepositions,
} from './grammar.ts';
import { type Mentions, mentionsOf } from './mentions.ts';
import { isWord, type ProseToken, wordAt } from './prose-tokens.ts';
import type { Mention, StatedValue, Statement } from './statement.ts';

type Token = ProseToken;

const callWithin = ({ text, noun }: Mention, within: string): Statement => ({
  form: 'added',
  name: { text, noun },
  use: 'call',
  within,
  module: null,
  path: null,
  loose: true,
  weak: true,
});

/** What something does its work with: "`f` loads the zone with `x`". */
const meansIn = (object: Mentions, within: string): Statement[] =>
  [...means].flatMap((preposition) =>
    (object.after.get(preposition) ?? []).flatMap((name) => (name.path ? [] : [callWithin(name, within)])),
  );

/** A word that can be a verb in the present: "`f` wraps `x`". */
const isPresent = (token: Token | undefined): boolean =>
  /[^s]s$/.test(wordAt(token)) &&
  !isWord(token, prepositions) &&
  !isWord(token, breaks) &&
  !isWord(token, auxiliaries) &&
  !isWord(token, determiners);

/**
 * A named subject, a verb that gives no direction, and what it does its work with: that the subject's code newly calls
 * what is named. `inherited`: the subject of the clause before, for a clause that begins with its verb.
 */
export function statedRelations(tokens: Token[], inherited: Token[], index: DiffIndex): Statement[] {
  const begins = tokens.findIndex(
    (token) => !isWord(token, determiners) && !isWord(token, kinds) && !isWord(token, adjectives),
  );
  const first = tokens[begins];
  const isNamed = first?.kind === 'name';
  const [owner] = isNamed ? [first] : inherited.filter(({ kind }) => kind === 'name').slice(0, 1);
  let at = isNamed ? begins + 1 : 0;
  while (isWord(tokens[at], adverbs) || /^(?:then|always|never|both)$/.test(wordAt(tokens[at]))) at++;
  const verb = tokens[at];
  const isNoun =
    isWord(verb, kinds) &&
    !/^(?:name|value)$/.test(tokens[at + 1]?.kind ?? '') &&
    !isWord(tokens[at + 1], determiners);
  // "and lookups compare `x`": another subject, and no verb.
  const next = tokens[at + 1];
  const isSubject =
    !isNamed &&
    next?.kind === 'word' &&
    ![determiners, adjectives, kinds, prepositions].some((words) => words.has(next.text));
  if (!owner || !isPresent(verb) || isNoun || isSubject) return [];
  return meansIn(mentionsOf(tokens.slice(at + 1), index), owner.text);
}

/** A third of all functions return null: whoever says so of a name may guess. */
const isGuess = ({ value }: StatedValue): boolean =>
  value.kind === 'number'
    ? Math.abs(value.value) < 2
    : /^(?:null|nil|none|true|false|undefined|)$/i.test(value.text);

/** "`f` throws `X`", "`f` answers 422", "`X` is thrown by `f`": what something gives back, or no longer. */
export function statedResults(
  verb: { of: 'throw' | 'return'; base: string; gone: boolean; passive: boolean },
  subject: Mentions,
  object: Mentions,
  after: Token[],
): Statement[] {
  const [by] = object.after.get('by') ?? [];
  const within = verb.passive ? (by && !by.path ? by : undefined) : subject.core[0];
  if (!within) return [];
  const stop = after.findIndex((token) => isWord(token, prepositions) && wordAt(token) !== 'to');
  const near = after.slice(0, stop < 0 ? after.length : stop);
  const values = near.flatMap((token): StatedValue[] => {
    const stated = token.kind === 'value' ? { value: token.value, unit: token.unit } : null;
    return stated && !isGuess(stated) ? [stated] : [];
  });
  const given: (Mention | StatedValue)[] = verb.passive ? subject.core : [...object.core, ...values];
  return given.map((what) => ({
    form: 'gives',
    as: verb.of === 'throw' ? 'throw' : /^(?:return|yield)$/.test(verb.base) ? 'return' : 'answer',
    sign: verb.gone ? '-' : '+',
    within: { text: within.text, noun: within.noun },
    what,
    path: null,
    loose: true,
    weak: true,
  }));
}
