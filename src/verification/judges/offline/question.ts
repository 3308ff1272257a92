import type { GroundTruth } from '#contracts/ground-truth.ts';
import { isTelling, splitParts, splitWords } from '../../text/words.ts';
import type { JudgeAnswer } from '../judge.ts';
import type { Candidate } from './candidates.ts';
import type { DiffEvidence, EvidenceLine } from './diff-evidence.ts';
import { partsKey, plainKey } from './terms.ts';

type Question = NonNullable<JudgeAnswer['question']>;

/** The kinds of change that make a question, best first. */
const kinds: Candidate['kind'][] = ['value', 'given', 'defined', 'removed', 'used', 'altered', 'said'];

/**
 * Asks about the most important change with one right answer that only a reader of the diff can give: a value or name
 * that is the only one of its kind in its file and stands in neither title nor description nor the question itself.
 * Null: there is no such change.
 */
export function chooseQuestion(
  candidates: Candidate[],
  groundTruth: GroundTruth,
  evidence: DiffEvidence,
): Question | null {
  const told = `${groundTruth.title}\n${groundTruth.description}\n${groundTruth.filesChanged.join('\n')}`;
  const toldNames = new Set(splitWords(told).map((word) => partsKey(word.text)));
  const toldParts = new Set(splitParts(told).map(plainKey));
  const isTold = (answer: string) => told.includes(answer) || toldNames.has(partsKey(answer));
  // `useDebounced` can be guessed from `use-debounced.ts`. A guessable answer is still better than no question.
  const isGuessable = (answer: string) =>
    isTold(answer) || splitParts(answer).every((part) => toldParts.has(plainKey(part)));
  const ranked = kinds.flatMap((kind) =>
    candidates.filter((candidate) => candidate.kind === kind).sort((a, b) => b.importance - a.importance),
  );
  const peers = Map.groupBy(candidates, kindInFile);
  const paths = new Set(candidates.map(({ path }) => path));
  const readings = new Map([...paths].map((path) => [path, readLines(evidence.linesOf.get(path) ?? [])]));
  for (const refused of [isGuessable, isTold]) {
    for (const candidate of ranked) {
      const isSole = peers.get(kindInFile(candidate))?.length === 1;
      if (refused(answerOf(candidate))) continue;
      const question = ask(candidate, isSole, readings.get(candidate.path)?.given ?? new Map());
      if (question && !saysItsAnswer(question)) return question;
    }
    for (const candidate of ranked) {
      const question = cloze(candidate, refused, readings.get(candidate.path)?.altered ?? new Set());
      if (question && !saysItsAnswer(question)) return question;
    }
  }
  return null;
}

const answerOf = ({ kind, name, value }: Candidate) =>
  kind === 'defined' || kind === 'removed' ? name : value;

const kindInFile = ({ kind, path }: Candidate) => `${kind} ${path}`;

const saysItsAnswer = ({ text, reference_answer }: Question) =>
  splitWords(text).some((word) => partsKey(word.text) === partsKey(reference_answer));

/**
 * `altered`: words on only one side of a file's changed lines. `given`: the values that its added lines set names to.
 */
type LinesReading = { altered: Set<string>; given: Map<string, Set<string>> };

/** Longer lines are data, and reading them would take quadratic time. */
const maxLineCharacters = 400;
const settings = /([\p{L}_$#][\w$.-]*)["'`]?\s*(?:[-+*/%|&?]{0,2}=(?![=>])|:(?!:))\s*([^,;)}]*)/gu;

function readLines(lines: EvidenceLine[]): LinesReading {
  const words = { '+': new Set<string>(), '-': new Set<string>() };
  const given = new Map<string, Set<string>>();
  for (const { sign, text } of lines) {
    for (const word of splitWords(text)) words[sign].add(word.text);
    if (sign === '-' || text.length > maxLineCharacters) continue;
    for (const [, name = '', value = ''] of text.matchAll(settings)) {
      given.set(name, (given.get(name) ?? new Set()).add(value.trim()));
    }
  }
  const onOneSide = [...words['+'], ...words['-']].filter(
    (word) => words['+'].has(word) !== words['-'].has(word),
  );
  return { altered: new Set(onOneSide), given };
}

/** An argument of a function is not the value of a name, but `Decimal("0.5")` is. */
const callee = /\b\p{Ll}\w*\(["'`]/u;

/** `isSole`: its file has no other candidate of its kind. */
function ask(candidate: Candidate, isSole: boolean, given: LinesReading['given']): Question | null {
  const { kind, name, value, path, quote } = candidate;
  const hasOneValue = (given.get(name)?.size ?? 0) <= 1 && !callee.test(quote);
  switch (kind) {
    case 'value':
      if (!hasOneValue) return null;
      return {
        text: `In \`${path}\`, to which value is \`${name}\` changed?`,
        reference_answer: answerOf(candidate),
        quote,
      };
    case 'given': {
      if (!hasOneValue || name.length < 3 || /^(?:true|false)$/i.test(value)) return null;
      return {
        text: `In \`${path}\`, which value is \`${name}\` given?`,
        reference_answer: answerOf(candidate),
        quote,
      };
    }
    case 'defined':
    case 'removed': {
      if (!isSole || name.length < 4) return null;
      const noun = /^(?:Adds|Removes) the (\w+) `/.exec(candidate.statement)?.[1];
      if (noun === undefined) return null;
      const verb = kind === 'defined' ? 'newly defined in' : 'removed from';
      return { text: `Which ${noun} is ${verb} \`${path}\`?`, reference_answer: answerOf(candidate), quote };
    }
    default:
      return null;
  }
}

/** Words of the programming languages. A gap for one of them asks nothing about the change. */
const keywords =
  /^(?:abstract|after|assert|async|await|boolean|break|catch|class|const|continue|default|defer|describe|delete|double|elif|else|except|expect|export|exports|extends|false|final|finally|float|fmt|function|implements|import|instanceof|interface|int64|lambda|module|number|package|print|private|protected|public|raise|range|readonly|require|return|should|static|string|struct|super|switch|throw|throws|typeof|undefined|void|while|yield)$/;

/** A changed line with a gap for its longest telling word that the change altered and nothing else gives away. */
function cloze(
  { path, quote, statement }: Candidate,
  isTold: (answer: string) => boolean,
  altered: LinesReading['altered'],
): Question | null {
  if (/renamed/.test(statement)) return null;
  const words = splitWords(quote).filter(
    ({ text, start, end }) =>
      end - start >= 5 && isTelling(text) && !keywords.test(text) && !/^\d/.test(text),
  );
  const rare = words.filter((word) => words.filter((other) => other.text === word.text).length === 1);
  const missing = rare
    .sort((a, b) => b.end - b.start - (a.end - a.start))
    .find(({ text, start, end }) => altered.has(text) && !isTold(quote.slice(start, end)));
  if (!missing || splitWords(quote).length < 3) return null;
  const gap = `${quote.slice(0, missing.start)}____${quote.slice(missing.end)}`;
  return {
    text: `Which word is missing in this changed line of \`${path}\`: ${gap}`,
    reference_answer: quote.slice(missing.start, missing.end),
    quote,
  };
}
