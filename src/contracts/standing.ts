/**
 * Who asks, to this installation. `owner`: the person at its terminal, who signs in by the one-time link or with the
 * owner's token. `listed`: an account that the operator names in PAID_JUDGE_ACCOUNTS. `stranger`: everyone else.
 */
export const standings = ['owner', 'listed', 'stranger'] as const;
export type Standing = (typeof standings)[number];

/**
 * Whether a run may use what costs the operator or reads for them: the paid judge, the operator's GitHub token, Python
 * oracles.
 */
export const mayUseOperatorsMeans = (standing: Standing): boolean => standing !== 'stranger';

/** Whether a run may call addresses that are not public: the owner's may, in local mode. */
export const mayCallPrivateAddresses = (standing: Standing, { local }: { local: boolean }): boolean =>
  local && standing === 'owner';
