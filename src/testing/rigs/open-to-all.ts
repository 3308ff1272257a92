import type { AuthContext } from '#auth/context.ts';
import { type KnownIdentity, userOfIdentity } from '#services/account/index.ts';
import type { Identity, SignInRule } from '#services/account/sign-in-rule.ts';

/** Everyone may sign in, and make as many accounts as they like. */
export const openToAll: SignInRule = { allow: [], admitAccount: async () => null };

/** What signing in needs at an installation that is open to all. */
export const authOf = (
  { db, log }: Pick<AuthContext, 'db' | 'log'>,
  url = 'http://127.0.0.1:3000',
): AuthContext => ({ db, log, secret: 'x'.repeat(32), url, github: null, signInRule: openToAll });

/** The account that this identity signs in as, made now if there is none. */
export const accountOf = (
  { db }: Pick<AuthContext, 'db'>,
  identity: Identity,
  name: string | null = null,
): Promise<KnownIdentity> => userOfIdentity({ db, signInRule: openToAll, address: null }, identity, name);
