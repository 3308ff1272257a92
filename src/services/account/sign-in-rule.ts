import type { IdentityProvider } from '#contracts/account.ts';
import { AppError } from '#contracts/errors.ts';

/** A way for a user to prove who they are. `subject` is the provider's own name for them, which never changes. */
export type Identity = { provider: IdentityProvider; subject: string };

/** Who may sign in with a wallet or GitHub. The owner signs in by a link and always may. */
export type SignInRule = {
  /** Accounts as `provider:subject`; empty: everyone. */
  allow: readonly string[];
  /**
   * Counts a new account. `address` is its client's; null where clients cannot be told apart.
   * @throws OverBudgetError
   */
  admitAccount: (address: string | null) => Promise<void>;
};

/** What a sign-in is checked against: the installation's rule, and where it comes from. */
export type SignInAttempt = { signInRule?: SignInRule | undefined; address?: string | null };

export const notListed =
  'This installation lets only listed accounts sign in (SIGN_IN_ALLOW), and this one is not among them. Ask its operator.';

export const maySignIn = (rule: SignInRule | undefined, { provider, subject }: Identity): boolean => {
  const allow = rule?.allow ?? [];
  // Wallets are stored in lower case; the operator may have listed a checksummed address.
  const account = `${provider}:${subject}`.toLowerCase();
  return allow.length === 0 || allow.some((listed) => listed.toLowerCase() === account);
};

/** @throws AppError FORBIDDEN */
export const requireListed = (rule: SignInRule | undefined, identity: Identity): void => {
  if (!maySignIn(rule, identity)) throw new AppError('FORBIDDEN', notListed);
};
