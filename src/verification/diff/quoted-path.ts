const escapes: Record<string, number> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  '"': 34,
  '\\': 92,
};

/**
 * Parses the C-style quoted name at the start of `text`, as git writes it (quote.c). Octal escapes are bytes of UTF-8,
 * and invalid UTF-8 becomes U+FFFD. Null when the quotes do not close or an escape is unknown. `length` counts the
 * UTF-16 units of the quoted form, quotes included.
 */
const readQuotedPath = (text: string): { path: string; length: number } | null => {
  if (!text.startsWith('"')) return null;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (let at = 1; at < text.length; ) {
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
    if (character === '"') return { path: new TextDecoder().decode(new Uint8Array(bytes)), length: at + 1 };
    if (character !== '\\') {
      bytes.push(...encoder.encode(character));
      at += character.length;
      continue;
    }
    const octal = /^[0-3][0-7]{2}/.exec(text.slice(at + 1, at + 4))?.[0];
    const byte = octal === undefined ? escapes[text[at + 1] ?? ''] : Number.parseInt(octal, 8);
    if (byte === undefined) return null;
    bytes.push(byte);
    at += octal === undefined ? 2 : 4;
  }
  return null;
};

const letters = new Map(Object.entries(escapes).map(([letter, byte]) => [byte, letter]));

/**
 * A name as git writes it in a header with `core.quotePath=false`: quoted if it contains characters that would break
 * the line.
 */
export const quotePath = (path: string): string => {
  const quoted = Array.from(path, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const letter = letters.get(code);
    if (letter !== undefined) return `\\${letter}`;
    return code < 32 || code === 127 ? `\\${code.toString(8).padStart(3, '0')}` : character;
  }).join('');
  return quoted === path ? path : `"${quoted}"`;
};

/** A name that is alone on a header line: quoted, or plain up to the tab that git puts after names with spaces. */
export const readPath = (text: string): string =>
  readQuotedPath(text)?.path ?? (text.includes('\t') ? text.slice(0, text.indexOf('\t')) : text);

const withoutPrefix = (path: string, prefix: string) =>
  path.startsWith(prefix) ? path.slice(prefix.length) : path;

/**
 * The two names of a `diff --git` line. Unquoted names that differ and contain spaces are ambiguous, but git then also
 * writes `rename from` and `rename to` lines, which take precedence.
 */
export const readGitHeaderPaths = (line: string): { oldPath: string; newPath: string } => {
  const rest = line.slice('diff --git '.length);
  const split = (oldRaw: string, newRaw: string) => ({
    oldPath: withoutPrefix(readPath(oldRaw), 'a/'),
    newPath: withoutPrefix(readPath(newRaw), 'b/'),
  });
  const first = readQuotedPath(rest);
  if (first) return split(rest.slice(0, first.length), rest.slice(first.length + 1));
  const secondQuote = rest.indexOf(' "');
  if (secondQuote > 0) return split(rest.slice(0, secondQuote), rest.slice(secondQuote + 1));
  // The same name twice splits in the middle, even if it contains spaces or " b/".
  const middle = (rest.length - 1) / 2;
  if (Number.isInteger(middle) && rest[middle] === ' ') {
    const paths = split(rest.slice(0, middle), rest.slice(middle + 1));
    if (paths.oldPath === paths.newPath) return paths;
  }
  const space = rest.indexOf(' b/');
  return space > 0 ? split(rest.slice(0, space), rest.slice(space + 1)) : split(rest, rest);
};

/** The name of a `---` or `+++` line, or null for `/dev/null`. */
export const readFileLinePath = (line: string): string | null => {
  const path = readPath(line.slice(4));
  return path === '/dev/null' ? null : withoutPrefix(path, line.startsWith('---') ? 'a/' : 'b/');
};
