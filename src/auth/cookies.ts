import type { CookieOption, CookiesOptions } from 'next-auth';

/**
 * Cookies ignore ports, so two installations on one machine would sign each other out. That is why the name holds the
 * port. Under https it has the prefix with which browsers take the cookie from this very host alone, over https, for all
 * paths: no sibling domain can plant one.
 */
const nameOf = (url: URL, what: string) =>
  `${url.protocol === 'https:' ? '__Host-' : ''}echelon-verify-${url.port || 'default'}.${what}`;

/** The name of the session cookie. */
export const sessionCookieName = (url: string) => nameOf(new URL(url), 'session');

/**
 * All our cookies: hidden from scripts, not sent with other sites' posts, and https only if the installation uses https.
 */
export const authCookies = (url: string): Partial<CookiesOptions> => {
  const own = new URL(url);
  const cookie = (what: string, maxAge?: number): CookieOption => ({
    name: nameOf(own, what),
    options: {
      httpOnly: true,
      sameSite: 'lax',
      path: '/',
      secure: own.protocol === 'https:',
      ...(maxAge === undefined ? {} : { maxAge }),
    },
  });
  const oauthSeconds = 15 * 60;
  return {
    sessionToken: cookie('session'),
    callbackUrl: cookie('callback-url'),
    csrfToken: cookie('csrf'),
    pkceCodeVerifier: cookie('pkce', oauthSeconds),
    state: cookie('state', oauthSeconds),
    nonce: cookie('nonce', oauthSeconds),
  };
};
