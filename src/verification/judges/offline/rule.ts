import { generatedFiles } from '../../diff/generated.ts';
import { keySize } from './answer-key.ts';
import { keywords, testCalls } from './declarations.ts';
import { grammar, wordsOf } from './grammar.ts';
import { productNames } from './prose-tokens.ts';
import { replyBounds } from './reply-verdict.ts';
import { saidWords } from './said-facts.ts';
import { definitionNouns } from './undecided-parts.ts';
import { unitFactors } from './values.ts';

/** A certificate names this as the model. It changes whenever a verdict may change. */
export const offlineModel = 'offline-check-v5';

const listed = (words: Iterable<string>) => {
  const lines = [''];
  for (const word of words) {
    const last = lines.at(-1) ?? '';
    if (last.length + word.length > 116) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join('\n  ');
};

/**
 * The rule of the offline check, for a reader who wants to predict a verdict by hand. Its digest takes the place of a
 * prompt digest, so change it together with the code that it describes. Every list in it is the one that the code uses.
 */
export const offlineRule = `${offlineModel}

The offline check rules only on forms that code can decide. It does not judge meaning. Whatever is in no such form is
not ruled on: it is counted and shown, and is neither for nor against. A program that writes true facts by template
scores like an honest reader or better: what code can decide, code can write.

Names. A name is what stands in backticks, is spelt like code (retryCount, retry_count), dotted or called, a flag, or a
word that is a name of the diff beside a noun for such things ("the parse function"), with a capital or as a dependency,
or several words that are its parts ("the retry limit" is retryLimit). In a diff, names are read from code only: strings,
comments, keywords, calls of test frameworks and generated files hold none. A line of a manifest names a dependency, a heading or
a span in backticks a name of a text.

Statements. A text is read by sentences and these by clauses. A clause states a fact when it has the verb of a direction
and the name as the verb's own object or subject:
  - added, removed: "adds x", "x is removed", "F gains x", "x disappears", "a new function x", "instead of x";
  - renamed, replaced: "renames x to y", "x is replaced by y", "y replaces x", "switches from x to y";
  - moved: "moves x from F to G", "x moves into y";
  - imported, called, used, as new or no longer: "now calls x", "imports x from m", "no longer uses x";
  - a value, old, new or both: "x goes from 3 to 5", "raises x to 5", "x is 5", "x defaults to 5";
  - a value beside the words of the one name that an added line sets to it: "x (3)", "at most ten causes" (maxCauses); two
    numbers, "from 90 to 30", "30 instead of 90", "2.5 (was 1.5)", beside a word of a name on the lines where the one
    takes the other's place;
  - a result: "F throws x", "F answers 422", "F returns x". That it returns null, a truth value, 0 or 1 may be a guess and
    states nothing;
  - a file: "adds the file F", "F is deleted";
  - words of a text, in quotation marks: "adds the words “x y” in F", "removes the words “x y” from F".
A list goes on behind clauses with "which" and "that". "It" at the start is what the sentence before began with.
Names behind a preposition are not its object: "adds tests for x" adds no x. They say where: the file or the name that
the fact stands in. A clause with a negation, a refusal or a modal word states nothing, nor does what such a clause introduces
("it is not true that …"), what follows a condition, a question, or what a later "that is wrong" takes back. A sentence
that says a line of the diff back states nothing.

Facts. A statement is decided by the code of the changed and unchanged lines:
  - x is added to a file when a line added there defines it and no other line of the file does, or when it stands on
    added lines of the file and on no others; removed likewise. A line that drops a table removes it;
  - x is renamed to y when a removed line becomes an added one with y for x, or when both are defined in one run of
    changed lines; what is still defined is not renamed. It is replaced when both stand in one run of changed lines;
  - x is moved when it goes from removed lines to added lines elsewhere and the same line, or half of a definition's lines,
    does: the name does not show it, nor does one line within another thing if nothing beside it moves;
  - x is called or imported when more added than removed lines of a file call or import it; used when it stands on added
    lines of a file and on no removed ones;
  - x has a value when an added line sets it so; an old one when a removed line does; it rises when the new number is
    greater. Units below may multiply a number; one that the line names otherwise ("15 * minute") does not. It is open
    when the value is only a part of what x is set to or of its text, or when the text gives a unit that neither x nor its value
    names, or leaves out one that stands at the value;
  - F gives x when x is the whole of what an added line of F gives by the word for it (throw, return, status), or of one
    of several values, and no other line of F gives it.
Where a program is said to add or drop something, only the definition of that shows it, or its first or last place in
the definition named. What moves is defined on both sides, if on any. A script that drops what another creates removes
nothing. What a fact stands in is found by indentation and by the place in a hunk's header. It is false when the code shows
otherwise or the name stands nowhere in the pull request, and open when neither can be seen, when several files hold
the name and none is named, or when a sentence may tell what the program does ("F deletes x") and is not true.

Claims. A claim that states a false fact is not supported, whatever else it states. One is supported, by the line that
shows its first fact, when true facts are all that it says. Any other is not ruled on: "adds x, which is fast", "adds x
for small files" and "x returns y when z" say more than code decides. In each of its sentences
  - each name, file and value is one of a true fact of the sentence, and each clause states one;
  - a clause has one verb of a direction, and none that tells more than that (telling);
  - a noun for things of code (kinds) stands beside a name, and either code defines the name as such a thing where it
    defines it (list below), or the noun says nothing of it (nouns). Others only say where something is ("the test now
    calls x", "in the table"), and stand where a fact does;
  - a preposition leads to a place (places), or to a name or value of a fact;
  - a word that says how a thing is declared (modifiers) stands on the line of each fact;
  - any other word is a filler, an auxiliary, or a part of a name that is given in plain words, or else it stands where
    a fact does, in the path of its file or in the names that its line stands under, neither limits nor denies (limits,
    negations, modals, volitions, conditions, orders), and does not end as what something does (-ing, -ed).
What a program does (its calls, results and quantities, unless now or no longer) rules on no claim whose sentence gives
an order or reason (orders), a condition, or a value that no true fact of it holds. A fact is one by direction, name and
file and counts once a replay: a claim whose facts were all stated before is a duplicate. Precision is claims supported
by max(claims ruled on, min(3, changes of the key)).

Summary. A change of the key is surfaced by a sentence that states its fact and no false one. Each fact surfaces at most
one change: the one that it states, else the new definition that it stands in, or what a rename brings or takes.

Reply. The share of the reference answer's words that the response holds outside of negated clauses, rounded down to a
quarter: names in any spelling, numbers by value and unit. The answer word for word is all of it.
One that names more than ${replyBounds.toleratedOthers} other names or values of the pull
request gets 0.5 at most, more than ${2 * replyBounds.toleratedOthers} 0.25; 0.25 at most gets one of more than ${replyBounds.dumpWords} words of which ${replyBounds.dumpShare * 100} % lie in runs of
${replyBounds.dumpRun} or more that stand on one line. It counts only where a claim of the replay was supported or a change surfaced.

Answer key. One change for ${keySize.linesPerChange} changed lines outside of generated files, ${keySize.mostChanges} at most: values changed, definitions
added, removed, renamed or moved, then new calls and imports; sources before data, tests and texts; outer definitions
before inner ones; what other files can use before what its file keeps to itself;
each further one of a file weighs ${keySize.nextOfFile} of the one before, and what weighs less than ${keySize.leastShare} of the first, or
${keySize.leastShareOfMore} once there are ${keySize.fewest}, is left out. A file without any of these has the names spelt like code that it
newly uses or no longer does, or that it is added or deleted. Each change is stated in a form above and is in the key only
if it can be earned: this rule finds it true, and a summary of the key's statements surfaces it after passages copied from
the diff are removed. Where nothing else is changed, a key has ${saidWords.fewest} or ${saidWords.most} words in a row that only the new or the old text
has; without any, no key is made.
The question asks for a changed or given value, a new name, a sole new or removed definition or call, or the word
left out of a changed line, code before strings and comments; its answer alone is a right reply, and it
stands in neither title nor description nor a path.

${Object.entries(grammar)
  .map(([name, words]) => `${name}:\n  ${listed(wordsOf(words))}`)
  .join('\n')}
units and factors:
  ${listed(Object.entries(unitFactors).map(([units, factors]) => `${units} ×${factors.join(' ×')};`))}
nouns, and what code may define a thing that a text calls so:
  ${listed(Object.entries(definitionNouns).flatMap(([nouns, definitions]) => `${nouns}: ${definitions};`.split(' ')))}
products, which are no names:
  ${listed(productNames)}
keywords:
  ${listed(keywords)}
calls of test frameworks:
  ${listed(testCalls)}
generated files:
  ${listed(generatedFiles)}`;
