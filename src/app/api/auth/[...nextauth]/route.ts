import type { NextRequest } from 'next/server';
import NextAuth from 'next-auth';
import { createAuthOptions } from '#auth/options.ts';
import { getComposition } from '#composition.ts';

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
  const options = createAuthOptions(auth, ({ level, ...event }) => logger[level](event, 'next-auth'));
  const response: Response = await NextAuth(request, context, options);
  response.headers.set('Cache-Control', 'no-store');
  return response;
};

export { handle as GET, handle as POST };
