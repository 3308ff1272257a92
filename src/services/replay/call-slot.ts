import { and, count, eq, gt, isNull, lt, sql } from 'drizzle-orm';
import { callSlots } from '#db/schema/call-slots.ts';
import type { ServiceContext } from '../context.ts';

/** As many calls as may be are under way at this resource, or were made in the last minute. */
export class SlotsTaken extends Error {
  override readonly name = 'SlotsTaken';
}

export type SlotLimits = { atOnce: number; perMinute: number };

const minuteMs = 60_000;
/** A slot is leased: whoever makes the call renews it meanwhile, and that of a worker that died is soon free again. */
const leaseMs = 15_000;
const renewEveryMs = 5_000;

/**
 * Takes a slot for one call at a resource, for all workers together, and gives back what releases it.
 * @throws SlotsTaken
 */
export const takeSlot = async (
  { db, now }: Pick<ServiceContext, 'db' | 'now'>,
  resource: string,
  { atOnce, perMinute }: SlotLimits,
): Promise<() => Promise<void>> => {
  const id = await db.transaction(async (transaction) => {
    // One after the other: two that count at once would both find the last slot free.
    await transaction.execute(sql`select pg_advisory_xact_lock(hashtext(${`call slot ${resource}`}))`);
    const at = now();
    const ofResource = eq(callSlots.resource, resource);
    await transaction
      .delete(callSlots)
      .where(
        and(
          ofResource,
          lt(callSlots.takenAt, new Date(at.getTime() - minuteMs)),
          sql`(${callSlots.releasedAt} is not null or ${callSlots.expiresAt} < ${at.toISOString()})`,
        ),
      );
    const [busy] = await transaction
      .select({ calls: count() })
      .from(callSlots)
      .where(and(ofResource, isNull(callSlots.releasedAt), gt(callSlots.expiresAt, at)));
    const [recent] = await transaction
      .select({ calls: count() })
      .from(callSlots)
      .where(and(ofResource, gt(callSlots.takenAt, new Date(at.getTime() - minuteMs))));
    if ((busy?.calls ?? 0) >= atOnce || (recent?.calls ?? 0) >= perMinute)
      throw new SlotsTaken('as many calls as are allowed are under way');
    const [slot] = await transaction
      .insert(callSlots)
      .values({ resource, takenAt: at, expiresAt: new Date(at.getTime() + leaseMs) })
      .returning({ id: callSlots.id });
    if (!slot) throw new Error('A slot was inserted and no row came back.');
    return slot.id;
  });
  // The database being away must not cost the call's answer: at the worst the lease ends.
  const change = (values: Partial<typeof callSlots.$inferInsert>) =>
    db
      .update(callSlots)
      .set(values)
      .where(eq(callSlots.id, id))
      .then(
        () => {},
        () => {},
      );
  const renewal = setInterval(
    () => void change({ expiresAt: new Date(now().getTime() + leaseMs) }),
    renewEveryMs,
  );
  return () => {
    clearInterval(renewal);
    return change({ releasedAt: now() });
  };
};
