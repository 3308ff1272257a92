/** How much one party may ask in a window. `block`: how much a web process takes of it at a time. */
export type BudgetPolicy = { name: string; points: number; windowSeconds: number; block: number };

const minuteSeconds = 60;
const daySeconds = 24 * 60 * minuteSeconds;

/** Blocks divide the points, so that the last of them can be taken. */
const policy = (
  name: string,
  points: number,
  blocks: number,
  windowSeconds = minuteSeconds,
): BudgetPolicy => ({
  name,
  points,
  windowSeconds,
  block: points / blocks,
});

/** What one address may ask, whoever is signed in there. */
export const addressBudgets = {
  reads: policy('reads-of-address', 6_000, 50),
  writes: policy('writes-of-address', 600, 50),
  signIns: policy('sign-ins-of-address', 120, 60),
  trials: policy('trials-of-address', 60, 60),
  accounts: policy('new-accounts-of-address', 200, 200, daySeconds),
};

/** What one account may ask, from wherever. */
export const accountBudgets = {
  reads: policy('reads-of-account', 6_000, 50),
  writes: policy('writes-of-account', 600, 50),
  trials: policy('trials-of-account', 30, 30),
};

/** What all may ask together: more than honest use needs, less than brings the database down. */
export const installationBudgets = {
  reads: policy('reads', 60_000, 200),
  writes: policy('writes', 6_000, 200),
  signIns: policy('sign-ins', 1_200, 120),
  trials: policy('trials', 300, 300),
  accounts: policy('new-accounts', 5_000, 500, daySeconds),
};

/** Which budget is spent, and when it starts over. */
export type OverBudget = { policy: BudgetPolicy; retryAfterSeconds: number };

/** `Retry-After`, and the fields of the IETF's draft on rate limits (draft-ietf-httpapi-ratelimit-headers-10). */
export const overBudgetHeaders = ({ policy, retryAfterSeconds }: OverBudget): Record<string, string> => ({
  'retry-after': String(retryAfterSeconds),
  ratelimit: `"${policy.name}";r=0;t=${retryAfterSeconds}`,
  'ratelimit-policy': `"${policy.name}";q=${policy.points};w=${policy.windowSeconds}`,
});

export const overBudgetText = ({ policy, retryAfterSeconds }: OverBudget): string =>
  `Too many requests: the budget ${policy.name} (${policy.points} in ${policy.windowSeconds} s) is spent. Try again in ${retryAfterSeconds} s.`;
