import type { GroundTruth } from '#contracts/ground-truth.ts';
import { copiedPassagesOf } from '../../text/copied-passages.ts';
import { foldClaims } from '../../text/fold-claims.ts';
import { maxClaimCharacters, maxSummaryCharacters } from '../../text/judged-answer.ts';
import { emptyAnswer, type JudgeAnswer } from '../judge.ts';
import type { Candidate } from './candidate.ts';
import { readCandidates, readWording } from './candidates.ts';
import { ruleOnClaim } from './claim-verdict.ts';
import type { DiffIndex } from './diff-index.ts';
import { chooseQuestion } from './question.ts';
import { ruleOnChanges } from './recall-verdict.ts';

/** A key's size, and how its changes are spread over files. Published with the rule. */
export const keySize = {
  mostChanges: 8,
  linesPerChange: 12,
  nextOfFile: 0.85,
  leastShare: 0.45,
  fewest: 3,
  leastShareOfMore: 0.75,
} as const;

/**
 * Reads the answer key off a diff (see `rule.ts`, "Answer key"). `changes` is empty if no key can be made. Whoever states
 * the statements in a summary, and answers with the reference answer, surfaces every change and is right.
 */
export function readAnswerKey(groundTruth: GroundTruth, index: DiffIndex): JudgeAnswer {
  const candidates = readCandidates(index);
  const asJudged = copiedPassagesOf(groundTruth.diff);
  const canBeEarned = ({ statement }: Candidate) =>
    statement.length <= maxClaimCharacters &&
    ruleOnClaim(statement, index).verdict === 'supported' &&
    surfacedBy([statement], asJudged(statement).text, index).length === 1;
  const earnable = (perFile: Candidate[][]) => perFile.map((ofFile) => ofFile.filter(canBeEarned));
  const stated = earnable(candidates);
  const perFile = stated.flat().length > 0 ? stated : earnable(readWording(index));
  const lines = index.files.reduce(
    (sum, { kind, parsed }) => sum + (kind === 'generated' ? 0 : parsed.changedLines.length),
    0,
  );
  const wanted = Math.min(keySize.mostChanges, Math.max(1, Math.ceil(lines / keySize.linesPerChange)));
  const chosen = earnedTogether(
    spread(perFile, wanted),
    groundTruth,
    index,
    (summary) => asJudged(summary).text,
  );
  const question = chooseQuestion(candidates.flat(), perFile.flat(), groundTruth, index);
  if (chosen.length === 0 || question === null) return emptyAnswer;
  return {
    ...emptyAnswer,
    changes: chosen.map(({ statement, quote }, at) => ({ id: `k${at + 1}`, statement, quote })),
    question,
  };
}

/** Which of the statements a summary surfaces. */
const surfacedBy = (statements: string[], summary: string, index: DiffIndex): string[] =>
  ruleOnChanges(
    statements.map((statement) => ({ id: statement, statement })),
    summary,
    index,
  ).flatMap(({ id, surfaced }) => (surfaced ? [id] : []));

/**
 * The changes that one summary of them all surfaces, as far as a summary is read, and that are as many claims: of those
 * that fold into one claim the first is kept.
 */
function earnedTogether(
  chosen: Candidate[],
  groundTruth: GroundTruth,
  index: DiffIndex,
  asJudged: (summary: string) => string,
): Candidate[] {
  const claims = foldClaims(
    chosen.map(({ statement }) => ({ claim: statement, confidence: null })),
    groundTruth,
    (text) => ruleOnClaim(text, index).facts,
  );
  const firsts = new Set(claims.map(({ members }) => members[0]));
  let characters = 0;
  let kept = chosen.filter(({ statement }, at) => {
    const isRead = firsts.has(at) && characters + statement.length < maxSummaryCharacters;
    if (isRead) characters += statement.length + 1;
    return isRead;
  });
  // Each round but the last leaves one out.
  for (let round = 0; round < chosen.length; round++) {
    const statements = kept.map(({ statement }) => statement);
    const surfaced = new Set(surfacedBy(statements, asJudged(statements.join('\n')), index));
    if (surfaced.size === kept.length) break;
    kept = kept.filter(({ statement }) => surfaced.has(statement));
  }
  return kept;
}

/** Takes the most important remaining change again and again. Each further one of a file counts less; trivia do not. */
function spread(perFile: Candidate[][], wanted: number): Candidate[] {
  const taken = perFile.map(() => 0);
  const chosen: Candidate[] = [];
  while (chosen.length < wanted) {
    let best = -1;
    let bestWorth = 0;
    for (const [file, candidates] of perFile.entries()) {
      const next = candidates[taken[file] ?? 0];
      const worth = next ? next.importance * keySize.nextOfFile ** (taken[file] ?? 0) : 0;
      if (worth > bestWorth) [best, bestWorth] = [file, worth];
    }
    const next = perFile[best]?.[taken[best] ?? 0];
    const least = chosen.length < keySize.fewest ? keySize.leastShare : keySize.leastShareOfMore;
    if (!next || (chosen[0] && next.importance < chosen[0].importance * least)) break;
    taken[best] = (taken[best] ?? 0) + 1;
    chosen.push(next);
  }
  return chosen;
}
