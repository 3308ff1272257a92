import { RateLimiterRes } from 'rate-limiter-flexible';
import type { BudgetPolicy, OverBudget } from '#contracts/budget.ts';
import type { Database } from '#db/client.ts';
import { DatabaseLimiter, openBudgetStore } from './database-limiter.ts';

export type Budgets = {
  /** Takes one point from this party's budget. Returns null, or how long to wait if the budget is spent. */
  spend(policy: BudgetPolicy, party: string): Promise<OverBudget | null>;
  close(): void;
};

/** Points that this process may give out until the window's end. `spent`: there are no more until then. */
type Lease = { left: number; spent: boolean; until: number };

const sweepMs = 60_000;
const mostLeases = 100_000;
const warnMs = 60_000;

/**
 * Budgets that hold across all web processes. Each takes a block of points from the database and gives it out alone, so
 * that few requests cost a statement; what a process does not give out is lost with the window, never counted double.
 * While the database is away, each process counts alone.
 */
export const openBudgets = (
  db: Database,
  log: { warn(details: Record<string, unknown>, message: string): void },
): Budgets => {
  let warnedAt = Number.NEGATIVE_INFINITY;
  const store = openBudgetStore(db, (error) => {
    if (performance.now() - warnedAt < warnMs) return;
    warnedAt = performance.now();
    const name = error instanceof Error ? error.name : typeof error;
    log.warn({ error: name }, 'The database does not answer: each process counts its requests alone');
  });
  const limiters = new Map<string, DatabaseLimiter>();
  const leases = new Map<string, Lease>();
  const renewals = new Map<string, Promise<void>>();

  const limiterOf = (policy: BudgetPolicy) => {
    const limiter = limiters.get(policy.name) ?? new DatabaseLimiter(store, policy);
    limiters.set(policy.name, limiter);
    return limiter;
  };

  const renew = async (id: string, policy: BudgetPolicy, party: string) => {
    const startedAt = performance.now();
    const { left, msBeforeNext } = await limiterOf(policy)
      .consume(party, policy.block)
      .then(
        ({ msBeforeNext }) => ({ left: policy.block, msBeforeNext }),
        (refusal: unknown) => {
          if (refusal instanceof RateLimiterRes) return { left: 0, msBeforeNext: refusal.msBeforeNext };
          throw refusal;
        },
      );
    leases.delete(id);
    leases.set(id, { left, spent: left === 0, until: startedAt + msBeforeNext });
    // The oldest go first. Its client then takes another block.
    if (leases.size > mostLeases) for (const oldest of leases.keys()) if (leases.delete(oldest)) break;
  };

  const sweep = setInterval(() => {
    const now = performance.now();
    for (const [id, { until }] of leases) if (until <= now) leases.delete(id);
    store.sweep().catch(() => {});
  }, sweepMs).unref();

  return {
    spend: async (policy, party) => {
      const id = `${policy.name}:${party}`;
      for (;;) {
        const lease = leases.get(id);
        const leftMs = (lease?.until ?? 0) - performance.now();
        if (lease !== undefined && leftMs > 0) {
          if (lease.left > 0) {
            lease.left -= 1;
            return null;
          }
          if (lease.spent) return { policy, retryAfterSeconds: Math.ceil(leftMs / 1000) };
        }
        // Requests that come together share one statement.
        const renewal = renewals.get(id) ?? renew(id, policy, party).finally(() => renewals.delete(id));
        renewals.set(id, renewal);
        await renewal;
      }
    },
    close: () => clearInterval(sweep),
  };
};
