import { randomBytes } from 'node:crypto';
import { lte } from 'drizzle-orm';
import type { Database } from '#db/client.ts';
import { siweNonces } from '#db/schema/users.ts';

/** Long enough to read the wallet's prompt and to unlock a hardware wallet. */
export const nonceLifetimeMs = 10 * 60_000;

/**
 * A nonce for one Sign-In with Ethereum message (EIP-4361 requires at least 8 alphanumeric characters; these have 32).
 * Anyone may ask for one, so this also deletes expired ones: only ten minutes' worth is stored.
 */
export const createNonce = async ({
  db,
  now,
}: {
  db: Database;
  now: () => Date;
}): Promise<{ nonce: string; expiresAt: Date }> => {
  const at = now();
  const nonce = randomBytes(16).toString('hex');
  const expiresAt = new Date(at.getTime() + nonceLifetimeMs);
  await db.delete(siweNonces).where(lte(siweNonces.expiresAt, at));
  await db.insert(siweNonces).values({ nonce, expiresAt });
  return { nonce, expiresAt };
};
