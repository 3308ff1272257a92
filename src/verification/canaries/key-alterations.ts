import type { AnswerKey } from '#contracts/replay.ts';
import type { SeededChoice } from '../text/seeded-choice.ts';
import type { Absence } from './absence.ts';
import { alterName, alterNumber } from './alterations.ts';
import type { ChangeLines } from './change-lines.ts';
import { ordering, speaksOfAnEnd } from './diff-facts.ts';

const maxStatementCharacters = 280;
/** If a statement denies or bounds something, it may be just as true with another name or number. */
const deniesOrBounds =
  /\b(?:not|no|never|nor|neither|none|cannot|without|unless|except|only|other|rather|instead|lacks?|missing|absent|unchanged|any|every|all|at least|at most|up to|about|around|over|under|above|below|more|less|fewer|than|between|within|example)\b|n't/i;

/** Whether a statement of the key can be repeated in a claim: one plain line without an order. */
const sayable = (statement: string) =>
  statement.length <= maxStatementCharacters &&
  /^[\x20-\x7e]+$/.test(statement) &&
  !/["<>]/.test(statement) &&
  !ordering.test(statement);

/**
 * A change of the key with one name or number altered to something that stands nowhere in the pull request, or with its
 * direction reversed if the diff rules the opposite out. Each result is false: the key's statement rests on a quote
 * from the diff, and the altered part can be neither seen nor inferred. Empty if none is certain.
 */
export function alterKeyChange(
  { statement, quote }: AnswerKey['changes'][number],
  change: ChangeLines,
  absence: Absence,
  choice: SeededChoice,
  label: string,
): string[] {
  if (change.cut || !sayable(statement)) return [];
  const turned = turnRound(statement, change);
  if (deniesOrBounds.test(statement)) return turned === null ? [] : [turned];
  const names = alteredNames(statement, change, absence, choice, label);
  const numbers = alteredNumbers(statement, quote, absence, choice, label);
  return [...(turned === null ? [] : [turned]), ...names, ...numbers].filter((text) => text !== statement);
}

function alteredNames(
  statement: string,
  change: ChangeLines,
  absence: Absence,
  choice: SeededChoice,
  label: string,
): string[] {
  const names = new Set([...statement.matchAll(/`([A-Za-z_$][\w$]{2,59})`/g)].map((match) => match[1] ?? ''));
  return [...names].flatMap((name) => {
    if (!change.holding(name).some(({ sign }) => sign !== ' ')) return [];
    const altered = alterName(name, absence, choice, `${label} ${name}`);
    // Only the name in backticks is replaced. It may also be part of another word or path of the statement.
    return altered === null ? [] : [statement.replaceAll(`\`${name}\``, () => `\`${altered}\``)];
  });
}

const freeNumber = /(?<![\w.$#/-])\d[\d_]*(?:\.\d+)?(?![\w/%-]|\.\w)/g;

function alteredNumbers(
  statement: string,
  quote: string,
  absence: Absence,
  choice: SeededChoice,
  label: string,
): string[] {
  const quoted = new Set(quote.match(freeNumber) ?? []);
  return [...statement.matchAll(freeNumber)].flatMap(({ 0: number, index }) => {
    if (!quoted.has(number) || statement.split(number).length > 2) return [];
    const altered = alterNumber(number, absence, choice, `${label} ${number}`);
    if (altered === null) return [];
    return [`${statement.slice(0, index)}${altered}${statement.slice(index + number.length)}`];
  });
}

const opposites: Record<string, string> = {
  Adds: 'Removes',
  Introduces: 'Drops',
  Creates: 'Deletes',
  Removes: 'Adds',
  Drops: 'Introduces',
  Deletes: 'Creates',
};

/**
 * Turns "Adds the function `x`…" into "Removes the function `x`…", and the reverse. `x` must stand on lines of the
 * stated side only, so that nothing of that name went the other way.
 */
function turnRound(statement: string, change: ChangeLines): string | null {
  const match =
    /^(Adds|Introduces|Creates|Removes|Drops|Deletes)((?: [a-z-]+){0,4}) `([A-Za-z_$][\w$]{2,59})`/.exec(
      statement,
    );
  const [, verb = '', between = '', name = ''] = match ?? [];
  const opposite = opposites[verb];
  if (opposite === undefined || /\b(?:to|from|for|in|of|with|call|calls|use)\b/.test(between)) return null;
  const sign = /^(?:Adds|Introduces|Creates)$/.test(verb) ? '+' : '-';
  const lines = change.holding(name);
  const oneSided =
    lines.length > 0 && lines.every((line) => line.sign === sign && !speaksOfAnEnd.test(line.text));
  return oneSided ? `${opposite}${statement.slice(verb.length)}` : null;
}
