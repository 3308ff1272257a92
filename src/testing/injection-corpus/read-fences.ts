/**
 * Splits a request's text at its fences as the strictest reader would. An opening tag with the nonce ends at its first
 * ">", and the first closing tag with the nonce closes it. Tags count as outside, because the program wrote them. This
 * shares nothing with the code that builds fences, so that one can check the other.
 */
export const readFences = (text: string, nonce: string): { outside: string; inside: string[] } => {
  let outside = '';
  const inside: string[] = [];
  let from = 0;
  for (let at = text.indexOf(`<untrusted-${nonce}`); at >= 0; ) {
    const start = text.indexOf('>', at) + 2;
    const end = text.indexOf(`</untrusted-${nonce}>`, start) - 1;
    if (end < start) throw new Error('A fence is not closed.');
    outside += text.slice(from, start);
    inside.push(text.slice(start, end));
    from = end;
    at = text.indexOf(`<untrusted-${nonce}`, from);
  }
  return { outside: outside + text.slice(from), inside };
};

const opensTag = '<＜﹤≮‹\u2329\u3008⟨❬❮❰⧼˂ᐸᚲ«《⟪≪';
const tag = new RegExp(`[${opensTag}][/\\\\∕⁄⧸]?untrusted`, 'u');
const invisible = /[\p{C}\p{M}\p{Z}\s\p{Default_Ignorable_Code_Point}]/gu;

/**
 * Whether something in a text would pass for a delimiter once invisible, blank and combining characters are removed and
 * compatibility forms are made plain (NFKC).
 */
export const showsTag = (text: string): boolean =>
  tag.test(text.replace(invisible, '').normalize('NFKC').replace(invisible, '').toLowerCase());

/** Whether a fenced piece is what its author wrote, except for the brackets of forged tags. */
export const saysTheSame = (piece: string, original: string): boolean => {
  const [shown, written] = [[...piece], [...original]];
  return (
    shown.length === written.length &&
    shown.every((c, at) => c === written[at] || (c === '[' && opensTag.includes(written[at] ?? '?')))
  );
};
