import type { NextAuthOptions } from 'next-auth';
import type { CredentialsConfig } from 'next-auth/providers/credentials';
import type { OAuthConfig } from 'next-auth/providers/oauth';
import { z } from 'zod';
import { AppError } from '#contracts/errors.ts';
import { consumeSignInLink, signInWithWallet, userOfIdentity } from '#services/account/index.ts';
import type { AuthContext } from './context.ts';
import { authCookies } from './cookies.ts';
import { signInErrors } from './sign-in-errors.ts';

/** What next-auth had to say, without what it had in its hands: a code and an error's class, never a message. */
export type AuthReport = { level: 'error' | 'warn'; code: string; error?: string };

const sessionSeconds = 30 * 24 * 60 * 60;

/** next-auth puts the thrown message into the answer's URL, so only messages that are meant for the caller leave. */
const readable = async <T>(attempt: () => Promise<T>, report: (event: AuthReport) => void): Promise<T> => {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof AppError) throw new Error(error.message);
    report({
      level: 'error',
      code: 'SIGN_IN_FAILED',
      error: error instanceof Error ? error.name : typeof error,
    });
    throw new Error(signInErrors.unexpected);
  }
};

type Credentials = Record<string, { label: string; type: string }>;

/** A provider that checks what was posted; `authorize` answers null for "no", and throws with a message for people. */
const posted = <Shape extends z.ZodType>(
  id: string,
  name: string,
  shape: Shape,
  authorize: (given: z.infer<Shape>) => Promise<{ userId: string }>,
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
      return { id: (await authorize(parsed.data)).userId };
    }, report),
});

const githubProfileSchema = z.object({
  id: z.number().int().positive(),
  login: z.string().max(100),
});
type GithubProfile = z.infer<typeof githubProfileSchema>;

/**
 * GitHub as an identity and nothing more: no scope, so the token reads the public profile only; no e-mail address.
 * A login can be given up and taken by another person, so who they are is the numeric id.
 */
const github = ({
  clientId,
  clientSecret,
}: NonNullable<AuthContext['github']>): OAuthConfig<GithubProfile> => ({
  id: 'github',
  name: 'GitHub',
  type: 'oauth',
  clientId,
  clientSecret,
  checks: ['state', 'pkce'],
  authorization: { url: 'https://github.com/login/oauth/authorize', params: { scope: '' } },
  token: 'https://github.com/login/oauth/access_token',
  userinfo: 'https://api.github.com/user',
  profile: (profile) => {
    const { id, login } = githubProfileSchema.parse(profile);
    return { id: String(id), name: login };
  },
});

/** next-auth's configuration: sessions are an encrypted cookie that names the user and nothing else. */
export const createAuthOptions = (
  auth: AuthContext,
  report: (event: AuthReport) => void,
): NextAuthOptions => ({
  secret: auth.secret,
  useSecureCookies: new URL(auth.url).protocol === 'https:',
  cookies: authCookies(auth.url),
  session: { strategy: 'jwt', maxAge: sessionSeconds },
  pages: { signIn: '/sign-in', signOut: '/sign-in', error: '/sign-in' },
  providers: [
    posted(
      'link',
      'One-time link',
      z.object({ token: z.string().min(1).max(200) }),
      async ({ token }) => {
        const actor = await consumeSignInLink(auth, token);
        if (!actor) throw new AppError('UNAUTHORIZED', signInErrors.link);
        return actor;
      },
      report,
    ),
    posted(
      'wallet',
      'Ethereum wallet',
      z.object({ message: z.string().min(1).max(10_000), signature: z.string().min(1).max(10_000) }),
      (given) => signInWithWallet(auth, given),
      report,
    ),
    ...(auth.github ? [github(auth.github)] : []),
  ],
  callbacks: {
    jwt: async ({ token, user, account }) => {
      // `account` is there on signing in only.
      if (!account) return token;
      if (account.provider !== 'github') return { sub: user.id };
      const identity = { provider: 'github', subject: account.providerAccountId } as const;
      return { sub: (await userOfIdentity(auth, identity, user.name ?? null)).userId };
    },
    session: ({ session }) => ({ expires: session.expires }),
    // Back to a page of ours, whatever was asked for.
    redirect: ({ url }) => {
      const target = URL.canParse(url, auth.url) ? new URL(url, auth.url) : null;
      return target?.origin === new URL(auth.url).origin ? target.href : auth.url;
    },
  },
  logger: {
    error: (code, metadata) => {
      const cause = metadata instanceof Error ? metadata : metadata.error;
      report({ level: 'error', code, error: cause instanceof Error ? cause.name : typeof cause });
    },
    warn: (code) => report({ level: 'warn', code }),
    debug: () => {},
  },
});
