import { type OverBudget, overBudgetHeaders, overBudgetText } from '#contracts/budget.ts';
import { networkOfAddress } from '#contracts/client-header.ts';
import type { SpendBudget } from '#door/door.ts';
import type { FindSender } from '#door/places.ts';
import type { Budgets } from '#platform/budgets/budgets.ts';
import { addressBudgets, signedInBudgets, signedInNetworkBudgets } from '#platform/budgets/policies.ts';
import { spendShared } from '#platform/budgets/spend-shared.ts';

/**
 * Counts each call of a request: for its address, its network and the whole installation. Where one of them is spent, and
 * only then, the sender is looked up.
 *
 * - The owner and listed accounts pass. What they ask is bounded by their account's budgets.
 * - Other accounts have budgets of their own, which nobody who is not signed in can use up. Their address's holds for
 *   them all the same, because one person can have many accounts.
 * - Everyone else has a small reserve by network, so that a few networks keep nobody out.
 * - The way to the one-time link is counted by address alone, so that no crowd keeps the owner out.
 */
export const countRequest =
  (budgets: Pick<Budgets, 'spend'>, findSender: FindSender): SpendBudget =>
  async ({ budget, calls, isOwnersWayIn }, address, headers) => {
    if (budget === null) return null;
    // A budget of trials for all would let a few without an account stop everyone's.
    const common = budget === 'trials' ? 'writes' : budget;
    const spendCall = async (): Promise<OverBudget | null> => {
      const ofAddress = address === null ? null : await budgets.spend(addressBudgets[budget], address);
      if (ofAddress === null && isOwnersWayIn) return null;
      const over = ofAddress ?? (await spendShared(budgets, common, address));
      if (over === null) return null;
      const sender = await findSender(headers, address);
      if (sender !== null && sender.standing !== 'stranger') return null;
      if (sender === null || ofAddress !== null) return over;
      const ofNetwork =
        address === null
          ? null
          : await budgets.spend(signedInNetworkBudgets[common], networkOfAddress(address));
      return ofNetwork ?? budgets.spend(signedInBudgets[common], 'all');
    };
    for (let call = 0; call < calls; call += 1) {
      const over = await spendCall();
      if (over !== null)
        return { status: 429, detail: overBudgetText(over), headers: overBudgetHeaders(over) };
    }
    return null;
  };
