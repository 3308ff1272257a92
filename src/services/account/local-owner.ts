import type { Database } from '#db/client.ts';
import { userOfIdentity } from './user-of-identity.ts';

/** The owner of an installation: who holds its terminal. One per database, made when first asked for. */
export const localOwner = ({ db }: { db: Database }): Promise<{ userId: string }> =>
  userOfIdentity({ db }, { provider: 'local', subject: 'owner' }, 'Owner');
