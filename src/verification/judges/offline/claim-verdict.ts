import { quoteCountsInDiff } from '../../text/quotes.ts';
import { type DiffEvidence, quoteLine } from './diff-evidence.ts';
import { contradictsDirection } from './direction.ts';
import { readTerms, type Term } from './terms.ts';

export type ClaimRuling = { supported: boolean; quote: string };

const unsupported: ClaimRuling = { supported: false, quote: '' };

/** A passage is this many neighbouring changed lines of one file. */
const passageLines = 12;
/** The share of a claim's weight that its two best passages must exceed. */
const exceededShare = 0.5;
const neededWeight = 2;

type Weighed = { key: string; weight: number; lines: number[] };

/** Rules on one claim by the published rule (see `rule.ts`, "Precision"). Linear in the lines that hold its terms. */
export function ruleOnClaim(claim: string, evidence: DiffEvidence): ClaimRuling {
  const terms = readTerms(claim);
  const telling = new Map<string, Term>();
  for (const term of terms) if (term.kind !== 'filler') telling.set(`${term.kind} ${term.key}`, term);

  const found: Weighed[] = [];
  let missing = 0;
  for (const [key, term] of telling) {
    const finding = evidence.find(term);
    if (finding.where === 'changed') {
      found.push({
        key,
        weight: weightOf(term, finding.lines.length, evidence.lines.length),
        lines: finding.lines,
      });
    } else if (finding.where === 'nowhere') {
      // A name, number or path that stands nowhere makes the whole claim false.
      if (term.kind !== 'plain' && term.kind !== 'count') return unsupported;
      missing += missingWeightOf(term);
    }
  }
  if (contradictsDirection(claim, terms, evidence)) return unsupported;
  if (found.length === 0) return missing === 0 ? ruleOnFiles(telling, evidence) : unsupported;

  const first = bestPassage(found, evidence);
  const rest = found.filter(({ key }) => !first.keys.has(key));
  const second = bestPassage(rest, evidence);
  const held = first.weight + second.weight;
  const elsewhere = rest
    .filter(({ key }) => !second.keys.has(key))
    .reduce((sum, { weight }) => sum + weight, 0);
  if (held < neededWeight || held / (held + elsewhere + missing) <= exceededShare) return unsupported;
  const quote = bestQuote(found, evidence);
  return quote === null ? unsupported : { supported: true, quote };
}

/** Names and numbers weigh double. A plain word that stands on every tenth line or more weighs half. */
function weightOf(term: Term, lines: number, allLines: number): number {
  if (term.kind !== 'plain') return 2;
  return lines >= 3 && lines * 10 >= allLines ? 0.5 : 1;
}

/** A number word up to two may count what the diff only lists ("both tests", "once"), so it is not missed. */
function missingWeightOf(term: Term): number {
  if (term.kind === 'count') return Number(term.key) > 2 ? 2 : 0;
  return term.proper ? 2 : 1;
}

/** A claim that names files only is true if the diff has them all. */
function ruleOnFiles(telling: Map<string, Term>, evidence: DiffEvidence): ClaimRuling {
  const paths = [...telling.values()].filter((term) => term.kind === 'path');
  const [file] = paths.map((path) => evidence.file(path.key));
  const header = file?.headerLines.find((line) => quoteCountsInDiff(line, { files: [file] }, file.path));
  const all = paths.every((path) => evidence.file(path.key) !== undefined);
  return all && header !== undefined ? { supported: true, quote: header } : unsupported;
}

/** Finds the passage with the greatest weight of terms, each counted once, by two pointers over the terms' places. */
function bestPassage(found: Weighed[], evidence: DiffEvidence): { weight: number; keys: Set<string> } {
  const places = found
    .flatMap((term) => term.lines.map((line) => ({ line, term })))
    .sort((a, b) => a.line - b.line);
  const inside = new Map<Weighed, number>();
  let best = { weight: 0, from: 0, to: 0 };
  let weight = 0;
  let from = 0;
  for (const [at, place] of places.entries()) {
    const count = inside.get(place.term) ?? 0;
    inside.set(place.term, count + 1);
    if (count === 0) weight += place.term.weight;
    for (
      let first = places[from];
      first && !together(first.line, place.line, evidence);
      first = places[from]
    ) {
      const left = (inside.get(first.term) ?? 1) - 1;
      inside.set(first.term, left);
      if (left === 0) weight -= first.term.weight;
      from++;
    }
    if (weight > best.weight) best = { weight, from, to: at + 1 };
  }
  return {
    weight: best.weight,
    keys: new Set(places.slice(best.from, best.to).map(({ term }) => term.key)),
  };
}

const together = (first: number, last: number, evidence: DiffEvidence) =>
  last - first < passageLines && evidence.lines[first]?.path === evidence.lines[last]?.path;

/** The changed line that holds most of the claim and counts as a quote. The first of equals wins. */
function bestQuote(found: Weighed[], evidence: DiffEvidence): string | null {
  const weights = new Map<number, number>();
  for (const { lines, weight } of found) {
    for (const line of lines) weights.set(line, (weights.get(line) ?? 0) + weight);
  }
  const ranked = [...weights].sort(([a, x], [b, y]) => y - x || a - b).slice(0, 20);
  for (const [line] of ranked) {
    const changed = evidence.lines[line];
    const quote = changed ? quoteLine(changed, evidence.diff) : null;
    if (quote !== null) return quote;
  }
  return null;
}
