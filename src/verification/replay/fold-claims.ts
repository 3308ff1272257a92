import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { OracleAnswer } from '#contracts/oracle.ts';
import { parseDiff } from '../sources/diff.ts';
import {
  cutText,
  diffLines,
  indexRuns,
  splitParts,
  splitRunWords,
  stopWords,
  tellingWords,
} from './words.ts';

type OracleClaim = OracleAnswer['keyClaims'][number];

/** How much of an oracle's answer is judged (methodology, "One replay", point 2), in UTF-16 code units. */
export const maxClaims = 50;
export const maxClaimCharacters = 500;
/** A run of shared words counts from this length on. */
const sharedRun = 4;

/**
 * One claim that counts. `members` are the places (0-based) of the oracle's claims folded into it. Each of `texts`
 * is judged by itself, and the claim is supported only if every one of them is: duplicates that order the same
 * words otherwise ("from 3 to 5", "from 5 to 3") may contradict each other, and one false restatement spoils its
 * group.
 */
export type FoldedClaim = { id: string; members: number[]; restatement: boolean; texts: string[] };

/** `claimsCut` are claims beyond the cap, `charactersCut` what judged claims lost to theirs. */
export type FoldedClaims = {
  claimsMade: number;
  claimsCut: number;
  charactersCut: number;
  claims: FoldedClaim[];
};

/**
 * Folds an oracle's claims before a judge sees them: duplicates (the same words after case, punctuation and stop
 * words) into one claim each, all restatements of the diff into one claim together. Claims stand in the order of
 * their first member and are named c1, c2, …
 */
export function foldClaims(claims: OracleClaim[], groundTruth: GroundTruth): FoldedClaims {
  const restates = restatementRule(groundTruth);
  const groups = new Map<string, { members: number[]; restatement: boolean; texts: Map<string, string> }>();
  let charactersCut = 0;
  for (const [place, { claim }] of claims.slice(0, maxClaims).entries()) {
    const { text, cut } = cutText(claim, maxClaimCharacters);
    charactersCut += cut;
    const restatement = restates(text);
    const words = contentWords(text);
    const key = restatement ? 'restatement' : `words ${[...new Set(words)].sort().join(' ')}`;
    const group = groups.get(key) ?? { members: [], restatement, texts: new Map<string, string>() };
    groups.set(key, group);
    group.members.push(place);
    const wording = words.join(' ');
    if (!group.texts.has(wording)) group.texts.set(wording, text);
  }
  return {
    claimsMade: claims.length,
    claimsCut: Math.max(0, claims.length - maxClaims),
    charactersCut,
    claims: [...groups.values()].map(({ members, restatement, texts }, index) => ({
      id: `c${index + 1}`,
      members,
      restatement,
      texts: [...texts.values()],
    })),
  };
}

const contentWords = (text: string) => splitParts(text).filter((word) => !stopWords.has(word));

/**
 * Whether a claim restates (methodology, "Claims"): after stop words and diff words nothing is left; or what is left
 * stands on one changed line plus that file's path; or half of its words lie in runs of 4 or more shared with one
 * line of the diff, the title or the description. The pull request is indexed once, each claim costs its own words
 * and the lines that hold its rarest one.
 */
function restatementRule(groundTruth: GroundTruth): (claim: string) => boolean {
  const inRuns = indexRuns(
    [...diffLines(groundTruth.diff), groundTruth.title, groundTruth.description],
    sharedRun,
  );
  const files = parseDiff(groundTruth.diff).files.map((file) => {
    const path = new Set(splitParts(`${file.oldPath ?? ''} ${file.path}`));
    const lines = file.changedLines.map((line) => new Set(splitParts(line.text)));
    const linesWith = new Map<string, Set<string>[]>();
    for (const line of lines) {
      for (const word of line) {
        const standing = linesWith.get(word);
        if (standing) standing.push(line);
        else linesWith.set(word, [line]);
      }
    }
    return { path, linesWith };
  });

  return (claim) => {
    const telling = [...new Set(tellingWords(splitParts(claim)))];
    if (telling.length === 0) return true;
    const onOneLine = files.some(({ path, linesWith }) => {
      const rest = telling.filter((word) => !path.has(word));
      if (rest.length === 0) return true;
      const candidates = rest.map((word) => linesWith.get(word) ?? []);
      const rarest = candidates.reduce((fewest, lines) => (lines.length < fewest.length ? lines : fewest));
      return rarest.some((line) => rest.every((word) => line.has(word)));
    });
    if (onOneLine) return true;
    const words = splitRunWords(claim);
    const shared = inRuns(words).filter((covered) => covered).length;
    return shared > 0 && shared * 2 >= words.length;
  };
}
