/**
 * Text as it can be stored and shown: what is not UTF-8 and lone surrogates become U+FFFD, and so does NUL, which
 * Postgres takes in no text.
 */
export const readableText = (value: string | Uint8Array): string => {
  const text =
    typeof value === 'string' ? value : new TextDecoder('utf-8', { ignoreBOM: true }).decode(value);
  return text.replaceAll('\0', '\u{fffd}').toWellFormed();
};

/** `text` up to `length` UTF-16 units, no character halved. */
export const shortened = (text: string, length: number): string =>
  text.length <= length ? text : text.slice(0, length).toWellFormed();
