import type { ZodError } from 'zod';
import type { FieldIssue } from './errors.ts';
import { cutText } from './text.ts';

/** A field's name in an answer. A caller may send any name, so only the beginning of a long one is repeated. */
export const shownName = (name: string): string => cutText(name, 100, '…');

/** A body of a megabyte has room for 100,000 wrong fields. Naming some of them is enough. */
export const mostNamed = 50;

/** What is wrong with each field, unknown ones included, by its path. */
export const fieldIssuesOf = ({ issues }: ZodError): FieldIssue[] =>
  issues
    .flatMap((issue) => {
      const at = (...names: PropertyKey[]) =>
        [...issue.path, ...names].map((name) => shownName(String(name))).join('.');
      return issue.code === 'unrecognized_keys'
        ? issue.keys.map((name) => ({ path: at(name), message: 'Not a field of this request.' }))
        : [{ path: at(), message: issue.message }];
    })
    .slice(0, mostNamed);
