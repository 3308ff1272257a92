import type { BudgetPolicy } from '#contracts/budget.ts';

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

/** For one address, all its users together. */
export const addressBudgets = {
  reads: policy('reads-of-address', 6_000, 50),
  writes: policy('writes-of-address', 600, 50),
  signIns: policy('sign-ins-of-address', 120, 60),
  trials: policy('trials-of-address', 60, 60),
  accounts: policy('new-accounts-of-address', 200, 200, daySeconds),
};

/** For one account, from all its addresses together. */
export const accountBudgets = {
  reads: policy('reads-of-account', 6_000, 50),
  writes: policy('writes-of-account', 600, 50),
  trials: policy('trials-of-account', 30, 30),
};

/** For one network, all its addresses together: a small part of the budget that everyone shares. */
export const networkBudgets = {
  reads: policy('reads-of-network', 12_000, 50),
  writes: policy('writes-of-network', 1_200, 50),
  signIns: policy('sign-ins-of-network', 240, 60),
  accounts: policy('new-accounts-of-network', 400, 200, daySeconds),
};

/** The budget that everyone shares: more than honest use needs, less than what brings the database down. */
export const installationBudgets = {
  reads: policy('reads', 60_000, 200),
  writes: policy('writes', 6_000, 200),
  signIns: policy('sign-ins', 1_200, 120),
  accounts: policy('new-accounts', 5_000, 500, daySeconds),
};

/** For signed-in callers, once the budgets above, which they share with strangers, are spent. */
export const signedInNetworkBudgets = {
  reads: policy('signed-in-reads-of-network', 6_000, 50),
  writes: policy('signed-in-writes-of-network', 600, 50),
  signIns: policy('signed-in-sign-ins-of-network', 120, 60),
};
export const signedInBudgets = {
  reads: policy('signed-in-reads', 30_000, 100),
  writes: policy('signed-in-writes', 3_000, 100),
  signIns: policy('signed-in-sign-ins', 600, 60),
};

/** For everyone, once the shared budget is spent: a little for each network, so that a few networks cannot lock others out. */
export const networkReserves = {
  reads: policy('reserve-reads-of-network', 600, 10),
  writes: policy('reserve-writes-of-network', 60, 10),
  signIns: policy('reserve-sign-ins-of-network', 20, 10),
  accounts: policy('reserve-new-accounts-of-network', 20, 20, daySeconds),
};
export const installationReserves = {
  reads: policy('reserve-reads', 60_000, 200),
  writes: policy('reserve-writes', 6_000, 200),
  signIns: policy('reserve-sign-ins', 1_200, 120),
  accounts: policy('reserve-new-accounts', 5_000, 500, daySeconds),
};

/** How often it is looked up who sends a secret, where a budget is spent. */
export const lookUpBudgets = {
  address: policy('look-ups-of-address', 60, 6),
  installation: policy('look-ups', 6_000, 100),
};
