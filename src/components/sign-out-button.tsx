'use client';

import { signOut } from 'next-auth/react';
import { useState } from 'react';

export const SignOutButton = ({ userName }: { userName: string }) => {
  const [leaving, setLeaving] = useState(false);
  return (
    <button
      type="button"
      disabled={leaving}
      title={`Signed in as ${userName}`}
      className="cursor-pointer rounded px-1 py-2 text-muted hover:text-ink disabled:cursor-progress"
      onClick={() => {
        setLeaving(true);
        // If the request fails the user is still signed in and can try again.
        signOut({ callbackUrl: '/' }).catch(() => setLeaving(false));
      }}
    >
      Sign out
    </button>
  );
};
