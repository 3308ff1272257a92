import { type DiffIndex, partsKey } from './diff-index.ts';
import {
  adjectives,
  adverbs,
  auxiliaries,
  breaks,
  conditions,
  determiners,
  doubts,
  generic,
  kinds,
  linking,
  modals,
  negations,
  prepositions,
  type VerbClass,
  verbs,
  volitions,
} from './grammar.ts';
import { type ProseToken, readProse } from './prose-tokens.ts';
import type { Value } from './values.ts';

/** A name as a text gives it, with the noun that says what it is. */
export type Mention = { text: string; noun: string };
export type StatedValue = { value: Value; unit: string };

/**
 * A fact as a text states it. `within`: the name that it is to stand in. `path`: the file. `loose`: the sentence may
 * also describe what the program does, so only its truth can be decided.
 */
export type Statement = { path: string | null; loose: boolean } & (
  | {
      form: 'added' | 'removed';
      name: Mention;
      use: 'any' | 'call' | 'import' | 'use';
      within: string | null;
      module: string | null;
    }
  | { form: 'renamed' | 'replaced'; from: Mention; to: Mention }
  | { form: 'moved'; name: Mention; fromPath: string | null; to: string | null }
  | {
      form: 'value';
      name: Mention;
      old: StatedValue | null;
      new: StatedValue | null;
      trend: 'up' | 'down' | null;
    }
  | { form: 'file'; status: 'added' | 'deleted' | 'renamed'; file: string; to: string | null }
);

type Token = ProseToken;
const isWord = (token: Token | undefined, words: ReadonlySet<string> | string): boolean =>
  token?.kind === 'word' && (typeof words === 'string' ? token.text === words : words.has(token.text));
const wordAt = (token: Token | undefined): string => (token?.kind === 'word' ? token.text : '');

/** Stands for a space that does not end a sentence. */
const codeSpace = '\u2060';

/** Splits into sentences and list items. A full stop within a name does not end a sentence. */
export const splitSentences = (text: string): string[] =>
  text
    // Nor does one within a span of code.
    .replace(/`[^`\n]{1,300}`/gu, (span) => span.replace(/(?<=[.!?])\s/gu, codeSpace))
    .split(/\n+|(?<=[.!?。！？])\s+|(?<=[。！？])/u)
    .map((sentence) => sentence.replaceAll(codeSpace, ' ').trim())
    .filter((sentence) => sentence.length > 0);

/** Longer sentences are no sentences. */
const maxTokens = 400;

/** The facts that a text states, sentence by sentence. */
export function readStatements(
  text: string,
  index: DiffIndex,
): { sentence: string; statements: Statement[] }[] {
  const read: { sentence: string; statements: Statement[] }[] = [];
  for (const sentence of splitSentences(text)) {
    const body = sentence.replace(/^(?:[-*+•]|\d+[.)])\s+/u, '');
    if (index.repeats(body)) continue;
    const tokens = foldPhrases(readProse(body, index)).slice(0, maxTokens);
    if (denies(tokens)) {
      // "This is not true." takes back what stands before it.
      for (const before of read) before.statements = [];
      continue;
    }
    read.push({ sentence, statements: /\?\s*$/.test(body) ? [] : readSentence(tokens, index) });
  }
  return read;
}

const word = (token: Token, text: string): Token => ({
  kind: 'word',
  text,
  start: token.start,
  end: token.end,
});

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
  [/^takes? the place of$/, 'replaces'],
  [/^gives? way to$/, 'replaced-by'],
  [/^(?:is|are|was|were) gone$/, 'disappeared'],
  [/^(?:swapped|exchanged|substituted) (?:for|by|with)$/, 'replaced-by'],
  [/^(?:replaced|superseded) (?:by|with)$/, 'replaced-by'],
];

function foldPhrases(tokens: Token[]): Token[] {
  const folded: Token[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (!token) break;
    const text = (length: number) =>
      tokens
        .slice(at, at + length)
        .map(wordAt)
        .join(' ');
    const found = [4, 3, 2].flatMap((length) =>
      phrases.flatMap(([form, put]) => (form.test(text(length)) ? [{ length, put }] : [])),
    )[0];
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
function denies(tokens: Token[]): boolean {
  const words = tokens.filter(({ kind }) => kind !== 'mark');
  if (words.length === 0 || words.length > 9 || words.some(({ kind }) => kind !== 'word')) return false;
  const negates = words.some((token) => isNegation(token));
  if (words.length === 1) return negates || /^(?:wrong|false|untrue|incorrect|nope)$/.test(wordAt(words[0]));
  const meant = words.some(({ text }) =>
    /^(?:false|untrue|wrong|incorrect|true|so|case|happened|happen|correct|right|real|really|opposite|reverse|contrary|accurate|did|does|was|is)$/.test(
      text,
    ),
  );
  return (
    pronouns.test(wordAt(words[0])) &&
    meant &&
    (negates ||
      words.some(({ text }) => /^(?:opposite|reverse|contrary|mistake|lie|myth|nonsense)$/.test(text)))
  );
}

/** "tries to add" and "claims that" are no facts; "three tries" and "the claims" are nouns. */
const isModal = (token: Token, next: Token | undefined, following: string): boolean =>
  token.kind === 'word' &&
  (modals.has(token.text) ||
    /^(?:won|can|could|would|should)['’]t$/.test(token.text) ||
    (volitions.has(token.text) &&
      (/^(?:to|that|the|it|this)$/.test(wordAt(next)) ||
        next?.kind === 'name' ||
        (next === undefined && following === 'that'))));

const isNegation = (token: Token): boolean =>
  token.kind === 'word' && (negations.has(token.text) || /n['’]t$/.test(token.text));

type Clause = {
  tokens: Token[];
  /** The word or mark that stands before it. */
  link: string;
};

function splitClauses(tokens: Token[]): Clause[] {
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
        : token.kind === 'mark' && !/^(?:=|'s|->|→)$/.test(token.text);
    if (isBreak) close(token.text);
    else current.tokens.push(token);
  }
  close('');
  return clauses;
}

type Verb = {
  at: number;
  of: VerbClass | 'replaced-by';
  base: string;
  voice: 'active' | 'passive' | 'bare-participle';
  gone: boolean;
};

/** A clause without a verb: names with the words that may stand around them. It goes on with a list. */
const isBare = ({ tokens }: Clause): boolean =>
  tokens.some(({ kind }) => kind === 'name' || kind === 'path') &&
  tokens.every(
    (token) =>
      token.kind !== 'word' ||
      determiners.has(token.text) ||
      adjectives.has(token.text) ||
      kinds.has(token.text) ||
      adverbs.has(token.text) ||
      prepositions.has(token.text) ||
      isNegation(token),
  ) &&
  findVerb(tokens) === null;

function readSentence(all: Token[], index: DiffIndex): Statement[] {
  const clauses = splitClauses(all);
  const out: Statement[] = [];
  const paths = [...new Set(all.flatMap((token) => (token.kind === 'path' ? [token.text] : [])))];
  let subject: Token[] = [];
  let pending: Token[][] = [];
  /** The last clause with a verb, to which a list may go on. */
  let open: {
    clause: Clause;
    verb: Verb;
    silent: boolean;
    subject: Token[];
    whole: boolean;
    names: number;
    listed: boolean;
  } | null = null;
  let carried = false;
  for (const [place, clause] of clauses.entries()) {
    const negated = clause.tokens.some(isNegation);
    const modal = clause.tokens.some((token, at) =>
      isModal(token, clause.tokens[at + 1], clauses[place + 1]?.link ?? ''),
    );
    const whole =
      /^(?:which|that|this|it)$/.test(clause.link) && clause.tokens[0]
        ? [word(clause.tokens[0], clause.link), ...clause.tokens]
        : clause.tokens;
    if (place > 0 && denies(whole)) {
      out.length = 0;
      carried = true;
      continue;
    }
    if (/^(?:but|however|yet)$/.test(clause.link)) carried = false;
    if (clause.link === 'without') continue;
    const hasVerb = findVerb(clause.tokens);
    const goesOn = /^(?:,|and|or|plus|\()$/.test(clause.link);
    if (!hasVerb && isBare(clause) && clause.link !== 'instead-of' && clause.link !== 'in-favour-of') {
      const silent = negated || modal || carried;
      const begins = open !== null && /^[:—–]$/.test(clause.link) && open.names === 0;
      if (open && (begins || (open.listed && goesOn))) {
        open.listed = true;
        if (!open.silent && !silent)
          out.push(
            ...(open.verb.voice === 'active'
              ? statementsOf(clause, open.verb, open.subject, index, true)
              : statementsOf(open.clause, open.verb, clause.tokens, index, false)),
          );
      } else if (open && open.verb.voice === 'active' && goesOn && clause.link !== '(' && !open.whole) {
        if (clause.link === 'or') out.length = 0;
        else if (!open.silent && !silent)
          out.push(
            ...statementsOf({ ...clause, tokens: clause.tokens }, open.verb, open.subject, index, true),
          );
      } else if (clause.link !== '(')
        pending.push(silent ? [...clause.tokens, word(clause.tokens[0] as Token, 'not')] : clause.tokens);
      if (clause.link === 'or') pending.push([word(clause.tokens[0] as Token, 'not')]);
      continue;
    }
    if (clause.link === 'instead-of' || clause.link === 'in-favour-of') {
      if (!carried && !negated && !hasVerb && open?.silent !== true)
        for (const name of mentionsOf(clause.tokens, index).core)
          out.push({
            form: clause.link === 'instead-of' ? 'removed' : 'added',
            name,
            use: 'any',
            within: null,
            module: null,
            path: null,
            loose: true,
          });
      continue;
    }
    const silentPending = pending.flat().some(isNegation);
    const silent =
      negated || modal || carried || silentPending || (clause.link === 'that' && hasVerb?.voice === 'active');
    const lead = hasVerb ? clause.tokens.slice(0, Math.max(0, subjectEnd(clause.tokens, hasVerb))) : [];
    const ownSubject = lead.some(({ kind }) => kind !== 'mark');
    const inherits = !ownSubject && clause.link !== '' && clause.link !== ':' && clause.link !== ';';
    const isRelative = clause.link === 'which';
    const antecedent = clauses[place - 1]?.tokens.filter(({ kind }) => kind === 'name').slice(-1) ?? [];
    const subjects = ownSubject
      ? [...pending.flatMap((each) => [...each, comma(each)]), ...lead]
      : pending.length > 0
        ? pending.flatMap((each) => [...each, comma(each)])
        : isRelative
          ? antecedent
          : inherits
            ? subject
            : [];
    if (hasVerb) {
      if (!silent) out.push(...statementsOf(clause, hasVerb, subjects, index, false));
      const rest = clause.tokens.slice(hasVerb.at + 1);
      open = {
        clause,
        verb: hasVerb,
        silent,
        subject: subjects,
        whole: rest.some((token) => isWord(token, prepositions) && !isLinked(rest, token)),
        names: (hasVerb.voice === 'active' ? rest : subjects).filter(({ kind }) => kind === 'name').length,
        listed: false,
      };
      subject = subjects;
      pending = [];
    } else if (!silent) {
      // "`x`, which is 3": what stands before it bears the value.
      const bearers =
        pending.length > 0 ? pending.flat() : /^(?:which|,)$/.test(clause.link) ? antecedent : [];
      out.push(
        ...copulaOf(
          /^(?:is|are|=)$/.test(clause.tokens[0]?.text ?? '')
            ? [...bearers, ...clause.tokens]
            : clause.tokens,
          index,
        ),
      );
    }
    if (!hasVerb) {
      const named = clause.tokens.some(({ kind }) => kind === 'name' || kind === 'path');
      if (named) subject = clause.tokens;
      pending = [];
      open = null;
    }
    if (!silent) out.push(...newNames(clause.tokens, index));
    if (clause.tokens.some((token) => isWord(token, doubts))) carried = true;
    if (
      (negated || modal) &&
      (/\b(?:that|true|case|whether|neither|nor|false|untrue|wrong)\b/.test(
        clause.tokens.map(wordAt).join(' '),
      ) ||
        /^:$/.test(clauses[place + 1]?.link ?? ''))
    )
      carried = true;
  }
  // A sentence's only path says where its facts are.
  const [path] = paths;
  return out.map((statement) =>
    statement.path === null &&
    paths.length === 1 &&
    path !== undefined &&
    statement.form !== 'file' &&
    statement.form !== 'moved' &&
    !('module' in statement && statement.module === path)
      ? { ...statement, path }
      : statement,
  );
}

const comma = (tokens: Token[]): Token => ({
  kind: 'mark',
  text: ',',
  start: tokens.at(-1)?.end ?? 0,
  end: tokens.at(-1)?.end ?? 0,
});
const isLinked = (tokens: Token[], token: Token): boolean =>
  linking.has(wordAt(tokens[tokens.indexOf(token) - 1]));
const subjectEnd = (tokens: Token[], verb: Verb): number => {
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
function findVerb(tokens: Token[]): Verb | null {
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

type Mentions = {
  /** What the phrase is about, and what its other parts name, by preposition. */
  core: Mention[];
  files: string[];
  after: Map<string, (Mention & { path: boolean })[]>;
  values: Map<string, StatedValue[]>;
  /** "a call to `x`": the noun that links to the name. */
  link: string;
};

/** Names, paths and values of a noun phrase and of the phrases behind it. */
function mentionsOf(tokens: Token[], index: DiffIndex): Mentions {
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
      if (token.text === ',') [preposition, noun] = ['', ''];
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
    const written = index.holders.has(text) ? text : undefined;
    if (written !== undefined) return written;
  }
  return phraseName(tokens.slice(Math.max(0, at - 3), at), index);
}

/** Several plain words that are the parts of one name of the diff: "retry limit" is `retryLimit`. */
function phraseName(tokens: Token[], index: DiffIndex): string | null {
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

const isGeneric = (tokens: Token[]): boolean =>
  tokens.every(
    (token) =>
      token.kind === 'mark' ||
      token.kind === 'path' ||
      (token.kind === 'word' &&
        (generic.has(token.text) ||
          determiners.has(token.text) ||
          adjectives.has(token.text) ||
          adverbs.has(token.text) ||
          prepositions.has(token.text) ||
          token.text === 'no-longer' ||
          token.text === 'to' ||
          (kinds.has(token.text) &&
            /^(?:migration|module|file|test|script|library|package|version)s?$/.test(token.text)))),
  );

function statementsOf(
  clause: Clause,
  verb: Verb,
  subjects: Token[],
  index: DiffIndex,
  isContinued: boolean,
): Statement[] {
  const after = isContinued ? clause.tokens : clause.tokens.slice(verb.at + 1);
  const subject = mentionsOf(subjects, index);
  const object = mentionsOf(after, index);
  const now = clause.tokens.some((token) => isWord(token, 'now'));
  const subjectNames = subject.core;
  const strict = isGeneric(subjects) || now || verb.gone;
  const subjectPath = subject.files[0] ?? null;
  const passive = verb.voice !== 'active';
  const placeOf = (mentions: Mentions, words: string[]) => {
    for (const each of words) {
      const [place] = mentions.after.get(each) ?? [];
      if (place) return place;
    }
    return null;
  };
  const places = (words: string[]) => {
    const place = placeOf(object, words) ?? (passive ? placeOf(subject, words) : null);
    return { within: place && !place.path ? place.text : null, path: place?.path ? place.text : null };
  };
  const agentive = passive && object.after.has('by');
  const base = { path: null as string | null, loose: false };

  const change = (
    form: 'added' | 'removed',
    mentions: Mentions,
    where: { within: string | null; path: string | null },
    loose: boolean,
    use: 'any' | 'call' | 'import' | 'use' = 'any',
  ): Statement[] => {
    const linkedUse = /^call|^invocation/.test(mentions.link)
      ? 'call'
      : /^import/.test(mentions.link)
        ? 'import'
        : /^us|^reference/.test(mentions.link)
          ? 'use'
          : use;
    const names = mentions.core.map(
      (name): Statement => ({
        ...base,
        form,
        name,
        use: linkedUse,
        within: where.within,
        module: null,
        path: where.path,
        loose,
      }),
    );
    if (names.length > 0) return names;
    return mentions.files.map(
      (file): Statement => ({
        ...base,
        form: 'file',
        status: form === 'added' ? 'added' : 'deleted',
        file,
        to: null,
        loose,
      }),
    );
  };

  switch (verb.of) {
    case 'add':
    case 'remove': {
      const form = verb.of === 'add' ? 'added' : 'removed';
      if (verb.gone) return [];
      const words =
        verb.of === 'add'
          ? ['to', 'into', 'in', 'within', 'inside', 'on', 'of']
          : ['from', 'of', 'in', 'within', 'inside'];
      if (passive) return change(form, subject, places(words), agentive);
      const where = places(words);
      const from = verb.base === 'drop' && valueStatement(subject, object, 'down', index);
      if (from) return from;
      const inSubject =
        where.within === null && where.path === null && subjectPath !== null
          ? { within: null, path: subjectPath }
          : where;
      return change(form, object, inSubject, !strict);
    }
    case 'arrive':
    case 'depart':
      if (passive || (verb.gone && !/^(?:exist|occur)$/.test(verb.base))) return [];
      if (/^(?:exist|occur)$/.test(verb.base) && (verb.gone || now))
        return change(verb.gone ? 'removed' : 'added', subject, places(['in']), false);
      if (/^(?:exist|occur)$/.test(verb.base)) return [];
      if (
        /^go(?:es|ing)?$|^went$|^gone$/.test(wordAt(clause.tokens[verb.at])) &&
        (object.values.size > 0 || object.core.length > 0)
      )
        return valueStatement(subject, object, null, index, subjects) ?? [];
      if (verb.base === 'go' && after.length > 0 && !isWord(after[0], adverbs) && wordAt(after[0]) !== 'away')
        return [];
      if (isWord(after[0], 'to')) return [];
      return change(
        verb.of === 'arrive' ? 'added' : 'removed',
        subject,
        places(['in', 'to', 'on', 'from']),
        false,
      );
    case 'gain':
    case 'lose': {
      if (verb.gone && verb.of === 'gain') {
        const [owner] = subjectNames;
        return change('removed', object, { within: owner?.text ?? null, path: subjectPath }, true);
      }
      if (passive) return [];
      const [owner] = subjectNames;
      const certain = /^(?:gain|acquire|lose|shed)$/.test(verb.base) || now;
      const byValue = /^(?:have|get|take)$/.test(verb.base)
        ? valueStatement(subject, object, null, index)
        : null;
      if (byValue) return byValue;
      return change(
        verb.of === 'gain' ? 'added' : 'removed',
        object,
        { within: owner?.text ?? null, path: subjectPath },
        !certain,
      );
    }
    case 'rename': {
      if (verb.gone) return [];
      const [from] = passive ? subject.core : object.core;
      const [to] = [
        ...(object.after.get('to') ?? []),
        ...(object.after.get('as') ?? []),
        ...(object.after.get('into') ?? []),
        // "`x` is renamed `y`"
        ...(passive ? object.core.map((name) => ({ ...name, path: false })) : []),
      ];
      const place = places(['in', 'of']);
      if (from && to && !to.path) return [{ ...base, form: 'renamed', from, to, path: place.path }];
      const [file] = passive ? subject.files : object.files;
      return file !== undefined && to?.path
        ? [{ ...base, form: 'file', status: 'renamed', file, to: to.text }]
        : [];
    }
    case 'replaced-by': {
      const [from] = subject.core;
      const [to] = object.core;
      const byValue = from && !to ? valueStatement(subject, object, null, index) : null;
      if (byValue) return byValue;
      return from && to ? [{ ...base, form: 'replaced', from, to, path: places(['in']).path }] : [];
    }
    case 'replace': {
      if (verb.gone || passive) return [];
      const [from] = object.core;
      const [to] = [
        ...(object.after.get('with') ?? []),
        ...(object.after.get('by') ?? []),
        ...(object.after.get('for') ?? []),
      ];
      const path = places(['in']).path ?? subjectPath;
      if (verb.base === 'swap' || verb.base === 'replace' || verb.base === 'exchange') {
        if (from && to && !to.path) return [{ ...base, form: 'replaced', from, to, path, loose: !strict }];
      }
      const [by] = subjectNames;
      if (from && by && (verb.base === 'replace' || verb.base === 'supersede'))
        return [{ ...base, form: 'replaced', from, to: by, path, loose: false }];
      return [];
    }
    case 'move': {
      if (verb.gone) return [];
      const names = passive ? subject.core : object.core.length > 0 ? object.core : subject.core;
      const to = placeOf(object, ['to', 'into', 'in', 'inside']);
      const from = placeOf(object, ['from', 'of']);
      if (names.length === 0) {
        const [file] = passive ? subject.files : object.files;
        return file !== undefined && to?.path
          ? [{ ...base, form: 'file', status: 'renamed', file, to: to.text }]
          : [];
      }
      if (!to && !from)
        return (
          valueStatement(passive || object.core.length === 0 ? subject : object, object, null, index) ?? []
        );
      return names.map(
        (name): Statement => ({
          ...base,
          form: 'moved',
          name,
          fromPath: from?.path ? from.text : null,
          to: to?.text ?? null,
          path: null,
          loose: !(passive || strict || object.core.length === 0),
        }),
      );
    }
    case 'import':
    case 'call':
    case 'use': {
      const names = passive ? subject : object;
      const [owner] = passive
        ? (object.after.get('by') ?? object.after.get('in') ?? object.after.get('from') ?? [])
        : subjectNames;
      const ownerPath = passive && owner && 'path' in owner && owner.path ? owner.text : subjectPath;
      const within = owner && !('path' in owner && owner.path) ? owner.text : null;
      const from = passive ? null : placeOf(object, ['from']);
      // "is called `x`" names something.
      if (passive && verb.of === 'call' && subject.core.length === 0) return [];
      if (passive && verb.of === 'call' && object.core.length > 0)
        return now && subject.core[0] && object.core[0]
          ? [{ ...base, form: 'renamed', from: subject.core[0], to: object.core[0] }]
          : [];
      const form = verb.gone ? 'removed' : 'added';
      const place = passive ? null : placeOf(object, ['in', 'within', 'inside']);
      return names.core.map(
        (name): Statement => ({
          ...base,
          form,
          name,
          use: verb.of === 'import' ? 'import' : verb.of === 'call' ? 'call' : 'use',
          within: verb.of === 'import' ? within : (within ?? (place && !place.path ? place.text : null)),
          module: verb.of === 'import' ? (from?.text ?? null) : null,
          path: ownerPath ?? (place?.path ? place.text : null),
          loose: !verb.gone && !now,
        }),
      );
    }
    case 'rise':
    case 'fall':
    case 'set': {
      if (verb.gone) return [];
      const trend =
        verb.of === 'rise' && verb.base !== 'bump' && verb.base !== 'upgrade'
          ? 'up'
          : verb.of === 'fall' && verb.base !== 'downgrade'
            ? 'down'
            : null;
      // "`f` cuts the text to 40" sets nothing that is named.
      const isIntransitive =
        after.length === 0 ||
        isWord(after[0], prepositions) ||
        isWord(after[0], adverbs) ||
        after[0]?.kind === 'value';
      const ofSubject = passive || isIntransitive;
      const read = valueStatement(
        ofSubject ? subject : object,
        object,
        trend,
        index,
        ofSubject ? subjects : after,
      );
      if (read) return read;
      const [by] = object.after.get('by') ?? [];
      if (verb.base === 'extend' && passive && by && !by.path)
        return [
          {
            ...base,
            form: 'added',
            name: by,
            use: 'any',
            within: subject.core[0]?.text ?? null,
            module: null,
          },
        ];
      const [from] = object.after.get('from') ?? [];
      const [to] = object.after.get('to') ?? [];
      if (
        from &&
        to &&
        !from.path &&
        !to.path &&
        /^(?:switch|migrate|change|turn|convert|alter|update)$/.test(verb.base)
      )
        return [{ ...base, form: 'replaced', from, to }];
      const [became] = object.core;
      const [was] = subject.core;
      if (verb.base === 'become' && was && became)
        return [{ ...base, form: 'renamed', from: was, to: became, loose: true }];
      return [];
    }
  }
}

/** "`x` from 3 to 5", "the default of `x` to 5". Null: no name, or no value. */
function valueStatement(
  bearer: Mentions,
  object: Mentions,
  trend: 'up' | 'down' | null,
  index: DiffIndex,
  words?: Token[],
): Statement[] | null {
  const asValue = (preposition: string): StatedValue[] | undefined =>
    bearer.core.length > 0
      ? object.after
          .get(preposition)
          ?.filter(({ path }) => !path)
          .map(({ text }) => ({ value: { kind: 'word', text }, unit: '' }))
      : undefined;
  const [old] = object.values.get('from') ?? bearer.values.get('from') ?? asValue('from') ?? [];
  const [next] =
    object.values.get('to') ??
    object.values.get('at') ??
    object.values.get('with') ??
    object.values.get('by') ??
    (old || trend ? undefined : object.values.get('')) ??
    (trend === null ? asValue('to') : undefined) ??
    [];
  if (!old && !next) return null;
  const linked = bearer.after.get('of') ?? bearer.after.get('for') ?? [];
  const name = bearer.core[0] ?? linked.find(({ path }) => !path) ?? valueName(words ?? [], index);
  if (!name) return null;
  // "raised by 5" gives no value.
  if (!old && object.values.has('by') && !object.values.has('to') && trend) return null;
  const [place] = [...(object.after.get('in') ?? []), ...(bearer.after.get('in') ?? [])].filter(
    ({ path }) => path,
  );
  return [
    {
      form: 'value',
      name: { text: name.text, noun: name.noun },
      old: old ?? null,
      new: next ?? null,
      trend,
      path: place?.text ?? bearer.files[0] ?? null,
      loose: false,
    },
  ];
}

/** What a value belongs to, in plain words: the parts of one name, or the one word that is a setting of the diff. */
function valueName(tokens: Token[], index: DiffIndex): Mention | null {
  const head = tokens.slice(
    0,
    Math.max(
      0,
      ...[tokens.findIndex((token) => /^(?:from|to|at)$/.test(wordAt(token)))].map((at) =>
        at < 0 ? tokens.length : at,
      ),
    ),
  );
  const phrase = phraseName(head, index);
  if (phrase !== null) return { text: phrase, noun: '' };
  const last = head.filter(
    (token) =>
      token.kind === 'word' &&
      !determiners.has(token.text) &&
      !adverbs.has(token.text) &&
      !auxiliaries.has(token.text),
  );
  const [only] = last;
  const isSetting = (name: string) =>
    index.files.some((file) => (file.names.get(name)?.settings.length ?? 0) > 0);
  return last.length === 1 && only && isSetting(only.text) ? { text: only.text, noun: '' } : null;
}

/** "`x` is now 3", "`x` = 3", "`x` (3)" and "the default of `x` is 3". */
function copulaOf(tokens: Token[], index: DiffIndex): Statement[] {
  const at = tokens.findIndex((token) =>
    /^(?:is|are|=|equals|defaults)$/.test(token.kind === 'word' || token.kind === 'mark' ? token.text : ''),
  );
  const read = (value: Token | undefined): StatedValue | null => {
    if (value?.kind === 'value') return { value: value.value, unit: value.unit };
    return value?.kind === 'word' && /^(?:true|false|null|nil)$/.test(value.text)
      ? { value: { kind: 'word', text: value.text }, unit: '' }
      : null;
  };
  if (at <= 0) return [];
  const rest = tokens
    .slice(at + 1)
    .filter(
      (token) =>
        !(
          token.kind === 'word' &&
          (adverbs.has(token.text) ||
            determiners.has(token.text) ||
            token.text === 'to' ||
            token.text === 'set')
        ),
    );
  const next = rest[0]?.kind === 'word' && /^new$/.test(rest[0].text) ? null : read(rest[0]);
  const lead = tokens.slice(0, at);
  const subject = mentionsOf(lead, index);
  const isNew =
    isWord(rest[0], 'new') &&
    (rest.length === 1 ||
      (kinds.has(wordAt(rest[1])) && (rest.length === 2 || isWord(rest[2], prepositions))));
  if (isNew)
    return subject.core.map(
      (name): Statement => ({
        form: 'added',
        name,
        use: 'any',
        within: null,
        module: null,
        path: null,
        loose: false,
      }),
    );
  if (!next || rest.length > 4) return [];
  const statements = valueStatement(
    subject,
    { ...subject, values: new Map([['to', [next]]]), after: new Map() },
    null,
    index,
    lead,
  );
  return statements ?? [];
}

/** "a new `x`", "the new function x", "the removed `y`". Such words may also tell what a program does. */
function newNames(tokens: Token[], index: DiffIndex): Statement[] {
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
    const phrase = rest.slice(0, end < 0 ? 0 : end + 2);
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
