/** Where to go after signing in: always a path of this installation, whatever the address asks for. */
export const ownPath = (next: string | undefined, url: string): string => {
  const otherwise = '/runs';
  if (next === undefined || !next.startsWith('/')) return otherwise;
  const own = new URL(url);
  // The URL parser, not a pattern, decides how a browser reads `//host` or `/\host`.
  if (!URL.canParse(next, own)) return otherwise;
  const target = new URL(next, own);
  if (target.origin !== own.origin || target.pathname.startsWith('/sign-in')) return otherwise;
  return `${target.pathname}${target.search}`;
};
