import type { Database } from '#db/client.ts';

/** What signing in works with. `url` is the installation's own address (origin), as people open it. */
export type AuthContext = {
  db: Database;
  now: () => Date;
  /** Encrypts the session cookie; whoever has it can make sessions. */
  secret: string;
  url: string;
  /** Null where signing in with GitHub is not configured. */
  github: { clientId: string; clientSecret: string } | null;
};
