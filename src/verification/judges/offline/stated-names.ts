import type { DiffIndex } from './diff-index.ts';
import { adjectives, auxiliaries, determiners, kinds, prepositions, verbs } from './grammar.ts';
import { mentionsOf } from './mentions.ts';
import { isWord, type ProseToken, wordAt } from './prose-tokens.ts';
import type { Statement } from './statement.ts';

type Token = ProseToken;

/** "a new `x`", "the new function x", "the removed `y`". Such words may also tell what a program does. */
export function newNames(tokens: Token[], index: DiffIndex): Statement[] {
  const found: Statement[] = [];
  for (const [at, token] of tokens.entries()) {
    const form =
      /^(?:new)$/.test(wordAt(token)) || (/^newly$/.test(wordAt(tokens[at - 1])) && /ed$/.test(wordAt(token)))
        ? 'added'
        : /^(?:removed|deleted|dropped)$/.test(wordAt(token)) && isWord(tokens[at - 1], determiners)
          ? 'removed'
          : /^(?:added|introduced)$/.test(wordAt(token)) && isWord(tokens[at - 1], determiners)
            ? 'added'
            : null;
    if (form === null) continue;
    const rest = tokens.slice(at + 1, at + 5);
    const end = rest.findIndex((each) => each.kind === 'name');
    // "a new `x` groups tax": of one thing the word behind it tells what it does.
    const isSubject = /^an?$/.test(wordAt(tokens[at - 1])) && /[^s]s$/.test(wordAt(rest[end + 1]));
    const phrase = rest.slice(0, end < 0 ? 0 : end + (isSubject ? 1 : 2));
    const isPlain =
      end >= 0 &&
      rest
        .slice(0, end)
        .every(
          (each) =>
            each.kind === 'word' &&
            (kinds.has(each.text) ||
              adjectives.has(each.text) ||
              (!prepositions.has(each.text) && !verbs.has(each.text) && !auxiliaries.has(each.text))),
        );
    const names = isPlain
      ? mentionsOf(phrase, index).core
      : mentionsOf(rest.slice(0, 1 + rest.findIndex((each) => kinds.has(wordAt(each)))), index).core;
    for (const name of names.slice(0, 1))
      found.push({ form, name, use: 'any', within: null, module: null, path: null, loose: true });
  }
  return found;
}
