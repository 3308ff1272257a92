/** A name by which a browser reaches its own machine. */
const isLoopback = (hostname: string) =>
  hostname === 'localhost' ||
  hostname.endsWith('.localhost') ||
  hostname === '[::1]' ||
  /^127(?:\.\d{1,3}){3}$/.test(hostname);

/** An installation on loopback is opened under any of this machine's names. */
const isOwnOrigin = (own: URL, origin: string): boolean => {
  if (!URL.canParse(origin)) return false;
  const asking = new URL(origin);
  if (asking.origin === own.origin) return true;
  return (
    isLoopback(own.hostname) &&
    isLoopback(asking.hostname) &&
    asking.protocol === own.protocol &&
    asking.port === own.port
  );
};

/**
 * Whether a browser sends this for one of our own pages, or for no page at all. It names the asking page in `Origin`, on
 * writes and on every fetch across origins, and its relation to us in `Sec-Fetch-Site`. SameSite takes all ports of one
 * host for one site, so a page of another program on localhost would send our cookie. `Host` proves nothing: the same
 * page chooses it. A link elsewhere may open our pages, because what it opens cannot be read by whom it was on.
 */
export const fromOwnPages = (headers: Headers, url: string): boolean => {
  const origin = headers.get('origin');
  if (origin !== null) return isOwnOrigin(new URL(url), origin);
  const site = headers.get('sec-fetch-site');
  return (
    site === null || site === 'same-origin' || site === 'none' || headers.get('sec-fetch-mode') === 'navigate'
  );
};
