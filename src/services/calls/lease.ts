/**
 * What a worker holds is leased: it renews its slots and bookings while their calls are under way, and a worker that
 * died, or whose connection is silent, loses them within seconds. Renewing leaves room for two lost renewals.
 */
export const leaseMs = 10_000;
const renewEveryMs = 3_000;

/** Renews a lease until the function that is returned ends it. A renewal that fails is left to the next one. */
export const holdLease = (renew: (until: Date) => Promise<unknown>, now: () => Date): (() => void) => {
  const renewal = setInterval(
    () => void renew(new Date(now().getTime() + leaseMs)).catch(() => undefined),
    renewEveryMs,
  );
  return () => clearInterval(renewal);
};
