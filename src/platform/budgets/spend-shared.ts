import type { OverBudget } from '#contracts/budget.ts';
import { networkOfAddress } from '#contracts/client-header.ts';
import type { Budgets } from './budgets.ts';
import { installationBudgets, installationReserves, networkBudgets, networkReserves } from './policies.ts';

/** What everyone shares a budget of. */
export type SharedBudget = keyof typeof installationBudgets;

/**
 * Spends one point of a shared budget: of the network's part, and of the whole. Once the whole is spent, each network
 * still has a small reserve, so that a few networks lock nobody out. Where clients cannot be told apart there is no reserve.
 */
export const spendShared = async (
  { spend }: Pick<Budgets, 'spend'>,
  budget: SharedBudget,
  address: string | null,
): Promise<OverBudget | null> => {
  if (address === null) return spend(installationBudgets[budget], 'all');
  const network = networkOfAddress(address);
  const overNetwork = await spend(networkBudgets[budget], network);
  if (overNetwork !== null) return overNetwork;
  if ((await spend(installationBudgets[budget], 'all')) === null) return null;
  return (
    (await spend(networkReserves[budget], network)) ?? (await spend(installationReserves[budget], 'all'))
  );
};
