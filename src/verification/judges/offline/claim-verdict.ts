import { quoteCountsInDiff } from '../../text/quotes.ts';
import type { Decision } from './decisions.ts';
import { type DiffIndex, quoteLine } from './diff-index.ts';
import { decide } from './facts.ts';
import type { Statement } from './statement.ts';
import { type ReadSentence, readStatements, splitSentences } from './statements.ts';
import { type Fact, hasUndecidedPart } from './undecided-parts.ts';

/** `facts`: the facts by which a text is ruled on, false ones too, each by its id. Empty: it is not ruled on. */
export type ClaimRuling = {
  verdict: 'supported' | 'not_supported' | 'undecided';
  facts: string[];
  quote: string;
};

/** Rules on one claim by the published rule (see `rule.ts`, "Claims"). */
export function ruleOnClaim(claim: string, index: DiffIndex): ClaimRuling {
  const sentences = readStatements(claim, index).map((read) => ({ read, decided: decidedOf(read, index) }));
  const decisions = sentences.flatMap(({ decided }) => decided.map(({ decision }) => decision));
  const isFalse = decisions.some(({ kind }) => kind === 'false');
  const isWhole =
    sentences.length === splitSentences(claim).length &&
    sentences.every(({ read, decided }) => !hasUndecidedPart(read, factsOf(decided), index));
  const quotes = decisions.flatMap((decision) => quoteOf(decision, index, claim) ?? []);
  if (!isFalse && (!isWhole || quotes[0] === undefined))
    return { verdict: 'undecided', facts: [], quote: '' };
  const facts = [...new Set(decisions.flatMap((one) => (one.kind === 'open' ? [] : [one.id])))].sort();
  return isFalse
    ? { verdict: 'not_supported', facts, quote: '' }
    : { verdict: 'supported', facts, quote: quotes[0] ?? '' };
}

type Decided = { statement: Statement; decision: Decision };

const factsOf = (decided: Decided[]): Fact[] =>
  decided.flatMap(({ statement, decision }) => (decision.kind === 'true' ? [{ statement, decision }] : []));

/**
 * What a program does is no fact by itself where the sentence also gives a condition, an order, or a value that no true
 * fact holds: what a claim is about may be just that.
 */
function decidedOf(
  { statements, hasCondition, hasOrder, values }: ReadSentence,
  index: DiffIndex,
): Decided[] {
  const decided = statements.map((statement) => ({ statement, decision: decide(statement, index) }));
  const held = new Set(
    decided.flatMap(({ statement, decision }) => (decision.kind === 'true' ? valuesIn(statement) : [])),
  );
  const isWhole = !hasCondition && values.every((value) => held.has(value));
  return decided.filter(
    ({ statement: { weak } }) => weak === undefined || (!hasOrder && (isWhole || weak === 'order')),
  );
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
