import type { Database } from '#db/client.ts';
import type { SignInRule } from './sign-in-rule.ts';
import { type KnownIdentity, userOfIdentity } from './user-of-identity.ts';

/** Who has the terminal may sign in whatever SIGN_IN_ALLOW says, and takes no stranger's place. */
const ownerRule: SignInRule = { allow: [], admitAccount: async () => null };

/** The owner of an installation: the person at its terminal. One per database, created at first use. */
export const localOwner = ({ db }: { db: Database }): Promise<KnownIdentity> =>
  userOfIdentity(
    { db, signInRule: ownerRule, address: null },
    { provider: 'local', subject: 'owner' },
    'Owner',
  );
