import { z } from 'zod';

/** Makes text storable. Postgres takes neither NUL nor lone surrogates, so each becomes U+FFFD. */
export const storableText = (text: string): string => text.replaceAll('\0', '\ufffd').toWellFormed();

/** A string that is made storable when it is parsed. */
export const storableTextSchema = z.string().overwrite(storableText);

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
