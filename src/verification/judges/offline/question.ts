import type { GroundTruth } from '#contracts/ground-truth.ts';
import { isTelling, splitParts, splitWords } from '../../text/words.ts';
import type { JudgeAnswer } from '../judge.ts';
import type { Candidate } from './candidate.ts';
import { keywords, testCalls } from './declarations.ts';
import { type DiffIndex, type IndexedFile, partsKey, quoteLine } from './diff-index.ts';
import { ruleOnReply } from './reply-verdict.ts';

type Question = NonNullable<JudgeAnswer['question']>;

/** The kinds of change that make a question, best first. */
const kinds: Candidate['kind'][] = ['value', 'given', 'renamed', 'defined', 'removed', 'called'];

/**
 * Asks about the most important of the candidates with one right answer that only a reader of the diff can give: a value
 * or name that is the only one of its kind in its file, among all, and stands in neither title nor description nor the
 * question itself. The reference answer is a right reply. Null: there is no such change.
 */
export function chooseQuestion(
  all: Candidate[],
  candidates: Candidate[],
  groundTruth: GroundTruth,
  index: DiffIndex,
): Question | null {
  const told = `${groundTruth.title}\n${groundTruth.description}\n${groundTruth.filesChanged.join('\n')}`;
  const toldNames = new Set(splitWords(told).map((word) => partsKey(word.text)));
  const toldParts = new Set(splitParts(told).map((part) => part.replace(/s$/, '')));
  const isTold = (answer: string) =>
    toldNames.has(partsKey(answer)) || (/[^\p{L}\p{N}_]/u.test(answer) && told.includes(answer));
  // `useDebounced` can be guessed from `use-debounced.ts`. A guessable answer is still better than no question.
  const isGuessable = (answer: string) =>
    isTold(answer) || splitParts(answer).every((part) => toldParts.has(part.replace(/s$/, '')));
  const ranked = kinds.flatMap((kind) =>
    candidates.filter((candidate) => candidate.kind === kind).sort((a, b) => b.importance - a.importance),
  );
  const isRight = ({ text, reference_answer }: Question) =>
    /[\p{L}\p{N}]/u.test(reference_answer) &&
    ruleOnReply({ question: text, referenceAnswer: reference_answer, response: reference_answer }, index) ===
      1;
  const isUsable = (question: Question) => !saysItsAnswer(question) && isRight(question);
  const peers = Map.groupBy(all, kindInFile);
  const gaps = gapsOf(index);
  const modules = modulesOf(index);
  for (const refused of [isGuessable, isTold]) {
    for (const candidate of ranked) {
      const isSole = peers.get(kindInFile(candidate))?.length === 1;
      const question = ask(candidate, isSole);
      if (question && !refused(question.reference_answer) && isUsable(question)) return question;
    }
    for (const [inCode, shortest] of [
      [true, 5],
      [false, 5],
      [true, 3],
      [false, 3],
    ] as const) {
      for (const gap of gaps) {
        const question = gap.inCode === inCode ? cloze(gap, shortest, refused) : null;
        if (question && isUsable(question)) return question;
      }
      if (inCode && shortest === 5)
        for (const question of modules)
          if (!refused(question.reference_answer) && isRight(question)) return question;
    }
  }
  return null;
}

const kindInFile = ({ kind, path }: Candidate) => `${kind} ${path}`;

const saysItsAnswer = ({ text, reference_answer }: Question) => {
  const answer = partsKey(reference_answer);
  return splitWords(text).some((word) => partsKey(word.text) === answer);
};

/** `isSole`: its file has no other candidate of its kind. */
function ask(
  { kind, name, noun, value, path, quote, statement }: Candidate,
  isSole: boolean,
): Question | null {
  const asked = (text: string, answer: string): Question => ({ text, reference_answer: answer, quote });
  switch (kind) {
    case 'value':
      return asked(`In \`${path}\`, to which value is \`${name}\` changed?`, value);
    case 'given':
      if (name.length < 3 || /^(?:true|false|null|None|nil)$/i.test(value)) return null;
      return asked(`In \`${path}\`, which value is \`${name}\` given?`, value);
    case 'renamed':
      return asked(
        `In \`${path}\`, what is the new name of \`${/^Renames `(.*?)`/.exec(statement)?.[1] ?? ''}\`?`,
        name,
      );
    case 'defined':
      return isSole && name.length >= 4 && noun !== 'name'
        ? asked(`Which ${noun} is newly defined in \`${path}\`?`, name)
        : null;
    case 'removed':
      return isSole && name.length >= 4 && noun !== 'name'
        ? asked(`Which ${noun} is removed from \`${path}\`?`, name)
        : null;
    case 'called':
      return isSole && name.length >= 4
        ? asked(
            `Which function is ${statement.startsWith('Now') ? 'newly' : 'no longer'} called in \`${path}\`?`,
            name,
          )
        : null;
    default:
      return null;
  }
}

/** A changed line with words that may be left out. `inCode`: they are names of the code, not words of a text. */
type Gap = { file: IndexedFile; inCode: boolean; quote: string; words: string[] };

/** Lines with a gap for a word that is on one side of its file's changed lines only, sources before other files. */
function gapsOf(index: DiffIndex): Gap[] {
  const order = ['source', 'data', 'test', 'prose'] as const;
  return order.flatMap((kind) =>
    index.files
      .filter((file) => file.kind === kind)
      .flatMap((file) => {
        const sides = { '+': new Set<string>(), '-': new Set<string>() };
        for (const { sign, text } of file.lines)
          if (sign !== ' ') for (const word of splitWords(text)) sides[sign].add(word.text);
        return file.lines.flatMap((line): Gap[] => {
          if (line.sign === ' ') return [];
          const quote = quoteLine(line, index.diff);
          if (quote === null || splitWords(quote).length < 3) return [];
          const other = sides[line.sign === '+' ? '-' : '+'];
          const altered = splitWords(quote)
            .filter(({ text }) => !other.has(text))
            .map(({ start, end }) => quote.slice(start, end));
          const names = new Set(line.tokens.filter((token) => token.kind === 'name').map(({ text }) => text));
          const inCode = altered.filter((word) => names.has(word));
          const rest = altered.filter((word) => !names.has(word));
          return [
            { file, inCode: true, quote, words: inCode },
            { file, inCode: false, quote, words: rest },
          ];
        });
      }),
  );
}

/** From where a file now imports a name: a module that its other lines do not name. */
function modulesOf(index: DiffIndex): Question[] {
  return index.files
    .filter(({ kind }) => kind === 'source' || kind === 'test')
    .flatMap((file) =>
      [...file.names].flatMap(([module, { uses, removed, around }]) => {
        const [use] = uses;
        const line = use && file.lines[use.at];
        if (
          !line ||
          use.role !== 'imported' ||
          removed + around > 0 ||
          !/^[@#.\w-]+(?:[/.:][\w.@-]+)+$/u.test(module)
        )
          return [];
        const quote = quoteLine(line, index.diff);
        const [name] = line.tokens.filter(
          ({ kind, text }) => kind === 'name' && !keywords.has(text) && text.length > 2,
        );
        if (quote === null || !name || name.text === module) return [];
        return [
          {
            text: `From which module does \`${file.parsed.path}\` now import \`${name.text}\`?`,
            reference_answer: module,
            quote,
          },
        ];
      }),
    );
}

/** A changed line with a gap for its longest telling word that nothing else gives away. */
function cloze(
  { file, quote, words }: Gap,
  shortest: number,
  isTold: (answer: string) => boolean,
): Question | null {
  const all = splitWords(quote);
  const alike = Map.groupBy(all, ({ text }) => text);
  const rare = new Set(
    all.filter(({ text }) => alike.get(text)?.length === 1).map(({ start, end }) => quote.slice(start, end)),
  );
  const missing = words
    .filter(
      (word) =>
        rare.has(word) &&
        (/^\d/.test(word)
          ? shortest < 5 && word.length >= 2
          : word.length >= shortest && isTelling(word.toLowerCase())) &&
        !keywords.has(word) &&
        !testCalls.has(word),
    )
    .sort((a, b) => b.length - a.length)
    .find((word) => !isTold(word));
  if (missing === undefined) return null;
  const start = all.find((word) => quote.slice(word.start, word.end) === missing)?.start ?? 0;
  return {
    text: `Which word is missing in this changed line of \`${file.parsed.path}\`: ${quote.slice(0, start)}____${quote.slice(start + missing.length)}`,
    reference_answer: missing,
    quote,
  };
}
