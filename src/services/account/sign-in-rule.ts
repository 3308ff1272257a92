import type { IdentityProvider } from '#contracts/account.ts';
import type { OverBudget } from '#contracts/budget.ts';
import { AppError } from '#contracts/errors.ts';

/** A way for a user to prove who they are. `subject` is the provider's own name for them, which never changes. */
export type Identity = { provider: IdentityProvider; subject: string };

/** Who may sign in, and stay signed in. */
export type SignInRule = {
  /** Accounts as `provider:subject`; empty: everyone. The owner always may. */
  allow: readonly string[];
  /** Counts a new account, or says that too many were made. `address` is its client's; null where clients cannot be told apart. */
  admitAccount: (address: string | null) => Promise<OverBudget | null>;
};

/** What a sign-in is checked against: the installation's rule, and where it comes from. */
export type SignInAttempt = { signInRule?: SignInRule | undefined; address?: string | null };

export const notListed =
  'This installation lets only listed accounts sign in (SIGN_IN_ALLOW), and this one is not among them. Ask its operator.';

export const maySignIn = (
  rule: Pick<SignInRule, 'allow'> | undefined,
  { provider, subject }: Identity,
): boolean => {
  const allow = rule?.allow ?? [];
  if (allow.length === 0 || provider === 'local') return true;
  // Wallets are stored in lower case; the operator may have listed a checksummed address.
  const account = `${provider}:${subject}`.toLowerCase();
  return allow.some((listed) => listed.toLowerCase() === account);
};

/** @throws AppError FORBIDDEN */
export const requireListed = (rule: SignInRule | undefined, identity: Identity): void => {
  if (!maySignIn(rule, identity)) throw new AppError('FORBIDDEN', notListed);
};
