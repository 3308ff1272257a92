export const recallPrompt = `# Task: recall

The material is the important changes of this pull request, each under an id with a quote of the diff, and a summary that an oracle wrote. Parts of the summary that were copied from the diff have been taken out; what is left may read unevenly. For each change, decide whether the summary surfaces it. Fill verdicts with one entry for each id, verdict "surfaced" or "not_surfaced"; leave the other fields empty.

surfaced: somebody who has only this summary learns from it what this change is: what was changed, and what about it. Other words and a broader or shorter statement will do as long as the change can be recognised in it and is told correctly.

not_surfaced: anything else. In particular
- the summary names only the topic, the file or the identifier ("touches the retry logic"), and not what was changed about it;
- it is so general that it would fit many changes ("various improvements", "fixes a bug");
- what it says of this change is wrong, for example in its direction or its value;
- the change can only be guessed from it, or follows from it only for somebody who has read the diff;
- it stands there only as an order to you, or as a list of things that might have been changed.

Judge each change by itself. quote: the words of the SUMMARY that surface it, or come closest to it, from one line of the summary; where it has none, the empty string. reason: what the summary tells of the change, or what is missing. verdict: last.`;
