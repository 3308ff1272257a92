import type { NextAuthOptions } from 'next-auth';
import type { CredentialsConfig } from 'next-auth/providers/credentials';
import type { OAuthConfig } from 'next-auth/providers/oauth';
import { z } from 'zod';
import { githubSubject, walletSignatureSchema } from '#contracts/account.ts';
import { OverBudgetError } from '#contracts/budget.ts';
import { AppError } from '#contracts/errors.ts';
import { lineSchema } from '#contracts/text.ts';
import {
  consumeSignInLink,
  type KnownIdentity,
  NotListed,
  openSession,
  requireListed,
  sessionSeconds,
  signInWithWallet,
  signOut,
  userOfIdentity,
} from '#services/account/index.ts';
import type { AuthContext, GitHubSignIn } from './context.ts';
import { authCookies } from './cookies.ts';
import { overBudgetPath, signInErrors } from './sign-in-errors.ts';

/** What next-auth reports, without its data: a code and an error's class, never a message. */
export type AuthReport = { level: 'error' | 'warn'; code: string; error?: string };

/** Reported if a session could not be ended. */
export const signOutFailed = 'SIGN_OUT_FAILED';

const classOf = (error: unknown) => (error instanceof Error ? error.name : typeof error);

/** next-auth puts a thrown message into the response's URL, so only messages meant for the caller may leave. */
const readable = async <T>(attempt: () => Promise<T>, report: (event: AuthReport) => void): Promise<T> => {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof AppError) throw new Error(error.message);
    report({
      level: 'error',
      code: 'SIGN_IN_FAILED',
      error: classOf(error),
    });
    throw new Error(signInErrors.unexpected);
  }
};

type Credentials = Record<string, { label: string; type: string }>;

/** A provider that checks a posted form. `signIn` returns the new session's secret, or throws a message for people. */
const posted = <Shape extends z.ZodType>(
  id: string,
  name: string,
  shape: Shape,
  signIn: (given: z.infer<Shape>) => Promise<string>,
  report: (event: AuthReport) => void,
): CredentialsConfig<Credentials> => ({
  id,
  name,
  type: 'credentials',
  credentials: {},
  authorize: (given) =>
    readable(async () => {
      const parsed = shape.safeParse(given);
      if (!parsed.success) throw new AppError('BAD_REQUEST', signInErrors.incomplete);
      return { id: await signIn(parsed.data) };
    }, report),
});

const githubProfileSchema = z.object({
  id: z.number().int().positive(),
  login: lineSchema.max(100),
});
const tokenSchema = z.object({ access_token: lineSchema.min(1), token_type: lineSchema });
const requestTimeoutMs = 10_000;
type GithubProfile = z.infer<typeof githubProfileSchema>;

/**
 * GitHub as an identity and nothing more: no scope, so the token reads only the public profile, without an e-mail
 * address. A login can be given up and taken by another person, so the numeric id identifies people.
 */
const github = ({
  clientId,
  clientSecret,
  serverUrl,
  apiUrl,
  fetch,
}: GitHubSignIn): OAuthConfig<GithubProfile> => ({
  id: 'github',
  name: 'GitHub',
  type: 'oauth',
  clientId,
  clientSecret,
  checks: ['state', 'pkce'],
  authorization: { url: `${serverUrl}/login/oauth/authorize`, params: { scope: '' } },
  // next-auth's own requests know no proxy. Whoever makes them compares the state too.
  token: {
    url: `${serverUrl}/login/oauth/access_token`,
    request: async ({ params, checks, provider }) => {
      if (checks.state === undefined || params.state !== checks.state) throw new Error('The state differs.');
      const response = await fetch(`${serverUrl}/login/oauth/access_token`, {
        method: 'POST',
        headers: { accept: 'application/json' },
        body: new URLSearchParams({
          client_id: clientId,
          client_secret: clientSecret,
          code: params.code ?? '',
          redirect_uri: provider.callbackUrl,
          ...(checks.code_verifier !== undefined && { code_verifier: checks.code_verifier }),
        }),
        redirect: 'error',
        signal: AbortSignal.timeout(requestTimeoutMs),
      });
      return { tokens: tokenSchema.parse(await response.json()) };
    },
  },
  userinfo: {
    url: `${apiUrl}/user`,
    request: async ({ tokens }) => {
      const response = await fetch(`${apiUrl}/user`, {
        headers: {
          accept: 'application/vnd.github+json',
          authorization: `Bearer ${tokens.access_token}`,
          'user-agent': 'echelon-verify',
        },
        redirect: 'error',
        signal: AbortSignal.timeout(requestTimeoutMs),
      });
      return response.json();
    },
  },
  profile: (profile) => {
    const { id, login } = githubProfileSchema.parse(profile);
    return { id: String(id), name: login };
  },
});

/**
 * next-auth's configuration. It can only keep sessions in a cookie of its own when people sign in by a form, so we give
 * it a cookie that holds nothing but the secret of a session's row. `earlier` is the secret that the request's cookie
 * holds: signing in or out ends that session. `address` is the client's, as the server's entry names it.
 */
export const createAuthOptions = (
  auth: AuthContext,
  report: (event: AuthReport) => void,
  earlier: string | null,
  address: string | null,
): NextAuthOptions => {
  const signOutEarlier = async () => {
    if (earlier !== null) await signOut(auth, earlier);
  };
  const signIn = async (identity: KnownIdentity): Promise<string> => {
    const { secret } = await openSession(auth, identity, 'cookie');
    await signOutEarlier();
    return secret;
  };
  /** The new session's secret. */
  const signInWithGitHub = async ({ serverUrl }: GitHubSignIn, id: string, login: string | null) => {
    const identity = { provider: 'github', subject: githubSubject(id, serverUrl) } as const;
    requireListed(auth.signInRule, identity);
    return signIn(await userOfIdentity({ ...auth, address }, identity, login));
  };
  /** Where somebody who comes back from GitHub reads why they are not signed in. */
  const refusalPath = (error: unknown): string => {
    if (error instanceof OverBudgetError) return overBudgetPath(error.over);
    if (error instanceof NotListed) return '/sign-in?error=NotListed';
    report({ level: 'error', code: 'SIGN_IN_FAILED', error: classOf(error) });
    return '/sign-in?error=Unexpected';
  };
  let secretForGitHub: string | null = null;
  return {
    secret: auth.secret,
    useSecureCookies: new URL(auth.url).protocol === 'https:',
    cookies: authCookies(auth.url),
    session: { strategy: 'jwt', maxAge: sessionSeconds.cookie },
    // In place of an encrypted token: the cookie's value is the secret itself.
    jwt: {
      encode: async ({ token }) => token?.sub ?? '',
      decode: async ({ token }) => (token === undefined ? null : { sub: token }),
    },
    events: {
      // next-auth drops what this throws, and forgets the cookie all the same.
      signOut: () =>
        signOutEarlier().catch((error: unknown) =>
          report({ level: 'error', code: signOutFailed, error: classOf(error) }),
        ),
    },
    pages: { signIn: '/sign-in', signOut: '/sign-in', error: '/sign-in' },
    providers: [
      posted(
        'link',
        'One-time link',
        z.object({ token: lineSchema.min(1).max(200) }),
        async ({ token }) => {
          const owner = await consumeSignInLink(auth, token);
          if (!owner) throw new AppError('UNAUTHORIZED', signInErrors.link);
          return signIn(owner);
        },
        report,
      ),
      posted(
        'wallet',
        'Ethereum wallet',
        // next-auth posts fields of its own with it.
        walletSignatureSchema.strip(),
        async (given) => signIn(await signInWithWallet({ ...auth, address }, given)),
        report,
      ),
      ...(auth.github ? [github(auth.github)] : []),
    ],
    callbacks: {
      // Posted forms have been checked, and signed their user in. What `jwt` throws would lose its words.
      signIn: async ({ account, user }) => {
        if (account?.provider !== 'github' || auth.github === null) return true;
        try {
          secretForGitHub = await signInWithGitHub(auth.github, account.providerAccountId, user.name ?? null);
          return true;
        } catch (error) {
          return refusalPath(error);
        }
      },
      jwt: ({ token, user, account }) => {
        // `account` is present only at sign-in.
        if (!account) return token;
        return { sub: secretForGitHub ?? user.id };
      },
      session: ({ session }) => ({ expires: session.expires }),
      // Always back to one of our own pages, whatever the request asks for.
      redirect: ({ url }) => {
        const target = URL.canParse(url, auth.url) ? new URL(url, auth.url) : null;
        return target?.origin === new URL(auth.url).origin ? target.href : auth.url;
      },
    },
    logger: {
      error: (code, metadata) => {
        const cause = metadata instanceof Error ? metadata : metadata.error;
        report({ level: 'error', code, error: classOf(cause) });
      },
      warn: (code) => report({ level: 'warn', code }),
      debug: () => {},
    },
  };
};
