import { diffWords, negations, ordinaryWords, stopWords } from '../../text/words.ts';
import { directionWords } from './direction.ts';
import { nameableWords, nameNouns, productNames, synonymGroups } from './terms.ts';

/** A certificate names this as the model. It changes whenever a verdict may change. */
export const offlineModel = 'offline-lexical-v2';

const listed = (words: Iterable<string>) => [...words].join(' ');

/**
 * The rule of the offline judge, for a reader who wants to predict a verdict by hand. Its digest takes the place of a
 * prompt digest, so change it together with the code that it describes.
 */
export const offlineRule = `${offlineModel}

The offline judge compares words. It does not understand them. It reads a text as terms, each counted once:

- names: spelt like code (retryCount, retry_count, HTTPError, ES256), in backticks or quotation marks, dotted, or
  called, unless they are products (list below). A name is found in every spelling of its parts;
- numbers, with their unit: "20 s" is also 20000. Seconds, minutes, hours and days may stand as milliseconds, minutes,
  hours and days as seconds too, hours as minutes, days as hours, KB, MB and GB as bytes by thousands or by 1024,
  percent as a hundredth;
- number words: zero to twelve, fifteen, twenty, thirty to sixty, ninety, hundred, thousand, once, twice;
- paths (what has two slashes, a slash and a dot, or a slash in backticks) and file names;
- plain words, by a light stem and by the groups of synonyms below. Telling words are those in none of the lists of
  stop words, diff words and ordinary words.

Stop words, diff words, ordinary words and negations (lists below) are no terms; ${listed(nameableWords)} are plain
words before ${listed(nameNouns)}. A term is found on changed lines (added or removed ones); or around them (unchanged
lines, headers, title, description), where it counts neither for nor against; or nowhere. Paths and file names of the
diff count as around them. A number word is found as its number or as the word that it is.

Precision. A claim is not supported
 1. when one of its names, numbers, paths or file names stands nowhere;
 2. when its direction is contradicted (see "Directions");
 3. when the two passages (12 neighbouring changed lines of one file) that hold most of it hold no more than half of
    its weight, or less than a weight of 2; the second is sought for what the first does not hold. On changed lines
    names, numbers and number words weigh 2, plain words 1, plain words that stand on every tenth changed line or
    more (and on 3 at least) 1/2. Nowhere, number words above two weigh 2 and others nothing, plain words 1, with a
    capital within a sentence 2.
Otherwise it is supported, and quoted is the changed line that holds most of its weight, of the 20 heaviest the first
that counts as a quote. A claim of which nothing stands on changed lines is supported, by a header, only when nothing
of it is missing and it names files, all of them files of the diff.

Directions. A direction is read from these forms alone, with the lists of words below: "X is new" or "X is gone" has
none. The object of a word is what follows it up to ; : , . ! ? or a word of the list of ends (the first word after
it excepted), 8 words at most; in the passive (a word in -ed with an auxiliary among the three words before it) what
precedes it in the clause. Of an object only names, plain words and numbers on changed lines decide, and one of
several that fits is enough. For a removal and for something old, an added line that itself says "remove" or a
synonym of it counts as removed. Contradicted is
 a. an addition whose object stands on no more added than removed lines, a removal whose object stands on no more
    removed than added lines; after "delete" names alone decide. Where nothing of the object stands on changed
    lines, a name in it contradicts: what stands on unchanged lines only was neither added nor removed. An object of
    nothing but files must be files that were added, copied or renamed, or deleted or renamed;
 b. something old that stands on added lines only, something new that stands on removed lines only: "A is replaced
    (renamed) by (with, to) B", "B replaces A", "instead of A", "rather than A", "in place of A" (these three by
    names and numbers), "in favour of B", "A no longer" and "no longer A" (what precedes it in the clause and its
    object are one object), and "from A to B" when a rise, a fall or a turn is among the 8 words before;
 c. "from A to B" with a rise from a number to a lower one, or with a fall to a higher one.

Recall.
 4. The summary is read by sentences and list items, without paths of files of the diff. A sentence that says a
    changed line back (of its words that are no stop words, diff words or paths, none is left or more than half lie in
    runs of 3 or more words that stand on one changed line; or it is that line) or that contradicts a direction
    surfaces nothing. Another one surfaces a change when it has the change's name in any spelling. Without the name, a
    change whose statement gives a number needs that number, of two the new one, and a word of the name or of the
    quoted line. Any other change needs two thirds of the name's parts, two at least, or one and another word of the
    quoted line; or at least half and three (two of two) of the telling words of the quoted line.

Reply.
 5. The weight of the reference answer's terms that the response holds (names and numbers 2, others 1), rounded down
    to a quarter. A name of several parts is also held by all of its parts. Of several terms those that the question
    says already are left out, and where none is left the grade is 0. A response that names more than 6 other names
    or numbers of the changed lines, which the question does not name, gets 0.5 at most, more than 12 0.25; 0.25 at
    most gets one of more than 25 words of which 60 % lie in runs of 3 or more that stand on one line of the diff.

Answer key.
 6. Read off the changed lines, by file, lock files and generated files left out. A changed literal value and an added
    definition are worth 9, a removed definition 8, an altered one 7, a renamed file and a newly given value 5, a
    removed value and a newly used name 4, a name no longer used 3, in prose a line 2 and 0.4 for each telling word
    of it, 8 at most, a removed one 2 less. A name in an import is worth 1.5 (0.5), a constructor 6 less (altered 3).
    Definitions, given and removed values lose 1 for each level of indentation, 2 at most. In tests all is worth half,
    in prose 0.7. One change for 8 changed lines, rounded up, 10 at most, the most valuable first, each further one
    of a file weighing 0.8 of the one before. The question asks for a changed or given value, a sole new or removed
    definition, or the longest telling word left out of a changed line; the answer stands in neither title nor
    description nor question. A value is asked for where the file's added lines set its name to one thing only, and
    not to what a function returns; the word left out has 5 letters at least and stands on added lines of its file
    only, or on removed ones only.

stop words: ${listed(stopWords)}
diff words: ${listed(diffWords)}
ordinary words: ${listed(ordinaryWords)}
negations: ${listed(negations)}
products: ${listed(productNames)}
${Object.entries(directionWords)
  .map(([name, words]) => `${name}: ${words}`)
  .join('\n')}
synonyms:${synonymGroups}`;
