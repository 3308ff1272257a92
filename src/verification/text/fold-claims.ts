import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { OracleAnswer } from '#contracts/oracle.ts';
import { cutText } from '#contracts/text.ts';
import { parseDiff } from '../diff/parse-diff.ts';
import { maxClaimCharacters, maxClaims } from './judged-answer.ts';
import {
  diffLines,
  indexRuns,
  splitParts,
  splitRunWords,
  splitWords,
  stopWords,
  tellingWords,
} from './words.ts';

type OracleClaim = OracleAnswer['keyClaims'][number];

/** The shortest run of shared words that counts. */
export const sharedRun = 4;
/**
 * So few words, all from one side of a file's changed lines, only say that they are there ("A comes before B"). Words
 * from both sides describe a change ("A goes from 3 to 5").
 */
export const fewWords = 3;

/**
 * One counted claim. `members` are the 0-based positions of the oracle's claims folded into it. Each of `texts` is
 * judged separately, and the claim is supported only if all of them are. Duplicates with the same words in another
 * order ("from 3 to 5", "from 5 to 3") may contradict each other, and one false restatement spoils its group.
 */
export type FoldedClaim = { id: string; members: number[]; restatement: boolean; texts: string[] };

/**
 * Folds the judged claims of an oracle before a judge sees them. Duplicates (the same words after case, punctuation and stop words)
 * become one claim each, and all restatements of the diff together become one claim. Claims are in the order of their
 * first members and named c1, c2, … A claim with a decidable fact (`factsOf`, of a judge that follows a rule) is no
 * restatement. It is a duplicate if every fact of it was stated before.
 */
export function foldClaims(
  claims: OracleClaim[],
  groundTruth: Pick<GroundTruth, 'title' | 'description' | 'diff'>,
  factsOf: (text: string) => string[] = () => [],
): FoldedClaim[] {
  /** The group that first stated a fact. */
  const groupOfFact = new Map<string, string>();
  const restates = restatementRule(groundTruth);
  const groups = new Map<string, { members: number[]; restatement: boolean; texts: Map<string, string> }>();
  // A judged answer has no more. Here too, because the time that folding takes depends on it.
  for (const [place, { claim }] of claims.slice(0, maxClaims).entries()) {
    const text = cutText(claim, maxClaimCharacters);
    const facts = factsOf(text);
    const words = contentWords(text);
    const [known] = facts.every((fact) => groupOfFact.has(fact)) ? facts : [];
    const restatement = facts.length === 0 && restates(text);
    const key =
      known !== undefined
        ? (groupOfFact.get(known) ?? '')
        : restatement
          ? 'restatement'
          : `words ${[...new Set(words)].sort().join(' ')}`;
    const group = groups.get(key) ?? { members: [], restatement, texts: new Map<string, string>() };
    groups.set(key, group);
    for (const fact of facts) if (!groupOfFact.has(fact)) groupOfFact.set(fact, key);
    group.members.push(place);
    const wording = words.join(' ');
    if (!group.texts.has(wording)) group.texts.set(wording, text);
  }
  return [...groups.values()].map(({ members, restatement, texts }, index) => ({
    id: `c${index + 1}`,
    members,
    restatement,
    texts: [...texts.values()],
  }));
}

const contentWords = (text: string) => splitParts(text).filter((word) => !stopWords.has(word));

/**
 * Whether a claim restates the change (methodology, "Claims"). It does in any of these cases:
 * - Without stop words, diff words and ordinary words, nothing is left.
 * - The remaining words are all on one changed line or in that file's path.
 * - At most three of them are not in that path, and these are all on added lines of the file or all on removed ones.
 * - Half of the claim's words are in runs of 4 or more shared with one line of the diff, the title or the description.
 * An identifier is one word, found by its parts. The pull request is indexed once. A claim then costs its own words and
 * the files and lines that contain its rarest word.
 */
function restatementRule(
  groundTruth: Pick<GroundTruth, 'title' | 'description' | 'diff'>,
): (claim: string) => boolean {
  const inRuns = indexRuns(
    [...diffLines(groundTruth.diff), groundTruth.title, groundTruth.description],
    sharedRun,
  );
  const files = parseDiff(groundTruth.diff).files.map((file) => {
    const lines = file.changedLines.map(({ sign, text }) => ({ sign, words: new Set(splitParts(text)) }));
    return {
      path: new Set(splitParts(`${file.oldPath ?? ''} ${file.path}`)),
      linesWith: index(lines, ({ words }) => words),
      sides: ['+', '-'].map(
        (side) => new Set(lines.flatMap(({ sign, words }) => (sign === side ? [...words] : []))),
      ),
    };
  });
  const filesWith = index(files, ({ path, linesWith }) => new Set([...path, ...linesWith.keys()]));

  return (claim) => {
    const words = tellingPartsOfWords(claim);
    if (words.length === 0) return true;
    const standsIn = ({ path, linesWith, sides }: (typeof files)[number]): boolean => {
      if (!words.every((parts) => parts.every((part) => path.has(part) || linesWith.has(part)))) return false;
      const beside = words.filter((parts) => parts.some((part) => !path.has(part)));
      const rest = beside.flat().filter((part) => !path.has(part));
      if (beside.length <= fewWords && sides.some((side) => rest.every((part) => side.has(part))))
        return true;
      return rarest(rest, linesWith).some((line) => rest.every((part) => line.words.has(part)));
    };
    if (rarest(words.flat(), filesWith).some(standsIn)) return true;
    const runWords = splitRunWords(claim);
    const shared = inRuns(runWords).filter((covered) => covered).length;
    return shared > 0 && shared * 2 >= runWords.length;
  };
}

function index<T>(holders: T[], wordsOf: (holder: T) => Set<string>): Map<string, T[]> {
  const holdersOf = new Map<string, T[]>();
  for (const holder of holders) {
    for (const word of wordsOf(holder)) {
      const known = holdersOf.get(word);
      if (known) known.push(holder);
      else holdersOf.set(word, [holder]);
    }
  }
  return holdersOf;
}

/** The holders of the rarest word: nothing else can hold all the words. */
const rarest = <T>(words: string[], holdersOf: Map<string, T[]>): T[] =>
  words
    .map((word) => holdersOf.get(word) ?? [])
    .reduce((fewest, holders) => (holders.length < fewest.length ? holders : fewest));

/** The distinct words of a text that have telling parts, each as those parts. */
function tellingPartsOfWords(text: string): string[][] {
  const words = new Map<string, string[]>();
  for (const { start, end } of splitWords(text)) {
    const parts = tellingWords(splitParts(text.slice(start, end)));
    if (parts.length > 0) words.set(parts.join(' '), parts);
  }
  return [...words.values()];
}
