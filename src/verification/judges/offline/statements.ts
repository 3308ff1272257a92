import {
  type Clause,
  denies,
  foldPhrases,
  isDenial,
  isModal,
  isNegation,
  isRefusal,
  openBrackets,
  splitClauses,
} from './clauses.ts';
import type { DiffIndex } from './diff-index.ts';
import { findVerb, subjectEnd, type Verb } from './direction-verbs.ts';
import {
  adjectives,
  adverbs,
  auxiliaries,
  conditions,
  determiners,
  doubts,
  kinds,
  linking,
  orders,
  prepositions,
} from './grammar.ts';
import { mentionsOf } from './mentions.ts';
import { comma, isWord, type ProseToken, readProse, word, wordAt } from './prose-tokens.ts';
import { statementsOf } from './stated-changes.ts';
import { newNames } from './stated-names.ts';
import { statedPairs, statedQuantities } from './stated-quantities.ts';
import { copulaOf } from './stated-values.ts';
import type { Statement } from './statement.ts';

type Token = ProseToken;

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

/**
 * Whether a sentence gives a condition or an order. `values`: what it holds of numbers and texts. `tokens`: all that was
 * read of it, and `isAllRead` whether that is all that it says. `silent`: its clauses with a verb that state nothing.
 */
export type ReadSentence = {
  sentence: string;
  tokens: Token[];
  isAllRead: boolean;
  silent: Token[][];
  statements: Statement[];
  hasCondition: boolean;
  hasOrder: boolean;
  values: string[];
};

/** The facts that a text states, sentence by sentence. */
export function readStatements(text: string, index: DiffIndex): ReadSentence[] {
  const read: ReadSentence[] = [];
  let subject: Token | null = null;
  for (const sentence of splitSentences(text)) {
    const body = sentence.replace(/^(?:[-*+•]|\d+[.)])\s+/u, '');
    if (index.repeats(body)) continue;
    const prose = readProse(body, index);
    const tokens = withSubject(openBrackets(foldPhrases(prose)).slice(0, maxTokens), subject);
    if (denies(tokens)) {
      // "This is not true." takes back what stands before it.
      for (const before of read) before.statements = [];
      continue;
    }
    subject = leadName(tokens);
    const { statements, silent } = /\?\s*$/.test(body)
      ? { statements: [], silent: [tokens] }
      : readSentence(tokens, index);
    read.push({
      sentence,
      statements,
      tokens,
      isAllRead: prose.length <= maxTokens && !hasOtherMarks(body, prose),
      silent,
      hasCondition: tokens.some((token) => isWord(token, conditions)),
      // "after 15 minutes" is a time.
      hasOrder: tokens.some((token, at) => isWord(token, orders) && tokens[at + 1]?.kind !== 'value'),
      values: tokens.flatMap((token) => (token.kind === 'value' ? [token.value.text] : [])),
    });
  }
  return read;
}

/** Whether marks stand between the tokens that say something: "> 10", "-3", "`x` + `y`". */
function hasOtherMarks(body: string, tokens: Token[]): boolean {
  let end = 0;
  for (const { start, end: next } of [...tokens, { start: body.length, end: body.length }]) {
    if (/[^\s.*_"'`“”]/u.test(body.slice(end, start))) return true;
    end = Math.max(end, next);
  }
  return false;
}

/** The name that a sentence begins with. */
function leadName(tokens: Token[]): Token | null {
  const at = tokens.findIndex(
    (token) => !isWord(token, determiners) && !isWord(token, adjectives) && !isWord(token, kinds),
  );
  const first = tokens[at];
  return first?.kind === 'name' ? first : null;
}

/** "It returns …" speaks of what the sentence before began with. */
const withSubject = (tokens: Token[], subject: Token | null): Token[] =>
  subject && isWord(tokens[0], 'it') ? [subject, ...tokens.slice(1)] : tokens;

/** ", a minute": an item of a list that names nothing. */
const isFiller = ({ tokens, link }: Clause): boolean =>
  /^(?:,|and)$/.test(link) &&
  tokens.length <= 4 &&
  isWord(tokens[0], determiners) &&
  tokens.every(({ kind }) => kind === 'word') &&
  !tokens.some((token) => isWord(token, auxiliaries) || isNegation(token)) &&
  findVerb(tokens) === null;

/** ", warn": one or two words of a list. */
const isPlainItem = ({ tokens }: Clause): boolean =>
  tokens.length <= 2 &&
  tokens.every(({ kind }) => kind === 'word') &&
  !tokens.some((token) => isWord(token, auxiliaries) || isNegation(token)) &&
  findVerb(tokens) === null;

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

type Open = {
  clause: Clause;
  verb: Verb;
  silent: boolean;
  subject: Token[];
  whole: boolean;
  names: number;
  listed: boolean;
};

function readSentence(all: Token[], index: DiffIndex): { statements: Statement[]; silent: Token[][] } {
  const clauses = splitClauses(all);
  const out: Statement[] = [...statedQuantities(all, index), ...statedPairs(all, index)];
  const paths = [...new Set(all.flatMap((token) => (token.kind === 'path' ? [token.text] : [])))];
  let subject: Token[] = [];
  let pending: Token[][] = [];
  /** The last clause with a verb, to which a list may go on. */
  let open: Open | null = null;
  /** The same outside of relative clauses: "adds `x`, which …, and `y`, which …". */
  let main: Open | null = null;
  let carried = false;
  const silentClauses: Token[][] = [];
  for (const [place, clause] of clauses.entries()) {
    const negated = clause.tokens.some(isNegation);
    const modal = clause.tokens.some((token, at) =>
      isModal(token, clause.tokens[at + 1], clauses[place + 1]?.link ?? ''),
    );
    const whole =
      /^(?:which|that)$/.test(clause.link) && clause.tokens[0]
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
    if (isFiller(clause)) {
      silentClauses.push(clause.tokens);
      continue;
    }
    if (!hasVerb && isBare(clause) && clause.link !== 'instead-of' && clause.link !== 'in-favour-of') {
      if (main && goesOn && /^(?:which|that)$/.test(clauses[place + 1]?.link ?? '')) open = main;
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
    // "a type `x` with error, warn and info methods is added": plain words go on with what stands before them.
    if (pending.length > 0 && goesOn && isPlainItem(clause)) {
      silentClauses.push(clause.tokens);
      continue;
    }
    if (clause.link === 'instead-of' || clause.link === 'in-favour-of') {
      // "instead of calling `x`"
      const gerund =
        hasVerb?.at === 0 && (hasVerb.of === 'call' || hasVerb.of === 'import' || hasVerb.of === 'use')
          ? hasVerb.of
          : null;
      if (!carried && !negated && (!hasVerb || gerund) && open?.silent !== true)
        for (const name of mentionsOf(clause.tokens.slice(gerund ? 1 : 0), index).core)
          out.push({
            form: clause.link === 'instead-of' ? 'removed' : 'added',
            name,
            use: gerund ?? 'any',
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
      const stated = silent ? [] : statementsOf(clause, hasVerb, subjects, index, false);
      out.push(...stated);
      if (stated.length === 0) silentClauses.push(clause.tokens);
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
      if (!isRelative && clause.link !== 'that') main = open;
      subject = subjects;
      pending = [];
    } else if (!silent) {
      // "`x`, which is 3": what stands before it bears the value.
      const bearers =
        pending.length > 0 ? pending.flat() : /^(?:which|,)$/.test(clause.link) ? antecedent : [];
      const stated = copulaOf(
        /^(?:is|are|=)$/.test(clause.tokens[0]?.text ?? '') ? [...bearers, ...clause.tokens] : clause.tokens,
        index,
      );
      out.push(...stated);
      if (stated.length === 0) silentClauses.push(clause.tokens);
    } else silentClauses.push(clause.tokens);
    if (!hasVerb) {
      if (!/^(?:which|that|whose|who|where)$/.test(clause.link)) main = null;
      const named = clause.tokens.some(({ kind }) => kind === 'name' || kind === 'path');
      const begins = leadName(clause.tokens);
      if (named) subject = begins ? [begins] : clause.tokens;
      pending = [];
      open = null;
    }
    const refusal = clause.tokens.findIndex(isRefusal);
    const isDenied = clause.tokens.some(isDenial) || modal || carried || silentPending;
    if (!isDenied)
      out.push(...newNames(refusal < 0 ? clause.tokens : clause.tokens.slice(0, refusal), index));
    if (clause.tokens.some((token) => isWord(token, doubts))) carried = true;
    if (
      (negated || modal) &&
      (/\b(?:that|true|case|whether|neither|nor|false|untrue|wrong)\b/.test(
        clause.tokens
          .slice(
            clause.tokens.findIndex(
              (token, at) => isNegation(token) || isModal(token, clause.tokens[at + 1], 'that'),
            ),
          )
          .map(wordAt)
          .join(' '),
      ) ||
        /^:$/.test(clauses[place + 1]?.link ?? ''))
    )
      carried = true;
  }
  // "A new class `x`." has no verb.
  for (const tokens of pending) if (!tokens.some(isNegation)) out.push(...newNames(tokens, index));
  // A sentence's only path says where its facts are.
  const [path] = paths;
  const statements = out.map((statement) =>
    statement.path === null &&
    paths.length === 1 &&
    path !== undefined &&
    statement.form !== 'file' &&
    statement.form !== 'moved' &&
    !('module' in statement && statement.module === path)
      ? { ...statement, path }
      : statement,
  );
  return { statements, silent: silentClauses };
}

const isLinked = (tokens: Token[], token: Token): boolean =>
  linking.has(wordAt(tokens[tokens.indexOf(token) - 1]));
