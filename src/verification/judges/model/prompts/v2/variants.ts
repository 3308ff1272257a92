export const variantsPrompt = `# Task: variants

The material is important changes of this pull request, each under an id with a quote of the diff, as the writer of its key has stated them. Write the variants of each: statements of known truth, by which the readers of descriptions are tested. The message names, for each change by its id, two ways of being false. Fill variants as the section "Variants" says; leave the other fields empty. Where the diff does not bear a statement out, leave out its change.`;

/** For whoever writes variants: the key's own call, or another model for a key that is there already. */
export const variantRules = `# Variants

For each change that the message names ways for, write three entries with its id:
- way "true": its statement in other words, as a reviewer who has understood the change would say it to a colleague: one sentence of 12 to 30 words that stands by itself, true in every part, with the names or values that make it specific. Do not begin all of them alike.
- one for each of the two ways: the text of your "true" entry again, word for word, with one run of at most 6 words replaced by another of at most 6 words, so that the sentence is now false and reads just as naturally.
The ways:
- direction: a verb is replaced by its opposite (adds and removes, raises and lowers, allows and rejects, before and after), or the two ends of a change or a relation are swapped (from 3 to 5, from 5 to 3).
- value: one literal is replaced by another: a number, a quoted word, true and false.
- name: one identifier, file or place is replaced by another one of the same kind.
- condition: the words that say when or for which cases something holds are replaced.
- cause: the words that say why something happens, or what follows from it, are replaced.
Rules for the false ones, which the program checks:
- Every name and every number in the text stands somewhere in the diff. Write names in backticks.
- What you put in is certainly wrong here: it does not stand on the changed lines around the quote, and no reader of the diff could defend the sentence.
- It does not become another of your statements, and it is not made false by a mere "not".
- Write the "true" entries so that they allow their ways: say a value, a name, a condition or a consequence where one of these will be replaced. Leave out an entry whose way the change does not allow.`;
