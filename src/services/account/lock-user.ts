import { eq } from 'drizzle-orm';
import type { Executor } from '#db/client.ts';
import { users } from '#db/schema/users.ts';

/** Until the transaction ends, others that count this user's rows wait for their turn. */
export const lockUser = async (transaction: Executor, userId: string): Promise<void> => {
  await transaction.select({ id: users.id }).from(users).where(eq(users.id, userId)).for('no key update');
};
