import type { replyAccuracies } from '#contracts/replay.ts';
import { escaped } from '../../text/pattern.ts';
import { indexRuns, splitParts, splitRunWords, splitWords, stopWords } from '../../text/words.ts';
import { isNegation } from './clauses.ts';
import { type DiffIndex, partsKey } from './diff-index.ts';
import { readProse } from './prose-tokens.ts';
import { readNumber, valueKeys } from './values.ts';

export type ReplyAccuracy = (typeof replyAccuracies)[number];

/** Bounds of the rule. A response that names more of the change than this lists guesses; a long copied one repeats it. */
export const replyBounds = { toleratedOthers: 6, dumpWords: 25, dumpRun: 3, dumpShare: 0.6 } as const;

type Held = { names: Set<string>; parts: Set<string>; numbers: Set<string> };

/** What a text holds, clause by clause. What is negated is not held. */
function heldBy(text: string, index: DiffIndex): Held {
  const held: Held = { names: new Set(), parts: new Set(), numbers: new Set() };
  for (const clause of clausesOf(text)) {
    const tokens = readProse(clause, index);
    if (tokens.some(isNegation)) continue;
    for (const token of tokens) {
      if (token.kind === 'mark') continue;
      // A path answers as a whole. Its words answer nothing, or a list of files would hit many names.
      if (token.kind === 'path') {
        held.names.add(partsKey(token.text));
        continue;
      }
      if (token.kind === 'value') for (const key of valueKeys(token.value, token.unit)) held.numbers.add(key);
      held.names.add(partsKey(token.text));
      for (const part of splitParts(token.text)) held.parts.add(part);
      for (const word of splitWords(token.text)) held.names.add(partsKey(word.text));
    }
  }
  return held;
}

function holds({ names, parts, numbers }: Held, term: string): boolean {
  const read = readNumber(term);
  if (
    read &&
    valueKeys({ kind: 'number', value: read.value, text: term }, read.unit).some((key) => numbers.has(key))
  )
    return true;
  const own = splitParts(term);
  return names.has(partsKey(term)) || (own.length > 1 && own.every((part) => parts.has(part)));
}

/** What no response holds, since it is for private use. */
const answerMark = '\ue000';

/**
 * A response without the reference answer where it stands word for word, and whether some clause says it and is not
 * negated. The answer may hold what would end a clause, or negate it.
 */
function withoutAnswer(
  response: string,
  referenceAnswer: string,
  index: DiffIndex,
): { text: string; isSaid: boolean } {
  const answer = escaped(referenceAnswer.trim());
  const wordForWord = new RegExp(`(?<![^\\s\`'"“‘«([])${answer}(?=[\`'"”’»)\\].,;:!?]*(?:\\s|$))`, 'gu');
  const parts = response.replaceAll(answerMark, ' ').replace(wordForWord, answerMark);
  const isSaid = clausesOf(parts).some(
    (clause) => clause.includes(answerMark) && !readProse(clause, index).some(isNegation),
  );
  return { text: parts.replaceAll(answerMark, ' '), isSaid };
}

const clausesOf = (text: string) => text.split(/\n|[;:]\s|[.,!?](?:\s|$)|\b(?:but|rather)\b/u);

/** How much of the reference answer a response holds (see `rule.ts`, "Reply"), rounded down to a quarter. */
export function ruleOnReply(
  { question, referenceAnswer, response }: { question: string; referenceAnswer: string; response: string },
  index: DiffIndex,
): ReplyAccuracy {
  const { text, isSaid } = withoutAnswer(response, referenceAnswer, index);
  const given = heldBy(text, index);
  const asked = heldBy(question, index);
  const terms = [
    ...new Set(
      /\s/.test(referenceAnswer)
        ? splitRunWords(referenceAnswer)
            .filter(({ text }) => !stopWords.has(text))
            .map(({ start, end }) => referenceAnswer.slice(start, end))
        : [referenceAnswer],
    ),
  ];
  // What the question already says earns nothing, unless the answer has nothing else.
  const wanted = terms.length > 1 ? terms.filter((term) => !holds(asked, term)) : terms;
  if (wanted.length === 0 && !isSaid) return 0;
  const share = isSaid ? 1 : wanted.filter((term) => holds(given, term)).length / wanted.length;
  const others = countOthers(text, referenceAnswer, asked, index);
  const { toleratedOthers } = replyBounds;
  if (others > 2 * toleratedOthers || saysDiffBack(text, index)) return quarter(Math.min(share, 0.25));
  return quarter(Math.min(share, others > toleratedOthers ? 0.5 : 1));
}

function saysDiffBack(response: string, index: DiffIndex): boolean {
  const words = splitRunWords(response);
  if (words.length <= replyBounds.dumpWords) return false;
  const lines = index.files.flatMap((file) => file.lines.map(({ text }) => text));
  return (
    indexRuns(lines, replyBounds.dumpRun)(words).filter((covered) => covered).length >=
    words.length * replyBounds.dumpShare
  );
}

function quarter(share: number): ReplyAccuracy {
  if (share >= 1) return 1;
  if (share >= 0.75) return 0.75;
  if (share >= 0.5) return 0.5;
  return share >= 0.25 ? 0.25 : 0;
}

/** Distinct names and values of the diff in a response that neither question nor reference answer mentions. */
function countOthers(response: string, referenceAnswer: string, asked: Held, index: DiffIndex): number {
  const others = new Set<string>();
  const reference = partsKey(referenceAnswer);
  for (const token of readProse(response, index)) {
    if (token.kind !== 'name' && token.kind !== 'value') continue;
    const key = partsKey(token.text);
    if (key !== reference && !holds(asked, token.text) && index.says(token.text)) others.add(key);
  }
  return others.size;
}
