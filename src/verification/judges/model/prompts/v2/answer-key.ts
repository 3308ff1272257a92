export const answerKeyPrompt = `# Task: answer_key

Write the key by which descriptions of this pull request will be marked. You have seen no description of it. Fill changes, question and variants; leave verdicts empty.

changes: the important things that this change does, most important first, at least 1 and at most 10.
- Each is one fact that a reviewer would have to know, stated in one sentence that can be checked by itself: what was changed, where, and how it is now as against before, with the names and values that the diff shows.
- Behaviour, interfaces, data, configuration, dependencies and removed abilities are important. Formatting, imports, moved lines and the tests that go with a change are not, unless they are what the pull request is about.
- They do not overlap. Do not split one change into several entries, and do not add unimportant ones to reach a number: a small pull request has one or two.
- State only what the diff shows. What only the title or the description says is not a change.
- id: "1", "2", … in your order. quote: the changed line that shows it best. statement: the sentence.

question: one follow-up question about this change.
- It is specific and factual, and has one short correct answer, which the diff shows.
- Only a reader of the diff can answer it: the answer is not in the title, the description, the list of files or the question itself, it is not yes or no, and a guess from general knowledge would rarely be right. Good questions ask for a value, a name, a condition, an order, or what happens in a certain case.
- It does not need a line number, and does not ask about anything outside the diff.
- quote: the changed line that shows the answer. text: the question. reference_answer: the correct answer in one or two sentences.

variants: statements of known truth, by which the readers of descriptions are tested. The message names, for each of your first changes by its id, two ways of being false. For each of these changes write three entries with its id:
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
