import { OverBudgetError } from '#contracts/budget.ts';
import { accountBudgets } from '#platform/budgets/policies.ts';
import type { Actor, ServiceContext } from './context.ts';

/**
 * Counts a call against what its account may ask, from whatever address.
 * @throws OverBudgetError
 */
export const spendAccountBudget = async (
  { budgets }: Pick<ServiceContext, 'budgets'>,
  actor: Actor,
  kind: keyof typeof accountBudgets,
): Promise<void> => {
  const over = await budgets.spend(accountBudgets[kind], actor.userId);
  if (over !== null) throw new OverBudgetError(over);
};
