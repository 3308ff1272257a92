import { and, count, eq, gt, isNull, lt, ne, type SQL, sql } from 'drizzle-orm';
import type { Executor } from '#db/client.ts';
import { callSlots, callWaits } from '#db/schema/call-slots.ts';
import type { ServiceContext } from '../ground/context.ts';

/** As many calls as may be are under way at this resource, or were made in the last minute. */
export class SlotsTaken extends Error {
  override readonly name = 'SlotsTaken';
}

export type SlotLimits = { atOnce: number; perMinute: number };

const minuteMs = 60_000;
/** A slot is leased: whoever makes the call renews it meanwhile, and that of a worker that died is soon free again. */
const leaseMs = 15_000;
const renewEveryMs = 5_000;

/** Whoever waits asks again within a minute, and is not long about it. */
const waitingMs = 90_000;

type Asker = { resource: string; userId: string };

/** How many other users were refused lately. */
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

/** Whether this user may make one more call now, within what all may and within their share of it. */
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
 * Takes a slot for one call at a resource, for all workers together, and gives back what releases it. A user whose
 * calls fill a resource leaves room as soon as another one waits: each has an equal share of it then, and one at least.
 * @throws SlotsTaken
 */
export const takeSlot = async (
  { db, now }: Pick<ServiceContext, 'db' | 'now'>,
  asker: Asker,
  limits: SlotLimits,
): Promise<() => Promise<void>> => {
  const { resource, userId } = asker;
  const id = await db.transaction(async (transaction) => {
    // One after the other: two that count at once would both find the last slot free.
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
    if (!slot) throw new Error('A slot was inserted and no row came back.');
    return slot.id;
  });
  // Thrown when it is stored that this user waits.
  if (id === null) throw new SlotsTaken('as many calls as are allowed are under way');
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
