import type { Metadata } from 'next';
import Link from 'next/link';
import { signInErrorText } from '#auth/sign-in-errors.ts';
import { Notice } from '#components/notice.tsx';
import { PageHeading } from '#components/page-heading.tsx';
import type { SearchParams } from '../list-query.ts';
import { currentUser, installation } from '../server.ts';
import { ownPath } from './own-path.ts';
import { SignIn } from './sign-in.tsx';
import { SignOutEverywhere } from './sign-out-everywhere.tsx';

export const metadata: Metadata = { title: 'Sign in' };

const first = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);

const SignInPage = async ({ searchParams }: { searchParams: Promise<SearchParams> }) => {
  const [params, user, { url, github, listedOnly }] = await Promise.all([
    searchParams,
    currentUser(),
    installation(),
  ]);
  const error = first(params.error);
  return (
    <div className="mx-auto max-w-lg">
      <PageHeading title="Sign in">
        <p>Sign in to start runs and see your own. Certificates are public.</p>
        {listedOnly ? <p>Only accounts that the operator has listed can sign in here.</p> : null}
      </PageHeading>
      <div className="space-y-6">
        {error === undefined ? null : (
          <Notice tone="danger" title="You are not signed in">
            {signInErrorText(error, first(params.seconds))}
          </Notice>
        )}
        {user === null ? null : (
          <Notice title={`You are signed in${user.name === null ? '' : ` as ${user.name}`}`}>
            <Link className="link" href="/runs">
              Go to your runs
            </Link>
            <SignOutEverywhere />
          </Notice>
        )}
        <SignIn next={ownPath(first(params.next), url)} github={github} origin={url} />
        <noscript>
          <Notice title="Signing in needs JavaScript">You can read certificates without it.</Notice>
        </noscript>
      </div>
    </div>
  );
};

export default SignInPage;
