import { breaks, conditions, kinds, modals, negations, refusals, volitions } from './grammar.ts';
import { isWord, type ProseToken, word, wordAt } from './prose-tokens.ts';

type Token = ProseToken;

/** Phrases that mean one word each: what goes, and what something stands in for. */
const phrases: [RegExp, string][] = [
  [/^(?:no longer|no more|any longer|any more)$/, 'no-longer'],
  [/^(?:instead of|rather than)$/, 'instead-of'],
  [/^not only$/, 'also'],
  [/^anything but$/, 'not'],
  [/^(?:get|gets|got|getting) rid of$/, 'removes'],
  [/^(?:does|do|doing|did) away with$/, 'removes'],
  [/^in (?:place|lieu) of$/, 'instead-of'],
  [/^in favou?r of$/, 'in-favour-of'],
  [/^as well as$/, 'and'],
  [/^(?:bring|brings|brought) in$/, 'adds'],
  [/^in case$/, 'if'],
  [/^as (?:long|soon) as$/, 'if'],
  [/^(?:go|goes|went|move|moves|moved|come|comes|came) up$/, 'rises'],
  [/^(?:go|goes|went|move|moves|moved|come|comes|came) down$/, 'falls'],
  [/^(?:make|makes|made) use of$/, 'uses'],
  [/^takes? the place of$/, 'replaces'],
  [/^gives? way to$/, 'replaced-by'],
  [/^(?:is|are|was|were) gone$/, 'disappeared'],
  [/^(?:swapped|exchanged|substituted) (?:for|by|with)$/, 'replaced-by'],
  [/^(?:replaced|superseded) (?:by|with)$/, 'replaced-by'],
];

/** Stands before a name that was in brackets of its own: "the limit for each try (`timeoutMs`) rises". */
export const apposed = '(=)';

/** Takes a single name out of the brackets behind the words that it explains. */
export const openBrackets = (tokens: Token[]): Token[] =>
  tokens.flatMap((token, at) => {
    const isBracket = (place: number, mark: string) =>
      tokens[place]?.kind === 'mark' && tokens[place]?.text === mark;
    const isSole = (place: number) =>
      isBracket(place - 1, '(') &&
      tokens[place]?.kind === 'name' &&
      isBracket(place + 1, ')') &&
      tokens[place - 2]?.kind === 'word';
    if (isSole(at + 1)) return [{ ...token, text: apposed }];
    return isSole(at - 1) ? [] : [token];
  });

/** The longest phrase that begins at a token. */
function phraseAt(tokens: Token[], at: number): { length: number; put: string } | null {
  for (const length of [4, 3, 2]) {
    const text = tokens
      .slice(at, at + length)
      .map(wordAt)
      .join(' ');
    const found = phrases.find(([form]) => form.test(text));
    if (found) return { length, put: found[1] };
  }
  return null;
}

export function foldPhrases(tokens: Token[]): Token[] {
  const folded: Token[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (!token) break;
    const found = phraseAt(tokens, at);
    // "stops calling", "ceases to use"
    const stops =
      /^(?:stop|stops|stopped|cease|ceases|ceased)$/.test(wordAt(token)) &&
      /ing$|^to$/.test(wordAt(tokens[at + 1]));
    if (found) {
      folded.push(word(token, found.put));
      at += found.length - 1;
    } else if (stops) {
      folded.push(word(token, 'no-longer'));
      if (isWord(tokens[at + 1], 'to')) at++;
    } else folded.push(token);
  }
  return folded;
}

const pronouns = /^(?:this|that|it|which|these|those|all|none|so|the|exactly|quite|just)$/;
/** "This is false.", "Not so.", "Wrong." */
export function denies(tokens: Token[]): boolean {
  const words = tokens.filter(({ kind }) => kind !== 'mark');
  if (words.length === 0 || words.length > 9 || words.some(({ kind }) => kind !== 'word')) return false;
  const negates = words.some((token) => isNegation(token));
  if (words.length === 1) return negates || /^(?:wrong|false|untrue|incorrect|nope)$/.test(wordAt(words[0]));
  // "an error that is its own cause does not …" tells something.
  const meant = words.some(
    ({ text }) =>
      /^(?:false|untrue|wrong|incorrect|true|case|happened|happen|correct|right|real|really|opposite|reverse|contrary|accurate)$/.test(
        text,
      ) ||
      (words.length <= 5 && /^(?:so|did|does|was|is)$/.test(text)),
  );
  return (
    pronouns.test(wordAt(words[0])) &&
    meant &&
    (negates ||
      words.some(({ text }) => /^(?:opposite|reverse|contrary|mistake|lie|myth|nonsense)$/.test(text)))
  );
}

/** "tries to add" and "claims that" are no facts; "three tries" and "the claims" are nouns. */
export const isModal = (token: Token, next: Token | undefined, following: string): boolean =>
  token.kind === 'word' &&
  (modals.has(token.text) ||
    /^(?:won|can|could|would|should)['’]t$/.test(token.text) ||
    (volitions.has(token.text) &&
      (/^(?:to|that|the|it|this)$/.test(wordAt(next)) ||
        next?.kind === 'name' ||
        (next === undefined && following === 'that'))));

/** "does not", "never": it denies what the clause states. */
export const isDenial = (token: Token): boolean =>
  token.kind === 'word' && (negations.has(token.text) || /n['’]t$/.test(token.text));
/** "fails to", "avoids": it denies what stands behind it. */
export const isRefusal = (token: Token): boolean => isWord(token, refusals);
export const isNegation = (token: Token): boolean => isDenial(token) || isRefusal(token);

export type Clause = {
  tokens: Token[];
  /** The word or mark that stands before it. */
  link: string;
};

export function splitClauses(tokens: Token[]): Clause[] {
  const clauses: Clause[] = [];
  let current: Clause = { tokens: [], link: '' };
  const close = (link: string) => {
    // ", and" is one link.
    if (current.tokens.length > 0) clauses.push(current);
    else if (current.link !== '' && link !== current.link) link = /^[,(]$/.test(link) ? current.link : link;
    current = { tokens: [], link };
  };
  for (const [at, token] of tokens.entries()) {
    if (token.kind === 'word' && conditions.has(token.text)) break;
    const isBreak =
      token.kind === 'word'
        ? breaks.has(token.text) ||
          token.text === 'instead-of' ||
          token.text === 'in-favour-of' ||
          token.text === 'without' ||
          (token.text === 'that' &&
            current.tokens.length > 0 &&
            /^(?:name|path)$/.test(tokens[at - 1]?.kind ?? '')) ||
          (token.text === 'that' && kinds.has(wordAt(tokens[at - 1])))
        : token.kind === 'mark' && token.text !== apposed && !/^(?:=|'s|->|→)$/.test(token.text);
    if (isBreak) close(token.text);
    else current.tokens.push(token);
  }
  close('');
  return clauses;
}
