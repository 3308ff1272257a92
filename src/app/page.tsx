import Link from 'next/link';
import { CertificateList } from '#components/certificate-list.tsx';
import { Empty, Section } from '#components/page-heading.tsx';
import { SampleButton } from './sample-button.tsx';
import { currentUser, serverApi } from './server.ts';

const HomePage = async () => {
  const [user, api] = await Promise.all([currentUser(), serverApi()]);
  const newest = await api.certificate.list({ sort: 'created_desc', limit: 5, offset: 0 });
  return (
    <>
      <header>
        <h1 className="max-w-[24ch] text-4xl font-semibold sm:text-5xl">How far can you trust an oracle?</h1>
        <p className="mt-5 max-w-[62ch] text-lg">
          Echelon Verify asks an oracle about merged pull requests, where it is known what changed. A judge
          checks each answer against the diff: are the claims true, does it name the important changes, does
          it answer a question correctly? The result is a public certificate. Anyone can recompute its scores
          and intervals from the verdicts in it, and it says what cannot be checked.
        </p>
        <div className="mt-8">
          {user === null ? (
            <div className="flex flex-wrap gap-3">
              <Link href="/sign-in" className="button">
                Sign in to start a run
              </Link>
              <Link href="/certificates" className="button-quiet">
                Browse certificates
              </Link>
            </div>
          ) : (
            <SampleButton>
              <Link href="/runs/new" className="button-quiet">
                Verify your own oracle
              </Link>
            </SampleButton>
          )}
        </div>
      </header>

      <Section id="newest" title="Newest certificates">
        {newest.certificates.length === 0 ? (
          <Empty title="No certificate yet">
            {user === null
              ? 'The first one is issued when a run completes.'
              : 'Run the sample above. It needs no key and issues a certificate in about a minute.'}
          </Empty>
        ) : (
          <>
            <CertificateList certificates={newest.certificates} />
            <p className="mt-4">
              <Link href="/certificates" className="link">
                All certificates
              </Link>
            </p>
          </>
        )}
      </Section>
    </>
  );
};

export default HomePage;
