import 'server-only';
import { headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { cache } from 'react';
import { resolveActor } from '#auth/resolve-actor.ts';
import { getComposition } from '#composition.ts';
import { createCaller } from '#trpc/root.ts';

/** The procedures, called in this process for whoever asks for the page. Once per request, however often it is used. */
export const serverApi = cache(async () => {
  // Before anything else: it tells Next that no page can be made at build time, when there is no installation.
  const requestHeaders = await headers();
  const { services, auth } = getComposition();
  const actor = await resolveActor(auth, requestHeaders);
  return createCaller({ services, auth, actor });
});

/** The signed-in user, or null. */
export const currentUser = cache(async () => (await serverApi()).auth.me());

/** The signed-in user; a visitor is sent to sign in and comes back to `path`. */
export const requireUser = async (path: string) => {
  const user = await currentUser();
  if (user === null) redirect(`/sign-in?next=${encodeURIComponent(path)}`);
  return user;
};

/** What pages may know of the installation itself. */
export const installation = async () => {
  await headers();
  const { auth } = getComposition();
  return { url: new URL(auth.url).origin, github: auth.github !== null };
};
