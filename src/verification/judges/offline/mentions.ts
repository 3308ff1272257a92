import { apposed } from './clauses.ts';
import { type DiffIndex, partsKey } from './diff-index.ts';
import {
  adjectives,
  adverbs,
  auxiliaries,
  breaks,
  determiners,
  kinds,
  linking,
  prepositions,
  verbs,
} from './grammar.ts';
import { isWord, type ProseToken, wordAt } from './prose-tokens.ts';
import type { Mention, StatedValue } from './statement.ts';

type Token = ProseToken;

export type Mentions = {
  /** What the phrase is about, and what its other parts name, by preposition. */
  core: Mention[];
  files: string[];
  after: Map<string, (Mention & { path: boolean })[]>;
  values: Map<string, StatedValue[]>;
  /** "a call to `x`": the noun that links to the name. */
  link: string;
};

/** Names, paths and values of a noun phrase and of the phrases behind it. */
export function mentionsOf(tokens: Token[], index: DiffIndex): Mentions {
  const found: Mentions = { core: [], files: [], after: new Map(), values: new Map(), link: '' };
  let preposition = '';
  let linked = false;
  let noun = '';
  for (const [at, token] of tokens.entries()) {
    const next = tokens[at + 1];
    if (token.kind === 'mark') {
      // "`Foo`'s `bar`"
      if (token.text === "'s") {
        const owner = found.core.pop();
        if (owner) found.after.set('of', [...(found.after.get('of') ?? []), { ...owner, path: false }]);
      }
      if (token.text === ',' || token.text === apposed) [preposition, noun] = ['', ''];
      continue;
    }
    if (token.kind === 'word') {
      const { text } = token;
      if (text === 'and') continue;
      if (prepositions.has(text)) {
        linked = preposition === '' && linking.has(noun) && /^(?:of|to|on|for|from)$/.test(text);
        if (linked) found.link = noun;
        preposition = linked ? '' : text;
        noun = '';
      } else if (kinds.has(text)) {
        noun = text;
        const plain = plainName(tokens, at, index);
        if (plain && preposition === '') found.core.push({ text: plain, noun: text });
      } else if (!adjectives.has(text) && !determiners.has(text)) noun = text;
      continue;
    }
    if (token.kind === 'value') {
      const isName =
        preposition === '' &&
        token.value.kind === 'word' &&
        index.holders.has(token.text) &&
        !/^(?:true|false|null)$/.test(token.text);
      if (!isName) {
        found.values.set(preposition, [
          ...(found.values.get(preposition) ?? []),
          { value: token.value, unit: token.unit },
        ]);
        continue;
      }
    }
    const following = wordAt(next);
    const described = kinds.has(following) ? following : kinds.has(noun) ? noun : '';
    if (token.kind === 'path') {
      if (preposition === '' && !linked) found.files.push(token.text);
      else
        found.after.set(preposition, [
          ...(found.after.get(preposition) ?? []),
          { text: token.text, noun: described, path: true },
        ]);
      continue;
    }
    const isModifier =
      next?.kind === 'word' &&
      !kinds.has(following) &&
      !prepositions.has(following) &&
      !adverbs.has(following) &&
      !breaks.has(following) &&
      !auxiliaries.has(following) &&
      !verbs.has(following) &&
      !/ed$/.test(following) &&
      !(/ing$/.test(following) && tokens[at + 2] !== undefined && !isWord(tokens[at + 2], prepositions)) &&
      !determiners.has(following);
    const ofModifier =
      kinds.has(following) &&
      tokens[at + 2]?.kind === 'word' &&
      !prepositions.has(wordAt(tokens[at + 2])) &&
      !auxiliaries.has(wordAt(tokens[at + 2])) &&
      !adverbs.has(wordAt(tokens[at + 2])) &&
      !verbs.has(wordAt(tokens[at + 2])) &&
      !kinds.has(wordAt(tokens[at + 2]));
    // "adds `foo` handling" and "the line `foo`" add no `foo`.
    if (
      preposition === '' &&
      (isModifier ||
        ofModifier ||
        /^(?:lines?|words?|texts?|strings?|comments?|phrases?|sentences?)$/.test(noun))
    )
      continue;
    // "adds the call `x(y)`", "an import `x`"
    if (preposition === '' && linking.has(noun) && !linked) found.link = noun;
    // "`a` in `b`": one preposition holds for what follows it until the next.
    const mention = { text: token.text, noun: described };
    if (preposition === '') found.core.push(mention);
    else found.after.set(preposition, [...(found.after.get(preposition) ?? []), { ...mention, path: false }]);
  }
  return found;
}

/** A plain word beside the noun that says what it is: "the parse function", "column email". */
function plainName(tokens: Token[], at: number, index: DiffIndex): string | null {
  for (const beside of [tokens[at - 1], tokens[at + 1]]) {
    const text = wordAt(beside);
    if (
      text.length < 2 ||
      determiners.has(text) ||
      adjectives.has(text) ||
      prepositions.has(text) ||
      kinds.has(text) ||
      verbs.has(text) ||
      auxiliaries.has(text) ||
      adverbs.has(text) ||
      breaks.has(text)
    )
      continue;
    const isDefined = index.holders
      .get(text)
      ?.some(({ names }) =>
        names.get(text)?.uses.some(({ role, noun }) => role === 'defined' && noun !== 'local'),
      );
    if (isDefined) return text;
  }
  return phraseName(tokens.slice(Math.max(0, at - 3), at), index);
}

/** Several plain words that are the parts of one name of the diff: "retry limit" is `retryLimit`. */
export function phraseName(tokens: Token[], index: DiffIndex): string | null {
  const words = tokens.map(wordAt);
  for (let length = Math.min(4, words.length); length >= 2; length--) {
    for (let from = words.length - length; from >= 0; from--) {
      const part = words.slice(from, from + length);
      if (part.some((text) => text === '' || prepositions.has(text) || determiners.has(text))) continue;
      const spelling = index.spellings.get(partsKey(part.join(' ')));
      if (spelling?.[0] !== undefined && spelling.length === 1) return spelling[0];
    }
  }
  return null;
}
