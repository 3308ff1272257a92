import type { GroundTruth } from '#contracts/ground-truth.ts';
import { emptyAnswer, type JudgeAnswer } from '../judge.ts';
import { type Candidate, readCandidates } from './candidates.ts';
import { ruleOnClaim } from './claim-verdict.ts';
import type { DiffIndex } from './diff-index.ts';
import { chooseQuestion } from './question.ts';

/** A key's size, and how its changes are spread over files. Published with the rule. */
export const keySize = {
  mostChanges: 8,
  linesPerChange: 12,
  nextOfFile: 0.85,
  leastShare: 0.45,
  fewest: 3,
  leastShareOfMore: 0.75,
} as const;

/** Reads the answer key off a diff (see `rule.ts`, "Answer key"). `changes` is empty if no key can be made. */
export function readAnswerKey(groundTruth: GroundTruth, index: DiffIndex): JudgeAnswer {
  // Kept only if the rule itself finds them true.
  const perFile = readCandidates(index).map((candidates) =>
    candidates.filter(
      ({ kind, statement }) => kind === 'said' || ruleOnClaim(statement, index).verdict === 'supported',
    ),
  );
  const lines = index.files.reduce(
    (sum, { kind, parsed }) => sum + (kind === 'generated' ? 0 : parsed.changedLines.length),
    0,
  );
  const wanted = Math.min(keySize.mostChanges, Math.max(1, Math.ceil(lines / keySize.linesPerChange)));
  const chosen = spread(perFile, wanted);
  const question = chooseQuestion(perFile.flat(), groundTruth, index);
  if (chosen.length === 0 || question === null) return emptyAnswer;
  return {
    ...emptyAnswer,
    changes: chosen.map(({ statement, quote }, at) => ({ id: `k${at + 1}`, statement, quote })),
    question,
  };
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
