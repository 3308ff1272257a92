import { resolveSecret, type SignInRule, type Unlisted } from '#services/account/index.ts';
import type { Actor } from '#services/ground/index.ts';
import type { AuthContext } from './context.ts';
import { sessionCookieName } from './cookies.ts';

const bearer = /^Bearer +([\x21-\x7e]+) *$/i;

/**
 * The session's secret as the request's cookie holds it, or null. It has only characters that no cookie encodes. The
 * server's entry asks for it before Next is there to read cookies.
 */
export const sessionCookieOf = ({ url }: Pick<AuthContext, 'url'>, headers: Headers): string | null => {
  const start = `${sessionCookieName(url)}=`;
  const pairs = (headers.get('cookie') ?? '').split(';').map((pair) => pair.trim());
  return pairs.findLast((pair) => pair.startsWith(start))?.slice(start.length) ?? null;
};

/** Who asks. */
export type Caller = Actor | Unlisted | null;

/**
 * Who asks, by `Authorization: Bearer` or else by the session cookie, in one statement. A wrong bearer token makes the
 * request anonymous, whatever cookie comes with it. A page of another origin sends no cookie: the server's entry has
 * removed it.
 */
export const resolveActor = async (
  auth: Pick<AuthContext, 'db' | 'url'> & { signInRule: Pick<SignInRule, 'allow'> },
  headers: Headers,
): Promise<Caller> => {
  const authorization = headers.get('authorization');
  if (authorization !== null) {
    const secret = bearer.exec(authorization)?.[1];
    return secret === undefined ? null : resolveSecret(auth, secret, 'bearer');
  }
  const secret = sessionCookieOf(auth, headers);
  return secret === null ? null : resolveSecret(auth, secret, 'cookie');
};
