import type { CookieOption, CookiesOptions } from 'next-auth';

/**
 * Cookies do not know ports: two installations on one machine would sign each other out. So a name holds the port,
 * and under https the prefix that makes a browser refuse the cookie from anything less.
 */
const nameOf = (url: URL, what: string) =>
  `${url.protocol === 'https:' ? '__Secure-' : ''}echelon-verify-${url.port || 'default'}.${what}`;

/** The name of the cookie that holds the session; its chunks, if it ever has any, are named `<name>.<n>`. */
export const sessionCookieName = (url: string) => nameOf(new URL(url), 'session');

/**
 * Every cookie of ours: out of scripts' reach, not sent by other sites' posts, over https only where that is spoken.
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
