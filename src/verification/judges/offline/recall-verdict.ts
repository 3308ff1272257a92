import { cutText } from '#contracts/text.ts';
import { quoteCountsInText } from '../../text/quotes.ts';
import { type DiffIndex, maxQuoteCharacters } from './diff-index.ts';
import { decide } from './facts.ts';
import { readStatements } from './statements.ts';

export type ChangeRuling = { id: string; surfaced: boolean; quote: string };
type Change = { id: string; statement: string };

/** `ids`: what a fact says, then what it tells of besides. */
type Said = { ids: string[]; sentence: string };

/** True facts of a text, each once with the first sentence that states it. A sentence with a false one states nothing. */
function trueFacts(text: string, index: DiffIndex): Said[] {
  const facts = new Map<string, Said>();
  for (const { sentence, statements } of readStatements(text, index)) {
    const decisions = statements.map((statement) => decide(statement, index));
    if (decisions.some(({ kind }) => kind === 'false')) continue;
    for (const decision of decisions)
      if (decision.kind === 'true' && !facts.has(decision.id))
        facts.set(decision.id, { ids: [decision.id, ...decision.within], sentence });
  }
  return [...facts.values()];
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
  const wanted = changes.map(({ id, statement }) => ({
    id,
    facts: trueFacts(statement, index).flatMap(({ ids: [own = ''] }) => sameAs(own)),
  }));
  const quotes = new Map<string, string>();
  const taken = new Set<Said>();
  // What a fact says goes before what it only tells of.
  for (const isMeant of [
    ({ ids }: Said, fact: string) => ids[0] === fact,
    ({ ids }: Said, fact: string) => ids.includes(fact),
  ]) {
    for (const { id, facts } of wanted) {
      if (quotes.has(id)) continue;
      const found = facts.flatMap((fact) => said.filter((one) => !taken.has(one) && isMeant(one, fact)))[0];
      const quote = found === undefined ? null : quoteOf(found.sentence, summary);
      if (found === undefined || quote === null) continue;
      taken.add(found);
      quotes.set(id, quote);
    }
  }
  return changes.map(({ id }) => ({ id, surfaced: quotes.has(id), quote: quotes.get(id) ?? '' }));
}

function quoteOf(sentence: string, summary: string): string | null {
  const quotes = [sentence, summary].map((text) => cutText(text, maxQuoteCharacters));
  return quotes.find((quote) => quoteCountsInText(quote, summary)) ?? null;
}
