import { and, count, eq, gt, isNull, lt, ne, type SQL, sql } from 'drizzle-orm';
import type { Executor } from '#db/client.ts';
import { callSlots, callWaits } from '#db/schema/call-slots.ts';
import type { ServiceContext } from '../ground/context.ts';
import { holdLease, leaseMs } from './lease.ts';

/** The resource has as many calls under way, or made in the last minute, as it may have. */
export class SlotsTaken extends Error {
  override readonly name = 'SlotsTaken';
}

export type SlotLimits = { atOnce: number; perMinute: number };

const minuteMs = 60_000;

/** A user who still waits asks again within a minute; the rest is leeway. */
const waitingMs = 90_000;

type Asker = { resource: string; userId: string };

/** How many other users were refused recently. */
const othersWaiting = async (transaction: Executor, { resource, userId }: Asker, at: Date) => {
  const [row] = await transaction
    .select({ users: count() })
    .from(callWaits)
    .where(
      and(
        eq(callWaits.resource, resource),
        ne(callWaits.userId, userId),
        gt(callWaits.refusedAt, new Date(at.getTime() - waitingMs)),
      ),
    );
  return row?.users ?? 0;
};

/** Whether this user may make one more call now, within everybody's limits and their own share of them. */
const hasRoom = async (
  transaction: Executor,
  asker: Asker,
  { atOnce, perMinute }: SlotLimits,
  at: Date,
): Promise<boolean> => {
  const isBusy = and(isNull(callSlots.releasedAt), gt(callSlots.expiresAt, at));
  const isRecent = gt(callSlots.takenAt, new Date(at.getTime() - minuteMs));
  const isOwn = eq(callSlots.userId, asker.userId);
  const callsThat = (condition: SQL | undefined) => sql<number>`(count(*) filter (where ${condition}))::int`;
  const [calls] = await transaction
    .select({
      busy: callsThat(isBusy),
      recent: callsThat(isRecent),
      ownBusy: callsThat(and(isOwn, isBusy)),
      ownRecent: callsThat(and(isOwn, isRecent)),
    })
    .from(callSlots)
    .where(eq(callSlots.resource, asker.resource));
  if (!calls || calls.busy >= atOnce || calls.recent >= perMinute) return false;
  const users = 1 + (await othersWaiting(transaction, asker, at));
  const share = (of: number) => Math.max(1, Math.floor(of / users));
  return calls.ownBusy < share(atOnce) && calls.ownRecent < share(perMinute);
};

/**
 * Takes a slot for one call at a resource, counted over all workers, and returns what releases it. While other users
 * wait, each user gets an equal share of the slots, and at least one.
 * @throws SlotsTaken
 */
export const takeSlot = async (
  { db, now }: Pick<ServiceContext, 'db' | 'now'>,
  asker: Asker,
  limits: SlotLimits,
): Promise<() => Promise<void>> => {
  const { resource, userId } = asker;
  const id = await db.transaction(async (transaction) => {
    // One at a time: two that count at once would both find the last slot free.
    await transaction.execute(sql`select pg_advisory_xact_lock(hashtext(${`call slot ${resource}`}))`);
    const at = now();
    await transaction
      .delete(callSlots)
      .where(
        and(
          eq(callSlots.resource, resource),
          lt(callSlots.takenAt, new Date(at.getTime() - minuteMs)),
          sql`(${callSlots.releasedAt} is not null or ${callSlots.expiresAt} < ${at.toISOString()})`,
        ),
      );
    if (!(await hasRoom(transaction, asker, limits, at))) {
      await transaction
        .insert(callWaits)
        .values({ resource, userId, refusedAt: at })
        .onConflictDoUpdate({ target: [callWaits.resource, callWaits.userId], set: { refusedAt: at } });
      return null;
    }
    const [slot] = await transaction
      .insert(callSlots)
      .values({ resource, userId, takenAt: at, expiresAt: new Date(at.getTime() + leaseMs) })
      .returning({ id: callSlots.id });
    if (!slot) throw new Error('Inserting a slot returned no row.');
    return slot.id;
  });
  // Thrown here, outside the transaction, so that the wait is stored.
  if (id === null) throw new SlotsTaken('the limit on calls is reached');
  // A lost database must not cost the call's answer: at worst the lease runs out.
  const change = (values: Partial<typeof callSlots.$inferInsert>) =>
    db.update(callSlots).set(values).where(eq(callSlots.id, id));
  const end = holdLease((expiresAt) => change({ expiresAt }), now);
  return async () => {
    end();
    await change({ releasedAt: now() }).catch(() => undefined);
  };
};
