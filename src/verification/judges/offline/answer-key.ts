import type { GroundTruth } from '#contracts/ground-truth.ts';
import { isGeneratedPath } from '../../diff/generated.ts';
import { emptyAnswer, type JudgeAnswer } from '../judge.ts';
import { type Candidate, readCandidates } from './candidates.ts';
import type { DiffEvidence } from './diff-evidence.ts';
import { chooseQuestion } from './question.ts';

const maxChanges = 10;
/** A key has one change for this many changed lines, rounded up. */
const linesPerChange = 8;

/** Text that a drawing program wrote. */
const isPicture = (path: string) => /\.svg$/i.test(path);

/** Reads the answer key off a diff (see `rule.ts`, "Answer key"). `changes` is empty if no key can be made. */
export function readAnswerKey(groundTruth: GroundTruth, evidence: DiffEvidence): JudgeAnswer {
  const perFile = evidence.diff.files
    .filter(({ path }) => !isGeneratedPath(path) && !isPicture(path))
    .map((file) => dedupe(readCandidates(file, evidence)).sort((a, b) => b.importance - a.importance))
    .filter((candidates) => candidates.length > 0);
  const byFile = nameOnce(perFile);
  const wanted = Math.min(maxChanges, Math.max(1, Math.ceil(evidence.lines.length / linesPerChange)));
  const chosen = spread(byFile, wanted);
  const question = chooseQuestion(byFile.flat(), groundTruth, evidence);
  if (chosen.length === 0 || question === null) return emptyAnswer;
  return {
    changes: chosen.map(({ statement, quote }, index) => ({ id: `k${index + 1}`, statement, quote })),
    question,
    variants: [],
    verdicts: [],
  };
}

/** A name that one file defines and others use is one change, kept where it matters most. */
function nameOnce(perFile: Candidate[][]): Candidate[][] {
  const foremost = new Map<string, Candidate>();
  for (const candidate of perFile.flat()) {
    const known = foremost.get(candidate.name);
    if (!known || known.importance < candidate.importance) foremost.set(candidate.name, candidate);
  }
  return perFile.map((candidates) =>
    candidates.filter((candidate) => candidate.kind !== 'used' || foremost.get(candidate.name) === candidate),
  );
}

/** Takes the most important remaining change again and again. Each further change of a file counts less. */
function spread(byFile: Candidate[][], wanted: number): Candidate[] {
  const taken = byFile.map(() => 0);
  const chosen: Candidate[] = [];
  while (chosen.length < wanted) {
    let best = -1;
    let bestWorth = 0;
    for (const [file, candidates] of byFile.entries()) {
      const next = candidates[taken[file] ?? 0];
      const worth = next ? next.importance * 0.8 ** (taken[file] ?? 0) : 0;
      if (worth > bestWorth) [best, bestWorth] = [file, worth];
    }
    const next = byFile[best]?.[taken[best] ?? 0];
    if (!next) break;
    taken[best] = (taken[best] ?? 0) + 1;
    chosen.push(next);
  }
  return chosen;
}

/** Keeps the most important candidate for each name and for each line. */
function dedupe(candidates: Candidate[]): Candidate[] {
  const names = new Set<string>();
  const quotes = new Set<string>();
  return [...candidates]
    .sort((a, b) => b.importance - a.importance)
    .filter(({ name, quote }) => {
      if ((name !== '' && names.has(name)) || quotes.has(quote)) return false;
      names.add(name);
      quotes.add(quote);
      return true;
    });
}
