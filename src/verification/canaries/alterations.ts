import type { SeededChoice } from '../text/seeded-choice.ts';
import type { Absence } from './absence.ts';
import type { Fact } from './diff-facts.ts';
import { numberOf } from './value-changes.ts';

/** Programming words that replace a part of a name. */
const words =
  'batch bucket cache channel counter cursor digest envelope filter folder header journal lease ledger locale margin metric mirror mutex offset palette parcel payload policy portal prefix profile quota region replica schema segment session shard signal snapshot socket stream summary symbol template tenant ticket token topic tracer vector voucher wallet widget window'.split(
    ' ',
  );

const spelledLike = (word: string, model: string): string => {
  if (model === model.toUpperCase()) return word.toUpperCase();
  return /^[A-Z]/.test(model) ? `${word[0]?.toUpperCase() ?? ''}${word.slice(1)}` : word;
};

/**
 * A name with one of its parts replaced, in the same spelling. Neither the new part nor the new name stands anywhere in
 * the pull request. Null: no part has 3 letters, or the pull request holds every word.
 */
export function alterName(
  name: string,
  absence: Absence,
  choice: SeededChoice,
  label: string,
): string | null {
  const parts = [...name.matchAll(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g)].filter(([part]) => part.length >= 3);
  const absentWords = choice.turned(words, `word ${label}`).filter((word) => absence.word(word));
  for (const { 0: part, index } of choice.turned(parts, `part ${label}`)) {
    for (const word of absentWords) {
      const altered = `${name.slice(0, index)}${spelledLike(word, part)}${name.slice(index + part.length)}`;
      if (absence.name(altered)) return altered;
    }
  }
  return null;
}

/** A positive number written like `text` that stands nowhere in the pull request in any unit. */
export function alterNumber(
  text: string,
  absence: Absence,
  choice: SeededChoice,
  label: string,
): string | null {
  const value = numberOf(text);
  if (value === null || value <= 0 || value > 1e9) return null;
  const decimals = /\.(\d+)$/.exec(text)?.[1]?.length ?? 0;
  const step = 10 ** -decimals;
  const altered = [
    value * 2,
    value * 3,
    value * 5,
    value * 1.5,
    value + 3 * step,
    value + 7 * step,
    value + 12 * step,
  ]
    .map((number) => Number(number.toFixed(decimals)))
    .filter((number) => number !== value && absence.number(number));
  const [chosen] = choice.turned(altered, `number ${label}`);
  return chosen === undefined ? null : chosen.toFixed(decimals);
}

/** The fact in the opposite direction. It is false, because facts are certain: see `readFacts`. */
export function reverse(fact: Fact): Fact {
  switch (fact.about) {
    case 'rename':
      return { ...fact, from: fact.path, path: fact.from };
    case 'value':
      return { ...fact, from: fact.to, to: fact.from };
    default:
      return { ...fact, done: fact.done === 'added' ? 'removed' : 'added' };
  }
}

/** The fact with a name, path or number that stands nowhere in the pull request, or null. */
export function alter(fact: Fact, absence: Absence, choice: SeededChoice, label: string): Fact | null {
  switch (fact.about) {
    case 'file':
    case 'rename': {
      const path = alterFileName(fact.path, absence, choice, label);
      return path === null ? null : { ...fact, path };
    }
    case 'value': {
      const to = alterNumber(fact.to, absence, choice, label);
      return to === null ? null : { ...fact, to };
    }
    case 'word': {
      const [name] = choice.turned(words, `word ${label}`).filter((word) => absence.name(word));
      return name === undefined ? null : { ...fact, name };
    }
    default: {
      const name = alterName(fact.name, absence, choice, label);
      return name === null ? null : { ...fact, name };
    }
  }
}

function alterFileName(path: string, absence: Absence, choice: SeededChoice, label: string): string | null {
  const start = path.lastIndexOf('/') + 1;
  const end = path.indexOf('.', start + 1);
  const stem = path.slice(start, end < 0 ? undefined : end);
  const altered = alterName(stem, absence, choice, label);
  return altered === null ? null : `${path.slice(0, start)}${altered}${end < 0 ? '' : path.slice(end)}`;
}
