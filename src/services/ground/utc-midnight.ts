/** When the UTC day of this instant began: what is limited by the day begins anew then. */
export const utcMidnight = (now: Date): Date =>
  new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()));
