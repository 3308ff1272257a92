import { NextRequest } from 'next/server';
import { resolveSecret } from '#services/account/index.ts';
import type { Actor } from '#services/ground/index.ts';
import type { AuthContext } from './context.ts';
import { sessionCookieName } from './cookies.ts';

const bearer = /^Bearer +([\x21-\x7e]+) *$/i;

/** The session's secret as the request's cookie holds it, or null. */
export const sessionCookieOf = ({ url }: Pick<AuthContext, 'url'>, headers: Headers): string | null =>
  new NextRequest(url, { headers }).cookies.get(sessionCookieName(url))?.value ?? null;

/**
 * Who asks, by `Authorization: Bearer` or else by the session cookie, in one statement. A wrong bearer token makes the
 * request anonymous, whatever cookie comes with it. A page of another origin sends no cookie: the server's entry has
 * removed it.
 */
export const resolveActor = async (auth: AuthContext, headers: Headers): Promise<Actor | null> => {
  const authorization = headers.get('authorization');
  if (authorization !== null) {
    const secret = bearer.exec(authorization)?.[1];
    return secret === undefined ? null : resolveSecret(auth, secret, 'bearer');
  }
  const secret = sessionCookieOf(auth, headers);
  return secret === null ? null : resolveSecret(auth, secret, 'cookie');
};
