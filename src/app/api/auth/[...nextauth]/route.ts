import type { NextRequest } from 'next/server';
import NextAuth from 'next-auth';
import { type AuthReport, createAuthOptions, signOutFailed } from '#auth/options.ts';
import { sessionCookieOf } from '#auth/resolve-actor.ts';
import { getComposition } from '#composition.ts';
import { clientHeader } from '#contracts/client-header.ts';

type Context = { params: Promise<{ nextauth: string[] }> };

/**
 * What signing in and out needs. `_log` is left out, because any visitor could write to our log through it. `session` is
 * left out, because no page uses it and reading a session must not prolong it.
 */
const actions = ['csrf', 'providers', 'signin', 'signout', 'callback', 'error'];

const handle = async (request: NextRequest, context: Context): Promise<Response> => {
  const [action = ''] = (await context.params).nextauth;
  if (!actions.includes(action)) return Response.json({ detail: 'Not found.' }, { status: 404 });
  const { auth, logger } = getComposition();
  let isStillSignedIn = false;
  const report = ({ level, ...event }: AuthReport) => {
    isStillSignedIn ||= event.code === signOutFailed;
    logger[level](event, 'next-auth');
  };
  const options = createAuthOptions(
    auth,
    report,
    sessionCookieOf(auth, request.headers),
    request.headers.get(clientHeader),
  );
  const response: Response = await NextAuth(request, context, options);
  // Not next-auth's answer: it forgets the cookie, and without it nobody could try again.
  if (isStillSignedIn)
    return Response.json(
      { detail: 'Signing out failed. Try again.' },
      { status: 503, headers: { 'retry-after': '5', 'cache-control': 'no-store' } },
    );
  response.headers.set('Cache-Control', 'no-store');
  return response;
};

export { handle as GET, handle as POST };
