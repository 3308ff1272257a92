/** Where to go after signing in: a path of this installation, whatever the address asked for. */
export const ownPath = (next: string | undefined, url: string): string => {
  const otherwise = '/runs';
  if (next === undefined || !next.startsWith('/')) return otherwise;
  const own = new URL(url);
  // The parser, not a pattern, decides what a browser would make of `//host` or `/\host`.
  if (!URL.canParse(next, own)) return otherwise;
  const target = new URL(next, own);
  if (target.origin !== own.origin || target.pathname.startsWith('/sign-in')) return otherwise;
  return `${target.pathname}${target.search}`;
};
