import type { DiffEvidence } from './diff-evidence.ts';
import type { Term } from './terms.ts';

/** The words that a direction is read from. Part of the published rule. */
export const directionWords = {
  additions:
    'add adds added adding introduce introduces introduced introducing gain gains gained create creates created creating',
  removals:
    'remove removes removed removing delete deletes deleted deleting drop drops dropped dropping eliminate eliminates eliminated discard discards discarded',
  rises:
    'raise raises raised increase increases increased rise rises rose grow grows grew extend extends extended up',
  falls:
    'lower lowers lowered decrease decreases decreased reduce reduces reduced shrink shrinks shrank shorten shortens shortened down',
  turns:
    'change changes changed move moves moved go goes went upgrade upgrades upgraded switch switches switched bump bumps bumped rename renames renamed set sets cut cuts turn turns turned',
  auxiliaries: 'is are was were be been being gets got',
  /** An object ends before one of these. */
  ends: 'and but while so which that because from in into by for with through to on at before after between of when where as than whose who if unless until instead rather favour favor',
};

const set = (words: string) => new Set(words.split(' '));
const additions = set(directionWords.additions);
const removals = set(directionWords.removals);
const rises = set(directionWords.rises);
const falls = set(directionWords.falls);
const turns = set(directionWords.turns);
const auxiliaries = set(directionWords.auxiliaries);
const ends = set(directionWords.ends);

type Side = 'added' | 'removed' | 'old' | 'new';

/**
 * Whether the diff contradicts the direction that a text gives to a change. It does in these cases: something "added"
 * stands on no more added lines than removed ones; something "removed" stands on no more removed lines than added ones;
 * something "old" stands on added lines only; something "new" stands on removed lines only; a number that "rises"
 * falls, or the reverse. Only terms on changed lines can contradict, and if one of several fits, nothing is
 * contradicted.
 */
export function contradictsDirection(text: string, terms: Term[], evidence: DiffEvidence): boolean {
  const wrong = (objects: Term[], side: Side): boolean => {
    const decisive = objects.filter(({ kind }) => kind === 'name' || kind === 'plain' || kind === 'number');
    const found = decisive
      .map((term) => evidence.balance(term))
      .filter(({ added, removed }) => added + removed > 0);
    if (found.length === 0) {
      // A name that stands on unchanged lines only was neither added nor removed.
      return (side === 'added' || side === 'removed') && decisive.some(({ kind }) => kind === 'name');
    }
    return found.every(({ added, removed, goes }) => {
      if (side === 'added') return added <= removed;
      if (side === 'removed') return removed + goes <= added - goes;
      return side === 'new' ? added === 0 : removed + goes === 0;
    });
  };

  return terms.some((term, at) => {
    const word = term.word;
    const two = `${word} ${terms[at + 1]?.word ?? ''}`;
    if (additions.has(word) || removals.has(word)) {
      const side = additions.has(word) ? 'added' : 'removed';
      const passive =
        /ed$/.test(word) && terms.slice(Math.max(0, at - 3), at).some(({ word: w }) => auxiliaries.has(w));
      const objects = passive ? objectBefore(text, terms, at) : objectAfter(text, terms, at);
      if (wrongFiles(objects, side, evidence)) return true;
      // "deletes devices" usually says what a program does, not what the change did. So only names decide.
      return wrong(/^delet/.test(word) ? objects.filter(({ kind }) => kind === 'name') : objects, side);
    }
    if (two === 'no longer') {
      // What goes may be the subject ("A no longer occurs") or the object ("it no longer uses A").
      return wrong([...objectBefore(text, terms, at), ...objectAfter(text, terms, at + 1)], 'old');
    }
    if (/^(?:instead of|rather than|place of)$/.test(two)) {
      // Plain words may describe the program here, not the change ("a spinner in place of text").
      return wrong(
        objectAfter(text, terms, at + 1).filter(({ kind }) => kind !== 'plain'),
        'old',
      );
    }
    if (/^favou?r of$/.test(two)) return wrong(objectAfter(text, terms, at + 1), 'new');
    if (/^(?:replaced|renamed) (?:by|with|to)$/.test(two)) {
      return wrong(objectBefore(text, terms, at), 'old') || wrong(objectAfter(text, terms, at + 1), 'new');
    }
    if (word === 'replaces') {
      return wrong(objectAfter(text, terms, at), 'old') || wrong(objectBefore(text, terms, at), 'new');
    }
    return word === 'from' && fromToIsWrong(text, terms, at, wrong);
  });
}

/** Checks a clause about files only: the diff's headers say whether they were added or removed. */
function wrongFiles(objects: Term[], side: 'added' | 'removed', evidence: DiffEvidence): boolean {
  if (objects.some(({ kind }) => kind === 'name' || kind === 'plain' || kind === 'number')) return false;
  const fitting = side === 'added' ? ['added', 'copied', 'renamed'] : ['deleted', 'renamed'];
  return objects.some((term) => {
    const file = term.kind === 'path' ? evidence.file(term.key) : undefined;
    return file !== undefined && !fitting.includes(file.status);
  });
}

/** Reads "raised from 3 to 5". It needs a verb of change, because "from 3 to 5" alone may be a range. */
function fromToIsWrong(
  text: string,
  terms: Term[],
  at: number,
  wrong: (objects: Term[], side: Side) => boolean,
): boolean {
  const verbs = terms.slice(Math.max(0, at - 8), at).map((term) => term.word);
  const distance = terms.slice(at + 2, at + 8).findIndex((term) => term.word === 'to');
  const to = at + 2 + distance;
  if (distance < 0 || !verbs.some((verb) => rises.has(verb) || falls.has(verb) || turns.has(verb)))
    return false;
  const before = terms.slice(at + 1, to);
  const after = objectAfter(text, terms, to);
  if (wrong(before, 'old') || wrong(after, 'new')) return true;
  const [from, till] = [before, after].map((side) => side.find((term) => term.kind === 'number'));
  if (!from || !till) return false;
  const difference = Number(till.key) - Number(from.key);
  return (
    (difference < 0 && verbs.some((verb) => rises.has(verb))) ||
    (difference > 0 && verbs.some((verb) => falls.has(verb)))
  );
}

const endsClause = (text: string, from: Term, to: Term) =>
  /[;:,.!?](?:\s|$)/.test(text.slice(from.end, to.start));

/** The terms after a word, at most 8, up to the clause's end or a word that starts another part of it. */
function objectAfter(text: string, terms: Term[], at: number): Term[] {
  const objects: Term[] = [];
  for (let place = at + 1; place < terms.length && objects.length < 8; place++) {
    const [previous, term] = [terms[place - 1], terms[place]];
    if (!previous || !term || endsClause(text, previous, term)) break;
    if (objects.length > 0 && ends.has(term.word)) break;
    objects.push(term);
  }
  return objects;
}

/** The terms before a word, at most 8, back to the clause's start. */
function objectBefore(text: string, terms: Term[], at: number): Term[] {
  const objects: Term[] = [];
  for (let place = at - 1; place >= 0 && objects.length < 8; place--) {
    const [term, following] = [terms[place], terms[place + 1]];
    if (!term || !following || endsClause(text, term, following)) break;
    // "X is deprecated and will be removed": the subject stands before the conjunction.
    const told = objects.some(({ kind }) => kind !== 'filler');
    if (told && /^(?:and|but|while|which|that|because)$/.test(term.word)) break;
    objects.unshift(term);
  }
  return objects;
}
