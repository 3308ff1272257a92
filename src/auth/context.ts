import type { Database } from '#db/client.ts';
import type { SignInRule } from '#services/account/index.ts';
import type { Log } from '#services/ground/index.ts';

/** An OAuth app of the GitHub at these addresses. */
export type GitHubSignIn = {
  clientId: string;
  clientSecret: string;
  serverUrl: string;
  apiUrl: string;
  fetch: typeof fetch;
};

/** What signing in needs. `url` is the installation's origin, as people open it. */
export type AuthContext = {
  db: Database;
  log: Log;
  /** Protects next-auth's own cookies: the CSRF token, and what must survive the way to GitHub and back. */
  secret: string;
  url: string;
  signInRule: SignInRule;
  /** Null if signing in with GitHub is not configured. */
  github: GitHubSignIn | null;
};
