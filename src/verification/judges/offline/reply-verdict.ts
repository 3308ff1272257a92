import type { replyAccuracies } from '#contracts/replay.ts';
import { indexRuns, numberKey, splitParts, splitRunWords } from '../../text/words.ts';
import type { DiffEvidence } from './diff-evidence.ts';
import { partsKey, plainKey, readTerms, type Term } from './terms.ts';

export type ReplyAccuracy = (typeof replyAccuracies)[number];

/** A response that mentions more other names and numbers of the change than this counts as a list of guesses. */
const toleratedOthers = 6;
/** A longer response repeats the diff if most of it stands on lines of the diff in runs. */
const dumpWords = 25;
const dumpRun = 3;
const dumpShare = 0.6;

/**
 * How much of the reference answer a response holds (see `rule.ts`, "Reply"): the share of its terms' weight, rounded
 * down to a quarter. Names and numbers weigh double.
 */
export function ruleOnReply(
  { question, referenceAnswer, response }: { question: string; referenceAnswer: string; response: string },
  evidence: DiffEvidence,
): ReplyAccuracy {
  const given = keysOf(response);
  const asked = keysOf(question);
  let total = 0;
  let held = 0;
  const references = new Map<string, Term>();
  for (const term of readTerms(referenceAnswer)) references.set(`${term.kind} ${term.key}`, term);
  const all = [...references.values()];
  const speaking = all.filter(({ kind }) => kind !== 'filler');
  for (const term of speaking.length > 0 ? speaking : all) {
    // Terms that the question already says earn nothing, unless the answer has no others.
    const raw = referenceAnswer.slice(term.start, term.end);
    if (speaking.length > 1 && holds(asked, term, raw)) continue;
    const weight = term.kind === 'name' || term.kind === 'number' ? 2 : 1;
    total += weight;
    if (holds(given, term, raw)) held += weight;
  }
  if (total === 0) return 0;
  const share = held / total;
  const others = countOthers(response, references, asked, evidence);
  if (others > 2 * toleratedOthers || saysDiffBack(response, evidence)) return quarter(Math.min(share, 0.25));
  return quarter(Math.min(share, others > toleratedOthers ? 0.5 : 1));
}

function saysDiffBack(response: string, evidence: DiffEvidence): boolean {
  const words = splitRunWords(response);
  if (words.length <= dumpWords) return false;
  const copied = indexRuns(evidence.allLines, dumpRun)(words).filter((covered) => covered).length;
  return copied >= words.length * dumpShare;
}

function quarter(share: number): ReplyAccuracy {
  if (share >= 1) return 1;
  if (share >= 0.75) return 0.75;
  if (share >= 0.5) return 0.5;
  return share >= 0.25 ? 0.25 : 0;
}

type Keys = { names: Set<string>; plain: Set<string>; numbers: Set<string> };

function keysOf(text: string): Keys {
  const terms = readTerms(text);
  return {
    names: new Set(terms.map((term) => partsKey(text.slice(term.start, term.end)))),
    // A path's words answer nothing, or a list of files would hit many names.
    plain: new Set(
      terms
        .filter(({ kind }) => kind !== 'path')
        .flatMap((term) => [...splitParts(text.slice(term.start, term.end)), term.word])
        .map(plainKey),
    ),
    numbers: new Set(
      terms
        .filter(({ kind }) => kind === 'number' || kind === 'count')
        .flatMap((term) => (term.factors ?? [1]).map((factor) => numberKey(Number(term.key) * factor))),
    ),
  };
}

/** `raw` is the term as written: its capitals show its parts. */
function holds(keys: Keys, term: Term, raw: string): boolean {
  if (term.kind === 'number' || term.kind === 'count') {
    return (term.factors ?? [1]).some((factor) => keys.numbers.has(numberKey(Number(term.key) * factor)));
  }
  if (keys.names.has(partsKey(term.word))) return true;
  if (term.kind === 'name') {
    const parts = splitParts(raw).map(plainKey);
    return keys.names.has(term.key) || (parts.length > 1 && parts.every((part) => keys.plain.has(part)));
  }
  return keys.plain.has(term.key);
}

/** Distinct names and numbers of the change in a response that neither question nor reference answer mentions. */
function countOthers(
  response: string,
  references: Map<string, Term>,
  asked: Keys,
  evidence: DiffEvidence,
): number {
  const others = new Set<string>();
  for (const term of readTerms(response)) {
    if (term.kind !== 'name' && term.kind !== 'number') continue;
    const id = `${term.kind} ${term.key}`;
    if (
      !references.has(id) &&
      !holds(asked, term, response.slice(term.start, term.end)) &&
      evidence.find(term).where === 'changed'
    )
      others.add(id);
  }
  return others.size;
}
