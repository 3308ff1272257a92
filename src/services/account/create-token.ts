import { and, eq, lte } from 'drizzle-orm';
import { apiTokenNameSchema } from '#contracts/account.ts';
import { AppError } from '#contracts/errors.ts';
import type { Executor } from '#db/client.ts';
import { apiTokens } from '#db/schema/users.ts';
import { apiTokenPrefix, hashToken, newToken } from './token-secret.ts';

/**
 * A bearer token for `userId`, shown only now: only its hash is stored. Without `expiresAt` it works until deleted. Also
 * removes this user's expired tokens.
 * @throws AppError BAD_REQUEST if the name is empty or too long, or the expiry has passed.
 */
export const createApiToken = async (
  { db, now }: { db: Executor; now: () => Date },
  { userId, name, expiresAt }: { userId: string; name: string; expiresAt?: Date },
): Promise<{ token: string }> => {
  const parsed = apiTokenNameSchema.safeParse(name);
  if (!parsed.success) {
    const message = parsed.error.issues[0]?.message ?? 'Not a usable name.';
    throw new AppError('BAD_REQUEST', message, [{ path: 'name', message }]);
  }
  const createdAt = now();
  if (expiresAt && expiresAt <= createdAt) {
    const message = 'Must be in the future.';
    throw new AppError('BAD_REQUEST', message, [{ path: 'expiresAt', message }]);
  }
  const token = newToken(apiTokenPrefix);
  await db.delete(apiTokens).where(and(eq(apiTokens.userId, userId), lte(apiTokens.expiresAt, createdAt)));
  await db.insert(apiTokens).values({
    userId,
    name: parsed.data,
    tokenHash: hashToken(token),
    expiresAt: expiresAt ?? null,
    createdAt,
  });
  return { token };
};
