import type { z } from 'zod';
import type { FieldIssue } from '#contracts/errors.ts';
import { fieldIssuesOf } from '#contracts/field-issues.ts';

export type FormReading<T> = { request: T } | { issues: FieldIssue[] };

/** The request if `issues` is empty and the server's schema accepts it, else everything that is wrong. */
export const checkedBy = <T>(schema: z.ZodType, request: T, issues: FieldIssue[]): FormReading<T> => {
  const parsed = schema.safeParse(request);
  const found = parsed.success ? [] : fieldIssuesOf(parsed.error);
  const all = [...issues, ...found];
  return all.length === 0 ? { request } : { issues: all };
};
