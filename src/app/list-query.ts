import type { z } from 'zod';

export type SearchParams = Record<string, string | string[] | undefined>;

const single = (value: string | string[] | undefined) => {
  const text = Array.isArray(value) ? value[0] : value;
  return text === undefined || text.trim() === '' ? undefined : text.trim();
};

/**
 * A list's filters from its address. Invalid ones are ignored rather than refused, because people edit addresses and
 * mail programs cut them, and a list without a filter is still useful.
 */
export const readListQuery = <Shape extends z.ZodObject>(
  schema: Shape,
  params: SearchParams,
): z.input<Shape> => {
  const given: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(schema.shape)) {
    const text = single(params[key]);
    if (text === undefined) continue;
    const candidates = [text, ...(/^\d{1,9}$/.test(text) ? [Number(text)] : [])];
    const value = candidates.find((candidate) => field.safeParse(candidate).success);
    if (value !== undefined) given[key] = value;
  }
  return given as z.input<Shape>;
};

/** What an address gives for a field that cannot be read so, and why; null where nothing is wrong. */
export const misreadField = (
  field: z.ZodType,
  value: string | string[] | undefined,
): { text: string; error: string } | null => {
  const text = single(value);
  if (text === undefined) return null;
  const { error } = field.safeParse(text);
  return error === undefined ? null : { text, error: error.issues[0]?.message ?? error.message };
};

/** The address of a list. What is undefined is left out, so that the default list has the bare path. */
export const listHref = (path: string, query: Record<string, string | number | undefined>) => {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) params.set(key, String(value));
  }
  return params.size === 0 ? path : `${path}?${params}`;
};
