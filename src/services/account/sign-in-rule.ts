import type { IdentityProvider } from '#contracts/account.ts';
import type { OverBudget } from '#contracts/budget.ts';
import { AppError } from '#contracts/errors.ts';
import { addressBudgets } from '#platform/budgets/policies.ts';
import { spendShared } from '#platform/budgets/spend-shared.ts';
import type { ServiceContext } from '../ground/context.ts';

/** A way for a user to prove who they are. `subject` is the provider's own name for them, which never changes. */
export type Identity = { provider: IdentityProvider; subject: string };

/** Who may sign in, and stay signed in. */
export type SignInRule = {
  /** Accounts as `provider:subject`; empty: everyone. The owner always may. */
  allow: readonly string[];
  /** Counts a new account, or says that too many were made. `address` is its client's; null where clients cannot be told apart. */
  admitAccount: (address: string | null) => Promise<OverBudget | null>;
};

/** What a sign-in is checked against: the installation's rule, and its client's address as `admitAccount` takes it. */
export type SignInAttempt = { signInRule: SignInRule; address: string | null };

/** Counts a new account: for its client's address, where the entry could tell one, and for everyone. */
export const admitAccount = async (
  { budgets }: Pick<ServiceContext, 'budgets'>,
  address: string | null,
): Promise<OverBudget | null> =>
  (address === null ? null : await budgets.spend(addressBudgets.accounts, address)) ??
  spendShared(budgets, 'accounts', address);

export const notListedText =
  'This installation lets only listed accounts sign in (SIGN_IN_ALLOW), and this one is not among them. Ask its operator.';

export const maySignIn = ({ allow }: Pick<SignInRule, 'allow'>, { provider, subject }: Identity): boolean => {
  if (allow.length === 0 || provider === 'local') return true;
  // Wallets are stored in lower case; the operator may have listed a checksummed address.
  const account = `${provider}:${subject}`.toLowerCase();
  return allow.some((listed) => listed.toLowerCase() === account);
};

/**
 * Only listed accounts may sign in here, and this one is not listed. FORBIDDEN at sign-in, UNAUTHORIZED for the sessions
 * and tokens of an account that was listed when they were made.
 */
export class NotListed extends AppError {
  constructor(code: 'FORBIDDEN' | 'UNAUTHORIZED') {
    super(code, notListedText);
  }
}

/** @throws NotListed */
export const requireListed = (rule: SignInRule, identity: Identity): void => {
  if (!maySignIn(rule, identity)) throw new NotListed('FORBIDDEN');
};
