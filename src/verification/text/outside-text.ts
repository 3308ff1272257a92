/** `text` up to `length` UTF-16 units, no character halved. */
export const shortened = (text: string, length: number): string =>
  text.length <= length ? text : text.slice(0, length).toWellFormed();
