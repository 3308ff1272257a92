import { z } from 'zod';

/** Makes text storable. Postgres takes neither NUL nor lone surrogates, so each becomes U+FFFD. */
export const storableText = (text: string): string => text.replaceAll('\0', '\ufffd').toWellFormed();

/**
 * Text that is read as it comes: a repository's, an oracle's, a judge's, and what was stored. It is made storable when
 * it is parsed. An id that somebody asks for is such text too, because a malformed id is only an unknown one.
 */
export const storableTextSchema = z.string().overwrite(storableText);

/**
 * A name, a seed, a label, an address: one line that a caller gives, trimmed. It is refused rather than changed, because
 * control and format characters (bidirectional ones too) make one name look like another, and drive terminals.
 */
export const lineSchema = z
  .string()
  .trim()
  .regex(
    /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u,
    'Must be one line of well-formed text, without control, format or bidirectional characters.',
  );

/** Text of one form, such as a digest's, into which no words fit. */
export const formSchema = (form: RegExp) => z.string().regex(form);

/** Text of several lines that a caller gives. */
export const linesSchema = z
  .string()
  .refine(
    (text) => !/[\p{Cc}\p{Cs}]/u.test(text.replaceAll(/[\t\n\r]/g, '')),
    'Must be well-formed text, without control characters other than tabs and line breaks.',
  );

/** A name that rows are looked up by. Null: no row can have that name, so the search finds nothing. */
export const soughtNameSchema = z
  .string()
  .transform((text) => (lineSchema.safeParse(text).data === text ? text : null));

/**
 * Indexes are by three letters or digits, and a search for anything else would read every name. Which letters beyond these
 * an index knows depends on Postgres's locale; the embedded server's knows none.
 */
const isIndexed = (part: string) => /[a-z0-9]{3}/i.test(part);

const canBeInName = (part: string) => part.length <= 500 && lineSchema.safeParse(part).success;

/** A part of a name that rows are searched for, in whatever case. Null: no name can contain it. */
export const soughtPartSchema = z
  .string()
  .trim()
  .refine(
    (part) => isIndexed(part) || ([...part].length >= 3 && !canBeInName(part)),
    'Give at least three letters (a to z) or digits in a row. A construct whose name has none is found by its whole name.',
  )
  .transform((part) => (canBeInName(part) ? part : null));

/**
 * The first `maxLength` UTF-16 code units of a text, one less if they would end in half a character. `ending` marks the
 * cut and counts towards the length.
 */
export const cutText = (text: string, maxLength: number, ending = ''): string => {
  if (text.length <= maxLength) return text;
  const end = Math.max(0, maxLength - ending.length);
  const last = text.charCodeAt(end - 1);
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? end - 1 : end)}${ending}`;
};
