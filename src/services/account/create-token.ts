import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import { type ApiToken, type ApiTokenRequest, apiTokenRequestSchema } from '#contracts/account.ts';
import { AppError } from '#contracts/errors.ts';
import type { Database, Executor } from '#db/client.ts';
import { apiTokens } from '#db/schema/users.ts';
import type { Log } from '../ground/context.ts';
import { presentToken } from './list-tokens.ts';
import { fromNow, tokenIsLive } from './live.ts';
import { lockUser } from './lock-user.ts';
import { hashSecret, newSecret } from './secret.ts';

/** The most live tokens of one user, and the most rows of revoked and expired ones that are kept for a while. */
const mostTokens = 100;

const dropOldDead = (transaction: Executor, userId: string) =>
  transaction.delete(apiTokens).where(
    inArray(
      apiTokens.id,
      transaction
        .select({ id: apiTokens.id })
        .from(apiTokens)
        .where(and(eq(apiTokens.userId, userId), sql`not (${tokenIsLive})`))
        .orderBy(desc(apiTokens.createdAt))
        .offset(mostTokens),
    ),
  );

/**
 * A personal token for `userId`, shown only now: only its hash is stored.
 * @throws AppError BAD_REQUEST with the field; TOO_MANY_REQUESTS if the user has as many as one user may.
 */
export const createApiToken = async (
  { db, log }: { db: Database; log: Log },
  { userId, ...request }: { userId: string } & ApiTokenRequest,
): Promise<ApiToken & { token: string }> => {
  const parsed = apiTokenRequestSchema.safeParse(request);
  if (!parsed.success) {
    const fields = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
    throw new AppError('BAD_REQUEST', fields.map(({ message }) => message).join(' '), fields);
  }
  const { name, scopes, expiresInSeconds } = parsed.data;
  const token = newSecret('token');
  const row = await db.transaction(async (transaction) => {
    await lockUser(transaction, userId);
    const live = await transaction.$count(apiTokens, and(eq(apiTokens.userId, userId), tokenIsLive));
    if (live >= mostTokens)
      throw new AppError(
        'TOO_MANY_REQUESTS',
        `You have ${mostTokens} tokens, the most that one user may have. Revoke one first.`,
      );
    const [made] = await transaction
      .insert(apiTokens)
      .values({
        userId,
        name,
        scopes,
        tokenHash: hashSecret(token),
        expiresAt: expiresInSeconds === null ? null : fromNow(expiresInSeconds),
      })
      .returning();
    if (!made) throw new Error('Inserting a token returned no row.');
    await dropOldDead(transaction, userId);
    return made;
  });
  log.info({ userId, tokenId: row.id, scopes }, 'Made a personal token');
  return { ...presentToken(row), token };
};
