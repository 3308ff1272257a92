import type { AuthContext, GitHubSignIn } from '#auth/context.ts';
import { type AuthReport, createAuthOptions } from '#auth/options.ts';
import { createSignInMessage, resolveSecret } from '#services/account/index.ts';
import { openRig } from './engine-rig.ts';
import { authOf, openToAll } from './open-to-all.ts';

export const githubApp = (serverUrl: string, apiUrl: string): GitHubSignIn => ({
  clientId: 'id',
  clientSecret: 'secret',
  serverUrl,
  apiUrl,
  fetch,
});

export const gitHub = githubApp('https://github.com', 'https://api.github.com');

export const listedOnly = (allow: string[]) => ({ signInRule: { ...openToAll, allow } });

/** A database that answers everything with this error. */
export const failingDatabase = ({ db }: AuthContext, message: string): AuthContext['db'] =>
  new Proxy(db, {
    get: () => {
      throw new RangeError(message);
    },
  });

/** What next-auth gives back where somebody came from GitHub: the new cookie's contents, or where the browser is sent. */
type CameBack = { sub?: string } | string | boolean | undefined;

/** next-auth's options over a database, and what it does with them, for all tests of a file. The file closes it. */
export const openSignInRig = async () => {
  const rig = await openRig();
  const auth = authOf(rig.context);
  const reports: AuthReport[] = [];
  const options = (
    changes: Partial<AuthContext> = {},
    earlier: string | null = null,
    address: string | null = null,
  ) => createAuthOptions({ ...auth, ...changes }, (event) => reports.push(event), earlier, address);

  /** Whom a session's secret signs in. */
  const userOf = async (secret = '') => {
    const caller = await resolveSecret(auth, secret, 'cookie');
    return caller !== null && 'userId' in caller ? caller.userId : '';
  };

  /** Posts fields to a sign-in provider, as next-auth does. */
  const post = (
    id: string,
    given: Record<string, string>,
    changes: Partial<AuthContext> = {},
    address: string | null = null,
  ) => {
    const provider = options(changes, null, address).providers.find((one) => one.id === id);
    if (provider?.type !== 'credentials') throw new Error(`no provider ${id}`);
    return provider.authorize(given, { query: {}, body: given, headers: {}, method: 'POST' });
  };

  /** Signs in with a wallet and the message that is made for it. */
  const postWallet = async (
    wallet: { address: string; signMessage(text: string): Promise<string> },
    changes: Partial<AuthContext> = {},
    address: string | null = null,
  ) => {
    const { message } = await createSignInMessage(auth, { address: wallet.address, chainId: 1 });
    return post('wallet', { message, signature: await wallet.signMessage(message) }, changes, address);
  };

  /** What next-auth does when GitHub sent somebody back. */
  const comeBack = async (
    providerAccountId: string,
    changes: Partial<AuthContext>,
    name = 'octocat',
  ): Promise<CameBack> => {
    const { callbacks } = options(changes);
    const account = {
      provider: 'github',
      type: 'oauth',
      providerAccountId,
      access_token: 'gho_secret',
    } as const;
    const user = { id: providerAccountId, name };
    const allowed = await callbacks?.signIn?.({ user, account });
    return allowed === true
      ? callbacks?.jwt?.({ token: { name, email: 'a@example.com' }, user, account })
      : allowed;
  };
  const userBackFrom = (outcome: CameBack) => userOf(typeof outcome === 'object' ? outcome.sub : undefined);

  return { auth, reports, options, userOf, post, postWallet, comeBack, userBackFrom, close: rig.close };
};
export type SignInRig = Awaited<ReturnType<typeof openSignInRig>>;
