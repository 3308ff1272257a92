import { prepositions } from './grammar.ts';
import type { Mentions } from './mentions.ts';
import { isWord, type ProseToken, wordAt } from './prose-tokens.ts';
import type { Mention, StatedValue, Statement } from './statement.ts';

type Token = ProseToken;

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
    weak: 'any',
  }));
}
