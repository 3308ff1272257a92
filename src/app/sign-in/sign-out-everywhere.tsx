'use client';

import { signOut } from 'next-auth/react';
import { Refused } from '#components/refused.tsx';
import { trpc } from '../trpc-client.tsx';

/** Ends all of the user's sessions. The browser then forgets the cookie of this one, which has ended too. */
export const SignOutEverywhere = () => {
  const end = trpc.session.endAll.useMutation({ onSuccess: () => signOut({ callbackUrl: '/sign-in' }) });
  return (
    <div className="mt-3 space-y-3">
      <button
        type="button"
        className="button-quiet"
        disabled={end.isPending || end.isSuccess}
        onClick={() => end.mutate()}
      >
        {end.isPending || end.isSuccess ? 'Signing out…' : 'Sign out everywhere'}
      </button>
      {end.error ? <Refused title="You are still signed in" error={end.error} /> : null}
    </div>
  );
};
