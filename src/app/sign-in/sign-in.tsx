'use client';

import { TRPCClientError } from '@trpc/client';
import { signIn } from 'next-auth/react';
import { useEffect, useEffectEvent, useState } from 'react';
import { Notice } from '#components/notice.tsx';
import { refusalText, unreachable } from '#components/refused.tsx';
import { trpc } from '../trpc-client.tsx';
import { askWallet, SignInProblem } from './wallet.ts';

type Way = 'link' | 'wallet' | 'github';

const linkInAddress = /^#link=([A-Za-z0-9_-]{1,200})$/;

const wordsFor = (error: unknown): string => {
  if (error instanceof SignInProblem) return error.message;
  return error instanceof TRPCClientError ? refusalText(error) : unreachable;
};

/** `next` is a path of this installation, `origin` the address at which it is meant to be opened. */
export const SignIn = ({ next, github, origin }: { next: string; github: boolean; origin: string }) => {
  const [busy, setBusy] = useState<Way | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const { client } = trpc.useUtils();

  const attempt = async (way: Way, sign: () => Promise<{ error?: string | null } | undefined>) => {
    setBusy(way);
    setProblem(null);
    try {
      const answer = await sign();
      if (answer?.error) throw new SignInProblem(answer.error);
      if (way === 'github') return;
      if ((await client.auth.me.query()) === null)
        throw new SignInProblem('The browser kept no cookie. Allow cookies for this address and try again.');
      // Load a new page, so that nothing rendered for a visitor stays.
      window.location.replace(next);
    } catch (error) {
      setBusy(null);
      setProblem(wordsFor(error));
    }
  };

  const takeLink = useEffectEvent(() => {
    const token = linkInAddress.exec(window.location.hash)?.[1];
    if (token === undefined) return;
    // Remove it from the address first: the token must not stay in the history, and a reload must not send it again.
    window.history.replaceState(null, '', window.location.pathname + window.location.search);
    attempt('link', () => signIn('link', { token, redirect: false }));
  });

  useEffect(() => {
    const onHashChange = () => takeLink();
    onHashChange();
    window.addEventListener('hashchange', onHashChange);
    return () => window.removeEventListener('hashchange', onHashChange);
  }, []);

  const withWallet = () =>
    attempt('wallet', async () => {
      if (window.location.origin !== origin)
        throw new SignInProblem(`Wallets sign in at ${origin}. Open this page there.`);
      const signed = await askWallet((account) => client.auth.walletMessage.mutate(account));
      return signIn('wallet', { ...signed, redirect: false });
    });

  return (
    <div className="space-y-6">
      {problem === null ? null : (
        <Notice tone="danger" title="You are not signed in" live>
          {problem}
        </Notice>
      )}
      <section aria-labelledby="by-link">
        <h2 id="by-link" className="font-semibold">
          With the one-time link
        </h2>
        <p className="mt-1 text-muted">
          The person who started this installation finds it in the terminal, under the address. It works once,
          within an hour. A restart prints a new one.
        </p>
      </section>
      <section aria-labelledby="by-wallet" className="border-t border-line pt-6">
        <h2 id="by-wallet" className="font-semibold">
          With an Ethereum wallet
        </h2>
        <p className="mt-1 mb-3 text-muted">You sign a text. It costs nothing and sends no transaction.</p>
        <button type="button" className="button" disabled={busy !== null} onClick={withWallet}>
          {busy === 'wallet' ? 'Waiting for your wallet…' : 'Sign in with Ethereum'}
        </button>
      </section>
      {github ? (
        <section aria-labelledby="by-github" className="border-t border-line pt-6">
          <h2 id="by-github" className="font-semibold">
            With GitHub
          </h2>
          <p className="mt-1 mb-3 text-muted">
            We learn your account’s name and id, and get no access to anything.
          </p>
          <button
            type="button"
            className="button-quiet"
            disabled={busy !== null}
            onClick={() => attempt('github', () => signIn('github', { callbackUrl: next }))}
          >
            {busy === 'github' ? 'Going to GitHub…' : 'Sign in with GitHub'}
          </button>
        </section>
      ) : null}
    </div>
  );
};
