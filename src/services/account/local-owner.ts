import type { Database } from '#db/client.ts';
import { type KnownIdentity, userOfIdentity } from './user-of-identity.ts';

/** The owner of an installation: the person at its terminal. One per database, created at first use. */
export const localOwner = ({ db }: { db: Database }): Promise<KnownIdentity> =>
  userOfIdentity({ db }, { provider: 'local', subject: 'owner' }, 'Owner');
