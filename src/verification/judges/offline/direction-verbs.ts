import {
  adjectives,
  adverbs,
  auxiliaries,
  determiners,
  kinds,
  linking,
  prepositions,
  type VerbClass,
  verbs,
} from './grammar.ts';
import { isWord, type ProseToken, wordAt } from './prose-tokens.ts';

type Token = ProseToken;

export type Verb = {
  at: number;
  of: VerbClass | 'replaced-by';
  base: string;
  voice: 'active' | 'passive' | 'bare-participle';
  gone: boolean;
};

export const subjectEnd = (tokens: Token[], verb: Verb): number => {
  let end = verb.at;
  while (
    end > 0 &&
    (isWord(tokens[end - 1], auxiliaries) ||
      isWord(tokens[end - 1], adverbs) ||
      /^(?:no-longer|thus|then|therefore|to)$/.test(wordAt(tokens[end - 1])))
  )
    end--;
  return end;
};

/** The first word of a clause that gives a direction. */
export function findVerb(tokens: Token[]): Verb | null {
  for (const [at, token] of tokens.entries()) {
    const text = wordAt(token);
    if (text === 'replaced-by')
      return { at, of: 'replaced-by', base: 'replace', voice: 'passive', gone: false };
    if (text === 'disappeared') return { at, of: 'depart', base: 'disappear', voice: 'active', gone: false };
    const known = verbs.get(text);
    if (!known) continue;
    const before = wordAt(tokens[at - 1]);
    const next = tokens[at + 1];
    // "the import of", "a call to", "its use": nouns.
    // "This adds", "that is": a pronoun.
    const isPronoun = /^(?:this|that)$/.test(before) && /s$/.test(text);
    if ((determiners.has(before) && !isPronoun) || tokens[at - 1]?.text === "'s") continue;
    // "a table called `x`"
    if (
      /^(?:called|named)$/.test(text) &&
      tokens[at - 2] !== undefined &&
      /^(?:name|value)$/.test(next?.kind ?? '') &&
      !auxiliaries.has(before)
    )
      continue;
    if (linking.has(text) && /^(?:of|to|on)$/.test(wordAt(next)) && at > 0) continue;
    if (adjectives.has(before) && !adverbs.has(before) && kinds.has(text)) continue;
    // A base form within a clause is a noun, unless what stands before it can have a verb in this form.
    const isBase = text === known.base && !/^(?:cut|set)$/.test(text);
    if (
      isBase &&
      at > 0 &&
      before !== '' &&
      !/^(?:to|we|they|i|you|both|all|now|also|not|no-longer|did|does|do)$|s$/.test(before) &&
      !adverbs.has(before)
    )
      continue;
    // An adjective before its noun ("default value", "set members").
    if (
      /^(?:default|limit|cap|set|record|store|export|import|use|call|update|change|cut|move)s?$/.test(text) &&
      at > 0 &&
      /^(?:name|path)$/.test(tokens[at - 1]?.kind ?? '') &&
      (kinds.has(wordAt(next)) || next === undefined)
    )
      continue;
    const auxiliary = tokens
      .slice(Math.max(0, at - 4), at)
      .findLastIndex((each) => isWord(each, auxiliaries));
    const isParticiple =
      /(?:ed|en)$|^(?:cut|set|got|held|kept|taken|gone|drawn|shrunk|risen|fallen|withdrawn)$/.test(text);
    const gone = tokens.slice(0, at).some((each) => wordAt(each) === 'no-longer');
    if (auxiliaries.has(text) && known.of === 'gain') {
      // "gets removed", "has been added"
      const following = tokens.slice(at + 1, at + 4).find((each) => verbs.has(wordAt(each)));
      if (following && /(?:ed|en)$/.test(wordAt(following))) continue;
      if (/^(?:been|to|become)$/.test(wordAt(next))) continue;
    }
    const has = wordAt(tokens.slice(Math.max(0, at - 4), at)[auxiliary]);
    const passive =
      auxiliary >= 0 &&
      isParticiple &&
      (!/^ha/.test(has) ||
        tokens.slice(Math.max(0, at - 4), at).some((each) => /^(?:been|being)$/.test(wordAt(each))));
    const lead = tokens.slice(0, at);
    const named = lead.some(({ kind }) => kind === 'name' || kind === 'path');
    const isLast =
      tokens.slice(at + 1).every((each) => each.kind === 'mark' || isWord(each, adverbs)) ||
      isWord(next, prepositions) ||
      wordAt(next) === 'no-longer';
    const voice = passive
      ? 'passive'
      : isParticiple && named && isLast && auxiliary < 0
        ? 'bare-participle'
        : 'active';
    return { at, of: known.of, base: known.base, voice, gone };
  }
  return null;
}
