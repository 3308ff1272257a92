import { diffWords, stopWords } from '../../replay/words.ts';
import { ordinaryWords, synonymGroups } from './terms.ts';

/** Changes whenever any part of the rule does; a certificate names it as the model. */
export const offlineModel = 'offline-lexical-v1';

/**
 * The rule of the offline judge, for a reader who wants to predict a verdict by hand. Its digest stands in the place
 * of a prompt digest, so it must be changed with the code that it describes.
 */
export const offlineRule = `${offlineModel}

The offline judge compares words. It does not understand them. It reads a text as terms: names (spelt like code,
in backticks or quotation marks, dotted, or called), numbers (with their unit: "20 s" is also 20000), number words,
paths and file names, and plain words (by a light stem, and by the groups of synonyms below). Stop words, diff
words and ordinary words (lists below) are no terms. A name is found in every spelling of its parts (retryCount,
retry_count). A term is found on changed lines (added or removed ones); or around them (unchanged lines, headers,
title, description), where it counts neither for nor against; or nowhere.

Precision. A claim is not supported
 1. when one of its names, numbers, paths or file names stands nowhere;
 2. when its direction is contradicted: what it says was added stands on no more added than removed lines, what it
    says was removed on no more removed than added lines, what it calls old on added lines only or new on removed
    lines only ("from A to B", "A instead of B", "A is replaced by B", "no longer A"), or what rises falls. One of
    several words that fits is enough. A line that itself says "remove", "drop" or "delete" counts as removed. A
    name on unchanged lines only was neither added nor removed;
 3. when the two passages (12 neighbouring changed lines of one file) that hold most of it hold less than half of
    its weight, or less than a weight of 2. Names and numbers weigh 2, plain words 1, plain words that stand on
    every fifth changed line or more (and on 3 at least) 1/2, words that stand nowhere 1, with a capital within a
    sentence 2.
Otherwise it is supported, and quoted is the changed line that holds most of its weight. A claim that names nothing
but files of the diff is supported by their headers. A claim of which nothing is found is not supported.

Recall. The summary is read by sentences and list items, without paths of files of the diff. A sentence that says a changed line back
(half of its words lie in runs of 3 or more that stand on one changed line, or it is that line) or that contradicts
a direction surfaces nothing. Another one surfaces a change when it has the change's name in any spelling; or two
thirds of the name's parts, two at least, or one and another word of the quoted line; or at least half and three
(two of two) of the telling words of the quoted line. A changed value needs the new number and a word of its name
or line.

Reply. The weight of the reference answer's terms that the response holds (names and numbers 2, others 1; terms
that the question says already are left out where others remain), rounded down to a quarter. A response that names
more than 6 other names or numbers of the changed lines gets 0.5 at most, more than 12 0.25; so does one of more than
25 words of which 60 % lie in runs of 3 or more that stand on one line of the diff.

Answer key. Read off the changed lines, by file: added, removed and altered definitions, changed and newly given
literal values, newly used names, and in prose the lines with the most telling words; lock files and generated files
left out, tests and prose weighing less. One change for 8 changed lines, 10 at most, the most important first, each
further one of a file weighing 0.8 of the one before. The question asks for a changed or given value, a sole new or
removed definition, or a word left out of a changed line, which stands in neither title nor description.

stop words: ${[...stopWords].join(' ')}
diff words: ${[...diffWords].join(' ')}
ordinary words: ${[...ordinaryWords].join(' ')}
synonyms:${synonymGroups}`;
