import { cutText } from '#contracts/text.ts';
import { quoteCountsInText } from '../../text/quotes.ts';
import { type DiffIndex, maxQuoteCharacters } from './diff-index.ts';
import { decide } from './facts.ts';
import { readStatements } from './statements.ts';

export type ChangeRuling = { id: string; surfaced: boolean; quote: string };
type Change = { id: string; statement: string };

/** True facts of a text, each once with the first sentence that states it. A sentence with a false one states nothing. */
function trueFacts(text: string, index: DiffIndex): Map<string, string> {
  const facts = new Map<string, string>();
  for (const { sentence, statements } of readStatements(text, index)) {
    const decisions = statements.map((statement) => decide(statement, index));
    if (decisions.some(({ kind }) => kind === 'false')) continue;
    for (const decision of decisions)
      if (decision.kind === 'true' && !facts.has(decision.id)) facts.set(decision.id, sentence);
  }
  return facts;
}

/** The facts that say the same as another: what is set for the first time is added, what is moved comes to its file. */
function sameAs(id: string): string[] {
  const [form = '', ...rest] = id.split(' ');
  const path = rest.at(-1) ?? '';
  const name = rest.slice(0, -1).join(' ');
  if (form === 'value' || form === 'moved') return [id, `added ${name} ${path}`];
  return form === 'added' ? [id, `value ${name} ${path}`, `moved ${name} ${path}`] : [id];
}

/** Rules which changes a summary surfaces. Each of its facts surfaces at most one (see `rule.ts`, "Summary"). */
export function ruleOnChanges(changes: Change[], summary: string, index: DiffIndex): ChangeRuling[] {
  const said = trueFacts(summary, index);
  return changes.map(({ id, statement }) => {
    const wanted = [...trueFacts(statement, index).keys()].flatMap(sameAs);
    const fact = wanted.find((one) => said.has(one));
    const quote = fact === undefined ? null : quoteOf(said.get(fact) ?? '', summary);
    if (fact === undefined || quote === null) return { id, surfaced: false, quote: '' };
    said.delete(fact);
    return { id, surfaced: true, quote };
  });
}

function quoteOf(sentence: string, summary: string): string | null {
  const quotes = [sentence, summary].map((text) => cutText(text, maxQuoteCharacters));
  return quotes.find((quote) => quoteCountsInText(quote, summary)) ?? null;
}
