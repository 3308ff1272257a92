import type { FieldIssue } from '#contracts/errors.ts';

const mostUsd = 100_000;

/** A typed cost limit in US dollars. Undefined if none was typed, or if it is invalid, which adds to `issues`. */
export const readCostLimit = (text: string, issues: FieldIssue[]): number | undefined => {
  const typed = text.trim();
  if (typed === '') return undefined;
  const amount = /^[\d.]+$/.test(typed) ? Number(typed) : Number.NaN;
  if (amount > 0 && amount <= mostUsd) return amount;
  issues.push({
    path: 'maxCostUsd',
    message: `Give an amount above 0 and up to ${mostUsd.toLocaleString('en')}, for example 2.50.`,
  });
  return undefined;
};
