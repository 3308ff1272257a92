import { NextRequest } from 'next/server';
import { getToken } from 'next-auth/jwt';
import { getUser, resolveApiToken } from '#services/account/index.ts';
import type { Actor } from '#services/ground/index.ts';
import type { AuthContext } from './context.ts';
import { sessionCookieName } from './cookies.ts';

const bearer = /^Bearer +([\x21-\x7e]+) *$/i;

/**
 * A browser names the asking page in `Origin`, on posts and on every cross-origin fetch. SameSite treats all ports of one
 * host as one site, so a page of another program on localhost would send our cookie; this refuses it.
 */
const fromOwnPages = (headers: Headers, url: string) => {
  const origin = headers.get('origin');
  if (origin === null) return true;
  if (!URL.canParse(origin)) return false;
  return origin === new URL(url).origin || new URL(origin).host === headers.get('host');
};

/** A session that has expired, was altered, or was made with another secret is no session, and no fault either. */
const sessionUser = async (auth: AuthContext, headers: Headers): Promise<string | null> => {
  if (!fromOwnPages(headers, auth.url)) return null;
  const session = await getToken({
    req: new NextRequest(auth.url, { headers }),
    cookieName: sessionCookieName(auth.url),
    secret: auth.secret,
  });
  return session?.sub ?? null;
};

/**
 * Who asks, by `Authorization: Bearer` or else by the session cookie. A wrong bearer token makes the request anonymous,
 * whatever cookie comes with it, and so does a deleted user.
 */
export const resolveActor = async (auth: AuthContext, headers: Headers): Promise<Actor | null> => {
  const authorization = headers.get('authorization');
  if (authorization !== null) {
    const token = bearer.exec(authorization)?.[1];
    return token === undefined ? null : resolveApiToken(auth, token);
  }
  const userId = await sessionUser(auth, headers);
  if (userId === null) return null;
  const user = await getUser(auth, userId);
  return user && { userId: user.userId };
};
