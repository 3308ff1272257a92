import type { SessionCarrier } from '#contracts/account.ts';
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

/** The secret by which a request says who asks, and what carries it; null if it says nothing. */
export const credentialOf = (
  auth: Pick<AuthContext, 'url'>,
  headers: Headers,
): { secret: string; carrier: SessionCarrier } | null => {
  const authorization = headers.get('authorization');
  const carrier = authorization === null ? 'cookie' : 'bearer';
  const secret =
    authorization === null ? sessionCookieOf(auth, headers) : (bearer.exec(authorization)?.[1] ?? null);
  return secret === null ? null : { secret, carrier };
};

/**
 * Who asks, by `Authorization: Bearer` or else by the session cookie, in one statement. A wrong bearer token makes the
 * request anonymous, whatever cookie comes with it. A page of another origin sends no cookie: the server's entry has
 * removed it.
 */
export const resolveActor = async (
  auth: Pick<AuthContext, 'db' | 'url'> & { signInRule: Pick<SignInRule, 'allow'> },
  headers: Headers,
): Promise<Caller> => {
  const credential = credentialOf(auth, headers);
  return credential === null ? null : resolveSecret(auth, credential.secret, credential.carrier);
};
