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

variants: statements of known truth, by which the readers of descriptions are tested. The message names, for each of your first changes by its id, two ways of being false. Write their variants as the section "Variants" says; where the message says so, leave variants empty.`;
