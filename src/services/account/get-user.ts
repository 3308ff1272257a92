import { eq } from 'drizzle-orm';
import { z } from 'zod';
import type { Database } from '#db/client.ts';
import { userIdentities, users } from '#db/schema/users.ts';

export type KnownUser = {
  userId: string;
  name: string | null;
  identities: { provider: 'local' | 'wallet' | 'github'; subject: string }[];
};

/** A user with their identities; null if there is no such user, or no longer. */
export const getUser = async ({ db }: { db: Database }, userId: string): Promise<KnownUser | null> => {
  if (!z.uuid().safeParse(userId).success) return null;
  const [user] = await db
    .select({ userId: users.id, name: users.name })
    .from(users)
    .where(eq(users.id, userId));
  if (!user) return null;
  const identities = await db
    .select({ provider: userIdentities.provider, subject: userIdentities.subject })
    .from(userIdentities)
    .where(eq(userIdentities.userId, userId))
    .orderBy(userIdentities.createdAt);
  return { ...user, identities };
};
