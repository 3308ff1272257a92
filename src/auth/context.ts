import type { Database } from '#db/client.ts';

/** What signing in needs. `url` is the installation's origin, as people open it. */
export type AuthContext = {
  db: Database;
  now: () => Date;
  /** Encrypts the session cookie. Anyone who has it can make sessions. */
  secret: string;
  url: string;
  /** Null if signing in with GitHub is not configured. */
  github: { clientId: string; clientSecret: string } | null;
};
