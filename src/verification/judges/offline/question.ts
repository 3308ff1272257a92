import type { GroundTruth } from '#contracts/ground-truth.ts';
import { splitParts, splitWords, stopWords } from '../../replay/words.ts';
import type { JudgeAnswer } from '../judge.ts';
import type { Candidate } from './answer-key.ts';
import type { DiffEvidence } from './diff-evidence.ts';
import { nameKey, plainKey } from './terms.ts';

type Question = NonNullable<JudgeAnswer['question']>;

/** Of the kinds that make a question, the best first. */
const kinds: Candidate['kind'][] = ['value', 'given', 'defined', 'removed', 'used', 'altered', 'said'];

/**
 * The most important change that has one right answer which only a reader of the diff can give: a value or name that
 * is the only one of its kind in its file and stands in neither title nor description. Null where there is none.
 */
export function chooseQuestion(
  candidates: Candidate[],
  groundTruth: GroundTruth,
  evidence: DiffEvidence,
): Question | null {
  const told = `${groundTruth.title}\n${groundTruth.description}\n${groundTruth.filesChanged.join('\n')}`;
  const toldNames = new Set(splitWords(told).map((word) => nameKey(word.text)));
  const toldParts = new Set(splitParts(told).map(plainKey));
  const isTold = (answer: string) => told.includes(answer) || toldNames.has(nameKey(answer));
  // `useDebounced` can be guessed from `use-debounced.ts`. Where everything can, that is better than no question.
  const isGuessable = (answer: string) =>
    isTold(answer) || splitParts(answer).every((part) => toldParts.has(plainKey(part)));
  const ranked = kinds.flatMap((kind) =>
    candidates.filter((candidate) => candidate.kind === kind).sort((a, b) => b.importance - a.importance),
  );
  for (const refused of [isGuessable, isTold]) {
    for (const candidate of ranked) {
      const question = ask(candidate, candidates, evidence);
      if (question && !refused(question.reference_answer)) return question;
    }
    for (const candidate of ranked) {
      const question = cloze(candidate, refused);
      if (question) return question;
    }
  }
  return null;
}

function ask(candidate: Candidate, all: Candidate[], evidence: DiffEvidence): Question | null {
  const { kind, name, value, path, quote } = candidate;
  const peers = all.filter((other) => other.path === path && other.kind === kind);
  switch (kind) {
    case 'value':
      return {
        text: `In \`${path}\`, to which value is \`${name}\` changed?`,
        reference_answer: value,
        quote,
      };
    case 'given': {
      const once = evidence.lines.filter((line) => line.path === path && line.text.includes(name)).length < 4;
      if (!once || /^(?:true|false)$/i.test(value)) return null;
      return { text: `In \`${path}\`, which value is \`${name}\` given?`, reference_answer: value, quote };
    }
    case 'defined':
    case 'removed': {
      if (peers.length !== 1 || name.length < 4) return null;
      const noun = /^(?:Adds|Removes) the (\w+) `/.exec(candidate.statement)?.[1];
      if (noun === undefined) return null;
      const verb = kind === 'defined' ? 'newly defined in' : 'removed from';
      return { text: `Which ${noun} is ${verb} \`${path}\`?`, reference_answer: name, quote };
    }
    default:
      return null;
  }
}

/** Words of the languages themselves: leaving one out asks nothing of the change. */
const keywords =
  /^(?:abstract|after|assert|async|await|boolean|break|catch|class|const|continue|default|defer|describe|delete|double|elif|else|except|expect|export|exports|extends|false|final|finally|float|fmt|function|implements|import|instanceof|interface|int64|lambda|module|number|package|print|private|protected|public|raise|range|readonly|require|return|should|static|string|struct|super|switch|throw|throws|typeof|undefined|void|while|yield)$/;

/** A changed line with its longest telling word left out that is not told already. */
function cloze({ path, quote, statement }: Candidate, isTold: (answer: string) => boolean): Question | null {
  if (/renamed/.test(statement)) return null;
  const words = splitWords(quote).filter(
    ({ text, start, end }) =>
      end - start >= 5 && !stopWords.has(text) && !keywords.test(text) && !/^\d/.test(text),
  );
  const rare = words.filter((word) => words.filter((other) => other.text === word.text).length === 1);
  const missing = rare
    .sort((a, b) => b.end - b.start - (a.end - a.start))
    .find(({ start, end }) => !isTold(quote.slice(start, end)));
  if (!missing || splitWords(quote).length < 3) return null;
  const gap = `${quote.slice(0, missing.start)}____${quote.slice(missing.end)}`;
  return {
    text: `Which word is missing in this changed line of \`${path}\`: ${gap}`,
    reference_answer: quote.slice(missing.start, missing.end),
    quote,
  };
}
