import { z } from 'zod';

/** Text that can be stored: Postgres takes neither NUL nor lone surrogates, so each becomes U+FFFD. */
export const storableText = (text: string): string => text.replaceAll('\0', '\ufffd').toWellFormed();

/** A string that is read as text that can be stored. */
export const storableTextSchema = z.string().overwrite(storableText);
