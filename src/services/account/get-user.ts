import { asc, eq } from 'drizzle-orm';
import type { Database } from '#db/client.ts';
import { userIdentities, users } from '#db/schema/users.ts';
import { isId } from '../ground/page.ts';
import type { Identity } from './sign-in-rule.ts';

export type KnownUser = {
  userId: string;
  name: string | null;
  identities: Identity[];
};

/** A user with their identities; null if there is no such user, or no longer. */
export const getUser = async ({ db }: { db: Database }, userId: string): Promise<KnownUser | null> => {
  if (!isId(userId)) return null;
  const user = await db.query.users.findFirst({
    where: eq(users.id, userId),
    columns: { name: true },
    with: {
      identities: { columns: { provider: true, subject: true }, orderBy: asc(userIdentities.createdAt) },
    },
  });
  return user === undefined ? null : { userId, ...user };
};
