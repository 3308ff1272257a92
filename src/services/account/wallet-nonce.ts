import { randomBytes } from 'node:crypto';
import { lte } from 'drizzle-orm';
import { AppError } from '#contracts/errors.ts';
import type { Database } from '#db/client.ts';
import { siweNonces } from '#db/schema/users.ts';
import { fromNow } from './live.ts';

/** Long enough to read the wallet's prompt and to unlock a hardware wallet. */
export const nonceLifetimeMs = 10 * 60_000;

/** Sign-ins that may be under way. The budgets of addresses and of the installation keep honest use far below. */
export const mostLiveNonces = 20_000;

/**
 * A nonce for one Sign-In with Ethereum message (EIP-4361 requires at least 8 alphanumeric characters; these have 32).
 * Anyone may ask for one, so this also deletes expired ones: only ten minutes' worth is stored, and only so many.
 * @throws AppError SERVICE_UNAVAILABLE
 */
export const createNonce = async ({
  db,
}: {
  db: Database;
}): Promise<{ nonce: string; issuedAt: Date; expiresAt: Date }> => {
  const nonce = randomBytes(16).toString('hex');
  await db.delete(siweNonces).where(lte(siweNonces.expiresAt, fromNow(0)));
  if ((await db.$count(siweNonces)) >= mostLiveNonces)
    throw new AppError(
      'SERVICE_UNAVAILABLE',
      'Too many people are signing in at this moment. Try again later.',
    );
  const [row] = await db
    .insert(siweNonces)
    .values({ nonce, expiresAt: fromNow(nonceLifetimeMs / 1000) })
    .returning({ expiresAt: siweNonces.expiresAt });
  if (!row) throw new Error('Inserting a nonce returned no row.');
  return { nonce, issuedAt: new Date(row.expiresAt.getTime() - nonceLifetimeMs), expiresAt: row.expiresAt };
};
