import { and, desc, eq } from 'drizzle-orm';
import type { ApiToken } from '#contracts/account.ts';
import type { Database } from '#db/client.ts';
import { apiTokens } from '#db/schema/users.ts';
import type { Actor } from '../ground/context.ts';
import { tokenIsLive } from './live.ts';

export const presentToken = (row: typeof apiTokens.$inferSelect): ApiToken => ({
  id: row.id,
  name: row.name,
  scopes: row.scopes,
  createdAt: row.createdAt.toISOString(),
  lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  expiresAt: row.expiresAt?.toISOString() ?? null,
});

/** The actor's tokens that work, the newest first. */
export const listApiTokens = async (
  { db }: { db: Database },
  { userId }: Actor,
): Promise<{ tokens: ApiToken[] }> => {
  const rows = await db
    .select()
    .from(apiTokens)
    .where(and(eq(apiTokens.userId, userId), tokenIsLive))
    .orderBy(desc(apiTokens.createdAt), desc(apiTokens.id));
  return { tokens: rows.map(presentToken) };
};
