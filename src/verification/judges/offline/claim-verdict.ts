import { quoteCountsInDiff } from '../../text/quotes.ts';
import type { Decision } from './decisions.ts';
import { type DiffIndex, quoteLine } from './diff-index.ts';
import { decide } from './facts.ts';
import type { Statement } from './statement.ts';
import { type ReadSentence, readStatements } from './statements.ts';

/** `facts`: the decided facts that a text states, false ones too, each by its id. Empty: nothing in it can be decided. */
export type ClaimRuling = {
  verdict: 'supported' | 'not_supported' | 'undecided';
  facts: string[];
  quote: string;
};

/** Rules on one claim by the published rule (see `rule.ts`, "Claims"). */
export function ruleOnClaim(claim: string, index: DiffIndex): ClaimRuling {
  const decisions = readStatements(claim, index).flatMap((sentence) => decisionsOn(sentence, index));
  const decided = decisions.filter((decision) => decision.kind !== 'open');
  const facts = [...new Set(decided.map(({ id }) => id))].sort();
  if (facts.length === 0) return { verdict: 'undecided', facts, quote: '' };
  const quotes = decided.flatMap((decision) => quoteOf(decision, index, claim) ?? []);
  const isTrue = decided.every(({ kind }) => kind === 'true') && quotes[0] !== undefined;
  return { verdict: isTrue ? 'supported' : 'not_supported', facts, quote: isTrue ? (quotes[0] ?? '') : '' };
}

/**
 * What a program does is no fact by itself where the sentence also gives a condition, an order, or a value that no true
 * fact holds: what a claim is about may be just that.
 */
function decisionsOn(
  { statements, hasCondition, hasOrder, values }: ReadSentence,
  index: DiffIndex,
): Decision[] {
  const decided = statements.map((statement) => ({ statement, decision: decide(statement, index) }));
  const held = new Set(
    decided.flatMap(({ statement, decision }) => (decision.kind === 'true' ? valuesIn(statement) : [])),
  );
  const isWhole = !hasCondition && values.every((value) => held.has(value));
  return decided
    .filter(({ statement: { weak } }) => weak === undefined || (!hasOrder && (isWhole || weak === 'order')))
    .map(({ decision }) => decision);
}

function valuesIn(statement: Statement): string[] {
  if (statement.form === 'value')
    return [statement.old, statement.new].flatMap((stated) => stated?.value.text ?? []);
  return statement.form === 'gives' && 'value' in statement.what ? [statement.what.value.text] : [];
}

/** The line that shows a fact, or the header of its file where the claim names it. */
function quoteOf(decision: Decision, index: DiffIndex, claim: string): string | null {
  if (decision.kind !== 'true') return null;
  const line = decision.line && quoteLine(decision.line, index.diff);
  if (line !== null) return line;
  const { parsed } = decision.file;
  return (
    parsed.headerLines.findLast((header) => quoteCountsInDiff(header, { files: [parsed] }, claim)) ?? null
  );
}
