import 'server-only';
import { headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { cache } from 'react';
import { resolveActor } from '#auth/resolve-actor.ts';
import { getComposition } from '#composition.ts';
import { createCaller } from '#trpc/root.ts';
import { refusalOf } from '#trpc/routers/init.ts';

/** The procedures, called in this process as the page's visitor. Made once per request. */
export const serverApi = cache(async () => {
  // First, because it tells Next not to render pages at build time, when there is no installation.
  const requestHeaders = await headers();
  const { services, auth } = getComposition();
  const actor = await resolveActor(auth, requestHeaders).catch((error) => {
    throw refusalOf({ services }, error, 'page');
  });
  return createCaller({ services, auth, actor });
});

/** The signed-in user, or null. */
export const currentUser = cache(async () => (await serverApi()).auth.me());

/** The signed-in user. A visitor is sent to sign in and comes back to `path`. */
export const requireUser = async (path: string) => {
  const user = await currentUser();
  if (user === null) redirect(`/sign-in?next=${encodeURIComponent(path)}`);
  return user;
};

/** What pages may know about the installation. */
export const installation = async () => {
  await headers();
  const { auth } = getComposition();
  return {
    url: new URL(auth.url).origin,
    github: auth.github !== null,
    listedOnly: (auth.signInRule?.allow.length ?? 0) > 0,
  };
};
