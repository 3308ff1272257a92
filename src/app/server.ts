import 'server-only';
import { headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { cache } from 'react';
import { resolveActor } from '#auth/resolve-actor.ts';
import { getComposition } from '#composition.ts';
import { clientHeader } from '#contracts/client-header.ts';
import { createCaller } from '#trpc/root.ts';
import { refusalOf } from '#trpc/routers/init.ts';

/** The page's visitor. Looked up once per request. */
const visitor = cache(async () => {
  // First, because it tells Next not to render pages at build time, when there is no installation.
  const requestHeaders = await headers();
  const { services, auth } = getComposition();
  return resolveActor(auth, requestHeaders).catch((error) => {
    throw refusalOf({ services }, error, 'page');
  });
});

/** The procedures, called in this process as the page's visitor. */
export const serverApi = cache(async () => {
  const actor = await visitor();
  const { services, auth } = getComposition();
  return createCaller({ services, auth, actor, address: (await headers()).get(clientHeader) });
});

/** The signed-in user, or null. */
export const currentUser = cache(async () => (await serverApi()).auth.me());

/** The signed-in user. A visitor is sent to sign in, reads there why a former account may not, and comes back to `path`. */
export const requireUser = async (path: string) => {
  const user = await currentUser();
  if (user !== null) return user;
  const caller = await visitor();
  const reason = caller !== null && 'unlisted' in caller ? 'error=NotListed&' : '';
  redirect(`/sign-in?${reason}next=${encodeURIComponent(path)}`);
};

/** What pages may know about the installation. */
export const installation = async () => {
  await headers();
  const { auth } = getComposition();
  return {
    url: new URL(auth.url).origin,
    github: auth.github !== null,
    listedOnly: auth.signInRule.allow.length > 0,
  };
};
