import { lt, sql } from 'drizzle-orm';
import { RateLimiterDrizzle, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { BudgetPolicy } from '#contracts/budget.ts';
import type { Database } from '#db/client.ts';
import { budgets } from '#db/schema/budgets.ts';
import { within } from '#db/within.ts';

/** A door does not wait longer for its count. */
const patienceMs = 1_000;
/**
 * What is only late has not left: on a busy machine an answer waits for a connection, a processor, or this process
 * itself. A database that has not answered for this long is away.
 */
const awayAfterMs = 5_000;
/** How long a database that is away is not asked. */
const awayMs = 10_000;

type Row = { points: number; leftMs: number };

/** Whether the database answers, for all limiters of a process. */
export const openBudgetStore = (db: Database, onAway: (error: unknown) => void) => {
  let awayUntil = Number.NEGATIVE_INFINITY;
  /** Statements for which nobody waits any more. Until they are answered no further one is sent. */
  let late = 0;
  const away = (error: unknown) => {
    awayUntil = performance.now() + awayMs;
    onAway(error);
  };
  const ask = async <T>(query: () => Promise<T>): Promise<T> => {
    if (performance.now() < awayUntil) throw new Error('The database was away a moment ago.');
    if (late > 0) throw new Error('The database is late.');
    let isOpen = true;
    const answer = query().finally(() => {
      isOpen = false;
    });
    try {
      return await within(patienceMs, answer);
    } catch (error) {
      if (!isOpen) away(error);
      else {
        late += 1;
        within(awayAfterMs - patienceMs, answer)
          .catch(away)
          .finally(() => {
            late -= 1;
          });
      }
      throw error;
    }
  };
  return {
    /** Adds to a window, or begins one. Its end is by the database's clock: those of machines differ. */
    add: (key: string, points: number, windowMs: number): Promise<Row | undefined> =>
      ask(async () => {
        const end = sql`now() + ${windowMs} * interval '1 millisecond'`;
        const over = sql`${budgets.expiresAt} <= now()`;
        const [row] = await db
          .insert(budgets)
          .values({ key, points, expiresAt: end })
          .onConflictDoUpdate({
            target: budgets.key,
            set: {
              points: sql`case when ${over} then ${points}::int else ${budgets.points} + ${points}::int end`,
              expiresAt: sql`case when ${over} then ${end} else ${budgets.expiresAt} end`,
            },
          })
          .returning({
            points: budgets.points,
            leftMs: sql<number>`ceil(extract(epoch from ${budgets.expiresAt} - now()) * 1000)::float8`,
          });
        return row;
      }),
    /** Nobody waits for it, however long it takes. */
    sweep: async () => void (await db.delete(budgets).where(lt(budgets.expiresAt, sql`now()`))),
  };
};

export type BudgetStore = ReturnType<typeof openBudgetStore>;

/** The package's limiter on our table. Its own statements take the time from the process. */
export class DatabaseLimiter extends RateLimiterDrizzle {
  readonly store: BudgetStore;

  constructor(store: BudgetStore, { name, points, windowSeconds }: BudgetPolicy) {
    const limits = { keyPrefix: name, points, duration: windowSeconds };
    super({
      ...limits,
      storeClient: {},
      schema: budgets,
      clearExpiredByTimeout: false,
      // While the database is away, each process counts on its own.
      insuranceLimiter: new RateLimiterMemory(limits),
    });
    this.store = store;
  }

  _upsert(key: string, points: number, windowMs: number): Promise<Row | undefined> {
    return this.store.add(key, points, windowMs);
  }

  _getRateLimiterRes(_key: string, changed: number, { points, leftMs }: Row): RateLimiterRes {
    return new RateLimiterRes(
      Math.max(this.points - points, 0),
      Math.max(leftMs, 0),
      points,
      points === changed,
    );
  }
}
